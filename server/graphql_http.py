"""GraphQL over HTTP: GET and POST, one operation or a batch, statuses, and the shape of answers."""

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Coroutine, Hashable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import msgspec
import strawberry
from starlette.requests import Request
from starlette.responses import Response

from providers.locales import accepted
from providers.registry import Providers
from providers.rehearsal import Rehearsal
from providers.scope import CallScope
from resolvers.context import Context, GraphRules
from server.access import Access, Caller
from server.answers import answer_response, refusal_response, request_id_of
from server.bodies import read_body
from server.caching import Validators, caching_headers, etag_of, reuse_of
from server.departure import ClientGone, unless_gone
from server.graphql_errors import formatted
from server.multipart import MULTIPART, form_of, multipart_response
from server.negotiation import PLAIN_JSON, RESPONSE_JSON, negotiated
from server.observation import digest, name_of, observation
from server.operations import ftv1
from server.operations.compiled.plans import Plans
from server.operations.execution import run
from server.operations.incremental import Frame, frames_of, run_in_parts
from server.operations.limits import Limits
from server.operations.persisted import PersistedQueries
from server.operations.preparation import Budget, Operations, Prepared
from server.operations.requests import GraphQLRequest, RequestRefused, from_json, from_parameters
from server.operations.tracing import FieldTrace
from server.prices import PRICES
from server.rate_limits import RateLimit
from server.receipt import HEADER, WANTED, WANTED_DRY, prediction, receipt
from server.settings import Settings
from server.trust import trusted_documents

T = TypeVar("T")

METHODS: Final = "GET, HEAD, POST, OPTIONS"

_CLIENT_GONE: Final = 499
"""For the log alone: nobody reads the answer. The number is the customary one, not a registered one."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# A page of another site cannot send these without asking first by a preflight request.
_PREFLIGHT_HEADERS: Final = ("x-mediagraph-preflight", "apollo-require-preflight", "x-apollo-operation-name")


class GraphQLEndpoint:
    """Answers GraphQL requests over one schema and one set of providers."""

    def __init__(
        self,
        schema: strawberry.Schema,
        providers: Providers,
        rules: GraphRules,
        settings: Settings,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry offers no other way to graphql-core's schema
        self._providers = providers
        self._rules = rules
        self._settings = settings
        self._bounds = bounds = settings.limits
        self._access = Access(settings.client_keys, settings.router_secret)
        self._requests = RateLimit("requests", bounds.rate_requests)
        self._calls = RateLimit("upstream calls", bounds.rate_calls)
        self._persisted = PersistedQueries()
        self._validators = Validators()
        self._open = self._operations(introspection=True)
        self._trusted = trusted_documents(settings, self._open)
        self._closed = self._open if settings.introspection else self._operations(introspection=False)
        self._plans = Plans(self._schema, settings.compile_after) if settings.compile else None

    async def __call__(self, request: Request) -> Response:
        """Answer one HTTP request; every refusal is JSON with a code."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": METHODS})
        media_type = PLAIN_JSON
        try:
            media_type = negotiated(request.headers.get("accept", ""))
            caller = self._access.caller(request)
            self._requests.take(caller)
            asked = await self._read(request)
            return await self._answer_all(request, asked, caller, media_type)
        except RequestRefused as refusal:
            return refusal_response(request, refusal, media_type)
        except ClientGone:
            return Response(status_code=_CLIENT_GONE)
        except RecursionError:
            deep = RequestRefused(400, "BAD_REQUEST", "wanted variables that are nested less deeply")
            return refusal_response(request, deep, media_type)

    async def _answer_all(
        self,
        request: Request,
        asked: GraphQLRequest | tuple[GraphQLRequest, ...],
        caller: Caller,
        media_type: str,
    ) -> Response:
        request_id = request_id_of(request)
        batch = [self._complete(each, caller) for each in (asked if isinstance(asked, tuple) else (asked,))]
        prepared = self._prepared(request, batch, caller)
        for each, operation in zip(batch, prepared, strict=True):
            name = name_of(operation.document.operation(each.operation_name))
            observation().note_operation(name, digest(each.query))
        context = self._context(request, request_id)
        explain = request.headers.get(HEADER) if self._settings.explain else None
        wants_trace = request.headers.get(ftv1.HEADER) == ftv1.WANTED
        question = _question(batch, context.locale, media_type, caller, (explain, wants_trace))
        unchanged = self._validators.unchanged(question, request)
        if unchanged is not None:
            etag, reuse = unchanged
            headers = caching_headers(reuse, etag, is_private=self._access.is_needed)
            return Response(status_code=304, headers={"x-request-id": request_id, **headers})
        self._calls.take(caller, sum(each.cost.calls for each in prepared))
        if explain == WANTED_DRY:
            context.scope.rehearsal = Rehearsal()
        if any(each.is_incremental and not each.errors for each in prepared) and explain != WANTED_DRY:
            return await self._answer_in_parts(request, batch, prepared, context)
        try:
            work = _all(
                [
                    self._answer(
                        each,
                        operation,
                        context.beside(),
                        wants_receipt=explain == WANTED,
                        trace=FieldTrace() if wants_trace else None,
                    )
                    for each, operation in zip(batch, prepared, strict=True)
                ]
            )
            answers = await unless_gone(request.receive, work)
        finally:
            observation().note_calls(context)
            context.close()
        for _, answer in answers:
            observation().note_answer(answer)
        if isinstance(asked, tuple):
            headers = caching_headers(None, "", is_private=False)
            return answer_response([answer for _, answer in answers], media_type, 200, request_id, headers)
        status, answer = answers[0]
        # The older media type promises 200 for whatever could be read as a GraphQL request.
        status = status if media_type == RESPONSE_JSON else 200
        response = answer_response(answer, media_type, status, request_id)
        response.headers.update(self._caching(question, context, answer, bytes(response.body)))
        return response

    async def _answer_in_parts(
        self,
        request: Request,
        batch: Sequence[GraphQLRequest],
        prepared: Sequence[Prepared],
        context: Context,
    ) -> Response:
        form = form_of(request.headers.get("accept", ""))
        document = prepared[0].document.node
        if form is None or len(batch) > 1 or document is None:
            context.close()
            wanted = f"wanted {MULTIPART} in Accept, and no batch, for @defer and @stream"
            raise RequestRefused(406, "BAD_REQUEST", wanted)
        request_id = context.scope.request_id
        result = await run_in_parts(
            self._schema, document, batch[0].variables, batch[0].operation_name, context
        )
        masked = partial(formatted, request_id=request_id, ran=True)
        return multipart_response(_until_closed(frames_of(result, masked), context), form, request_id)

    def _caching(
        self, question: Hashable, context: Context, answer: dict[str, Any], body: bytes
    ) -> dict[str, str]:
        reuse = reuse_of(context.scope.calls, answer, time.time())
        etag = etag_of(body)
        if reuse is not None:
            self._validators.remember(question, etag, reuse)
        return caching_headers(reuse, etag, is_private=self._access.is_needed)

    async def _answer(
        self,
        asked: GraphQLRequest,
        prepared: Prepared,
        context: Context,
        *,
        wants_receipt: bool,
        trace: FieldTrace | None,
    ) -> tuple[int, dict[str, Any]]:
        request_id = context.scope.request_id
        if prepared.errors:
            return 400, {"errors": formatted(prepared.errors, request_id, ran=False)}
        outcome = await run(
            self._schema,
            prepared.document,
            asked.variables,
            asked.operation_name,
            context,
            self._plans,
            trace,
        )
        if context.scope.rehearsal is not None and outcome.ran:
            predicted = prediction(context, context.scope.rehearsal)
            return 200, {"data": None, "extensions": {"upstream": predicted | _estimate(prepared)}}
        answer: dict[str, Any] = {"data": outcome.data} if outcome.ran else {}
        if outcome.errors:
            answer["errors"] = formatted(outcome.errors, request_id, ran=outcome.ran)
        extensions = self._extensions(context, prepared, wants_receipt=wants_receipt) | _traced(trace, answer)
        if extensions:
            answer["extensions"] = extensions
        return (200 if outcome.ran else 400), answer

    def _extensions(self, context: Context, prepared: Prepared, *, wants_receipt: bool) -> dict[str, Any]:
        extensions: dict[str, Any] = {}
        if context.warnings:
            extensions["warnings"] = [_warning(each) for each in context.warnings]
        if wants_receipt:
            extensions["upstream"] = receipt(context) | _estimate(prepared)
        return extensions

    def _prepared(self, request: Request, batch: Sequence[GraphQLRequest], caller: Caller) -> list[Prepared]:
        operations = self._open if caller.is_router else self._closed
        queries_alone = request.method != "POST"
        return [operations.prepare(each, queries_alone=queries_alone) for each in batch]

    def _operations(self, *, introspection: bool) -> Operations:
        bounds = self._bounds
        limits = Limits(
            tokens=bounds.max_tokens,
            depth=bounds.max_depth,
            aliases=bounds.max_aliases,
            root_fields=bounds.max_root_fields,
            directives=bounds.max_directives,
        )
        budget = Budget(self._settings.max_calls, self._settings.max_items)
        return Operations(self._schema, PRICES, budget, limits, introspection=introspection)

    async def _read(self, request: Request) -> GraphQLRequest | tuple[GraphQLRequest, ...]:
        if request.method in {"GET", "HEAD"}:
            if self._bounds.require_preflight and not _asked_first(request):
                wanted = f"wanted one of the headers {', '.join(_PREFLIGHT_HEADERS)}"
                raise RequestRefused(400, "BAD_REQUEST", wanted)
            return from_parameters(dict(request.query_params) | request.path_params)
        if request.method != "POST":
            raise RequestRefused(405, "BAD_REQUEST", "wanted GET or POST", {"allow": METHODS})
        body = await read_body(request, self._bounds.max_body_bytes, self._bounds.body_timeout_s)
        return from_json(body, self._bounds.max_batch)

    def _complete(self, asked: GraphQLRequest, caller: Caller) -> GraphQLRequest:
        """Put in the text of a document that is named alone; raises RequestRefused."""
        trusted = asked if caller.is_router else self._trusted.completed(asked)
        return self._persisted.completed(trusted)

    def _context(self, request: Request, request_id: str) -> Context:
        now = asyncio.get_running_loop().time()
        traceparent = request.headers.get("traceparent", "")
        trace = (("traceparent", traceparent),) if _TRACEPARENT.fullmatch(traceparent) else ()
        scope = CallScope(request_id, now, now + self._settings.deadline_s, trace)
        header = request.headers.get("accept-language", "")
        locale = accepted(header, self._settings.locales, self._rules.default_locale)
        return Context(self._providers, self._rules, scope, locale)


def _traced(trace: FieldTrace | None, answer: dict[str, Any]) -> dict[str, Any]:
    return {"ftv1": ftv1.written(trace, answer.get("errors", ()))} if trace and "data" in answer else {}


def _asked_first(request: Request) -> bool:
    return any(name in request.headers for name in _PREFLIGHT_HEADERS)


async def _all(works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    # One alone needs no task of its own: each costs it turns of the event loop.
    return [await works[0]] if len(works) == 1 else await asyncio.gather(*works)


async def _until_closed(frames: AsyncIterator[Frame], context: Context) -> AsyncIterator[Frame]:
    """Pass the parts on; when the last is out, or the client is gone, nothing more is fetched."""
    try:
        async for frame in frames:
            yield frame
    finally:
        observation().note_calls(context)
        context.close()


def _question(
    batch: Sequence[GraphQLRequest], locale: str, media_type: str, caller: Caller, extras: Hashable
) -> Hashable:
    """Name what an answer follows from, time aside."""
    asked = msgspec.json.encode([(each.query, each.operation_name, each.variables) for each in batch])
    return hashlib.sha256(asked).digest(), locale, media_type, caller.is_router, extras


def _estimate(prepared: Prepared) -> dict[str, Any]:
    return {"estimate": msgspec.structs.asdict(prepared.cost)}


def _warning(warned: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(warned).items() if value is not None}
