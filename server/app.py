"""The graph as an ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Lifespan

from providers.clock import Clock
from providers.registry import Providers
from providers.request_queue import RequestQueue
from schema.graph import build_schema, build_subgraph
from server.access import Access
from server.admin import admin_routes, source_names
from server.caching import NEVER, unless_known
from server.compression import compressed
from server.connections import Bounds
from server.cors import CrossOrigin, Origins
from server.edge.kept_answers import KeptAnswers
from server.edge.questions import Questions
from server.edge.response_cache import ResponseCache
from server.examples import EXAMPLES
from server.graphiql.page import graphiql_headers, graphiql_page, graphiql_routes
from server.graphql_http import GraphQLEndpoint
from server.health import health_routes
from server.http_protocol import BoundedProtocol
from server.lane import Lane, Rules
from server.life import LIFE
from server.logs import configure_logs
from server.metrics import Metrics
from server.metrics_page import metrics_route
from server.observed import Observed
from server.perimeter import REFUSALS, Perimeter
from server.provider_metrics import ProviderMetrics
from server.request_log import RequestLog
from server.sandbox_pictures import sandbox_routes
from server.settings import Settings, metrics_folder, settings_from_environment
from server.sharing import sharing
from server.shortcut import KnownRequest, Shortcut
from server.traced_requests import Traced, Traces
from server.wiring import build_providers, build_traces, graph_rules


def app_from_environment() -> Starlette:
    """Build the application of this process, as the server's workers do."""
    settings = settings_from_environment()
    configure_logs(settings.log_format, settings.log_level, settings)
    # Here and not in `create_app`: signals are the process's, and tests build many applications in one.
    LIFE.drain_before_exit(settings.drain_s)
    limits = settings.limits
    BoundedProtocol.bounds = Bounds(
        limits.max_connections, limits.header_timeout_s, limits.body_timeout_s, limits.idle_timeout_s
    )
    return create_app(settings)


def create_app(settings: Settings, clock: Clock | None = None, traces: Traces | None = None) -> Starlette:
    """Build the application: GraphQL and GraphiQL at ``/graphql``, health, the SDL, and the sandbox's pictures.

    ``traces`` takes the spans where the settings want some; OpenTelemetry's exporter where none is given.
    """
    schema, plain = build_subgraph(), build_schema().as_str() + "\n"
    shared = sharing(settings)
    providers = build_providers(settings, clock, shared)
    endpoint = GraphQLEndpoint(schema, providers, graph_rules(settings), settings, shared, clock)
    metrics = Metrics(metrics_folder())
    ProviderMetrics(metrics, providers).begin()
    traces = (traces or build_traces()) if settings.traces else None
    edge = edge_of(settings, providers, endpoint, metrics, clock)
    app = Starlette(
        routes=[
            *graphql_routes(settings, endpoint),
            sdl_route(settings, plain),
            metrics_route(metrics, settings.metrics_token),
            *other_routes(settings, providers),
        ],
        lifespan=lifespan_of(providers, metrics, traces),
        middleware=[
            # Outermost, so that what the others refuse is logged and counted too.
            Middleware(Observed, edge.log, LIFE),
            *([Middleware(Traced, traces)] if traces else []),
            # Around what refuses, so that pages of other origins may read why.
            Middleware(CrossOrigin, edge.origins),
            Middleware(Perimeter),
            *edge.response_cache,
            # Innermost: it stands in the router's place.
            Middleware(Shortcut, partial(compressed_answer, endpoint)),
        ],
        exception_handlers=REFUSALS,
    )
    # GraphQL answers at one path alone; a redirect would lose the body of a POST besides.
    app.router.redirect_slashes = False
    app.state.lane = edge.lane
    return app


def other_routes(settings: Settings, providers: Providers) -> list[Route]:
    """Serve what no client of the graph asks for: its home, its health, its pages, its administration."""
    images = settings.sandbox_urls.images if settings.sandbox_urls else None
    return [
        Route("/", home),
        *health_routes(settings, lambda: [provider.value for provider in providers.degraded]),
        *(graphiql_routes() if settings.graphiql else []),
        *sandbox_routes(images),
        *admin_routes(providers, settings.admin_token, source_names(settings)),
    ]


async def compressed_answer(endpoint: GraphQLEndpoint, request: Request) -> Response:
    """Answer a GraphQL request, as small as the client takes it."""
    # The tag is that of the bytes that would leave: known is what is known in this very coding.
    return unless_known(request, await compressed(request, await endpoint(request)))


class Edge(msgspec.Struct, frozen=True):
    """What stands before the endpoint: within the application, and beside it."""

    settings: Settings
    endpoint: GraphQLEndpoint
    log: RequestLog
    questions: Questions
    kept: KeptAnswers | None
    queue: RequestQueue

    @property
    def origins(self) -> Origins:
        """Whose pages may read."""
        return Origins(self.settings.cors_origins)

    @property
    def response_cache(self) -> list[Middleware]:
        """What lets identical requests be answered once, where answers are kept at all."""
        if self.kept is None:
            return []
        patience_s, admission = self.settings.limits.body_timeout_s, self.endpoint.admission
        return [Middleware(ResponseCache, self.questions, self.kept, admission, patience_s, self.queue)]

    @property
    def lane(self) -> Lane | None:
        """What answers at once; None where spans of requests are wanted."""
        if self.settings.traces:
            return None
        endpoint = self.endpoint
        rules = Rules(self.questions, endpoint.admission, self.origins)
        return Lane(rules, self.kept, endpoint.at_once, self.log, LIFE, self.queue)


def edge_of(
    settings: Settings,
    providers: Providers,
    endpoint: GraphQLEndpoint,
    metrics: Metrics,
    clock: Clock | None,
) -> Edge:
    """Build what stands before the endpoint."""
    most_bytes, now = settings.response_cache_bytes, (clock or Clock()).unix
    kept = KeptAnswers(most_bytes, lambda: providers.purges, now) if most_bytes else None
    is_strict = settings.limits.require_preflight
    questions = Questions(settings.locales, settings.locale, only_preflighted_get=is_strict)
    return Edge(settings, endpoint, RequestLog(metrics), questions, kept, providers.queue)


def lifespan_of(providers: Providers, metrics: Metrics, traces: Traces | None) -> Lifespan[Starlette]:
    """Keep the providers open, and the event loop watched, while the application runs; then send the last spans."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        await providers.open()
        try:
            async with metrics.watching_loop():
                yield
        finally:
            await providers.close()
            if traces is not None:
                await traces.close()

    return lifespan


def graphql_routes(settings: Settings, endpoint: GraphQLEndpoint) -> list[Route]:
    """Serve GraphQL, and GraphiQL to a person's browser where it is on."""
    page = graphiql_page(EXAMPLES, explain=settings.explain) if settings.graphiql else None
    page_headers = graphiql_headers(settings.graphiql_img_src)

    async def graphql(request: Request) -> Response:
        known = KnownRequest(request.scope, request.receive)
        if page is not None and wants_page(known):
            return Response(page, headers=page_headers)
        return await compressed_answer(endpoint, known)

    return [
        Route("/graphql", graphql, methods=["GET", "POST", "OPTIONS"]),
        Route("/graphql/{documentId}", graphql, methods=["GET"]),
    ]


def sdl_route(settings: Settings, plain: str) -> Route:
    """Serve the schema in the schema definition language to whom introspection is open."""
    access = Access(settings.client_keys, settings.router_secret)

    async def sdl(request: Request) -> Response:
        if not settings.introspection and not access.is_router(request):
            raise HTTPException(404)
        # What the router alone may see is to stay nowhere between.
        kept = "no-cache" if settings.introspection else NEVER
        return await compressed(request, PlainTextResponse(plain, headers={"cache-control": kept}))

    return Route("/schema.graphql", sdl)


async def home(request: Request) -> Response:
    """Lead from the address alone to GraphQL."""
    del request
    # Relative, so that it holds behind any path prefix.
    return RedirectResponse("graphql", status_code=307)


def wants_page(request: Request) -> bool:
    """Tell a person's browser from a program: it asks for HTML first, and names no query."""
    accept = request.headers.get("accept", "")
    names_query = "query" in request.query_params or bool(request.path_params)
    return request.method in {"GET", "HEAD"} and not names_query and "text/html" in accept
