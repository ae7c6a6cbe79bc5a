"""GraphQL over HTTP: GET and POST, one operation or a batch, statuses, and the shape of answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Hashable, Sequence
from functools import partial
from typing import Final, TypeVar

import strawberry
from starlette.requests import Request
from starlette.responses import Response

from providers.clock import Clock
from providers.locales import accepted
from providers.registry import Providers
from providers.rehearsal import Rehearsal
from providers.scope import CallScope
from resolvers.context import Context, GraphRules
from server.access import Access, Caller
from server.answers import answer_response, noted_errors, refusal_response, request_id_of
from server.batch import NOTHING_MORE, Batch, Extras, Question, extras_of
from server.caching import Reuse, Validators, caching_headers, etag_of, reuse_of
from server.departure import ClientGone, unless_gone
from server.edge.admission import Admission
from server.edge.outcomes import Outcome, tell_outcome
from server.extensions import extensions_of, predicted, traced
from server.graphql_errors import formatted
from server.hints import hints_of
from server.multipart import MULTIPART, form_of, multipart_response
from server.negotiation import PLAIN_JSON, RESPONSE_JSON, negotiated
from server.observation import observation
from server.operations.compiled.plans import Remembering, plans_of
from server.operations.execution import run
from server.operations.incremental import Frame, frames_of, run_in_parts
from server.operations.limits import Limits
from server.operations.preparation import Budget, Operations, Prepared
from server.operations.requests import GraphQLRequest, RequestRefused
from server.operations.tracing import FieldTrace
from server.operations.values import JsonObject
from server.prices import PRICES
from server.rate_limits import RateLimit
from server.reading import METHODS, Reading
from server.settings import Settings
from server.sharing import Sharing
from server.trace_context import trace_headers
from server.traced_requests import begin_span
from server.trust import trusted_documents

T = TypeVar("T")

_CLIENT_GONE: Final = 499
"""For the log alone: nobody reads the answer. The number is the customary one, not a registered one."""


class GraphQLEndpoint:
    """Answers GraphQL requests over one schema and one set of providers."""

    def __init__(
        self,
        schema: strawberry.Schema,
        providers: Providers,
        rules: GraphRules,
        settings: Settings,
        sharing: Sharing | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._schema = schema._schema  # noqa: SLF001 - Strawberry offers no other way to graphql-core's schema
        self._providers = providers
        self._rules = rules
        self._settings = settings
        self._bounds = bounds = settings.limits
        self._access = Access(settings.client_keys, settings.router_secret)
        buckets = sharing.rates if sharing else None
        self._requests = RateLimit("requests", bounds.rate_requests, shared=buckets)
        self._calls = RateLimit("upstream calls", bounds.rate_calls, shared=buckets)
        self._validators = Validators(self._clock.unix)
        self._hints = hints_of(self._schema)
        self._open = self._operations(introspection=True)
        self._reading = Reading(
            bounds, trusted_documents(settings, self._open), sharing.texts if sharing else None
        )
        self._closed = self._open if settings.introspection else self._operations(introspection=False)
        self._plans = plans_of(self._schema, settings.compile_after) if settings.compile else None

    @property
    def admission(self) -> Admission:
        """Who may ask, and how much: the same for who answers in the place of this."""
        return Admission(self._access, self._requests, self._calls)

    async def __call__(self, request: Request) -> Response:
        """Answer one HTTP request; every refusal is JSON with a code."""
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"allow": METHODS})
        media_type = PLAIN_JSON
        try:
            media_type = negotiated(request.headers.get("accept", ""))
            caller = self._access.caller(request)
            await self._requests.take(caller)
            asked = await self._reading.read(request)
            return await self._answer_all(request, asked, caller, media_type)
        except RequestRefused as refusal:
            return refusal_response(request, refusal, media_type)
        except ClientGone:
            return Response(status_code=_CLIENT_GONE)

    async def _answer_all(
        self,
        request: Request,
        asked: GraphQLRequest | tuple[GraphQLRequest, ...],
        caller: Caller,
        media_type: str,
    ) -> Response:
        batch = self._batch(request, asked, caller)
        context = self._context(request, batch)
        extras = extras_of(request.headers, explains=self._settings.explain)
        purges = self._providers.purges
        question = Question(batch.identity, context.locale, media_type, caller.is_router, extras, purges)
        unchanged = self._unchanged(question, request)
        if unchanged is not None:
            return unchanged
        await self._calls.take(caller, batch.calls)
        if extras.is_dry:
            context.scope.rehearsal = Rehearsal()
        elif batch.is_incremental:
            return await self._answer_in_parts(request, batch, context)
        answers = await self._answers(request, batch, context, extras)
        if batch.is_list:
            unkept = caching_headers(None, "", is_private=False)
            listed = [answer for _, answer in answers]
            return answer_response(listed, media_type, 200, context.scope.request_id, lambda _: unkept)
        return self._answer_one(request, question, answers[0], context, batch)

    def _answer_one(
        self,
        request: Request,
        question: Question,
        answered: tuple[int, JsonObject],
        context: Context,
        batch: Batch,
    ) -> Response:
        status, answer = answered
        # The older media type promises 200 for whatever could be read as a GraphQL request.
        status = status if question.media_type == RESPONSE_JSON else 200
        reuse = reuse_of(context.scope.calls, answer, self._clock.unix(), batch.hint)
        if question.extras == NOTHING_MORE and batch.is_anybodys:
            # An age in the data would stand still.
            again = None if context.scope.tells_age else reuse
            tell_outcome(request.scope, Outcome(answer, status, question.media_type, again))
        told = partial(self._caching, question, reuse)
        return answer_response(answer, question.media_type, status, context.scope.request_id, told)

    def _batch(
        self, request: Request, asked: GraphQLRequest | tuple[GraphQLRequest, ...], caller: Caller
    ) -> Batch:
        listed = asked if isinstance(asked, tuple) else (asked,)
        completed = tuple(self._reading.complete(each, caller) for each in listed)
        operations = self._open if caller.is_router else self._closed
        queries_alone = request.method != "POST"
        prepared = tuple(operations.prepare(each, queries_alone=queries_alone) for each in completed)
        # Asked of what came: what is named by its hash alone has been completed.
        registers = any(each.registers for each in listed)
        batch = Batch(completed, prepared, is_list=isinstance(asked, tuple), registers=registers)
        batch.note()
        return batch

    def _unchanged(self, question: Hashable, request: Request) -> Response | None:
        """Answer a client that has the answer already; None where it has not."""
        unchanged = self._validators.unchanged(question, request)
        if unchanged is None:
            return None
        etag, reuse = unchanged
        headers = caching_headers(reuse, etag, is_private=self._access.is_needed)
        return Response(status_code=304, headers={"x-request-id": request_id_of(request), **headers})

    async def _answers(
        self, request: Request, batch: Batch, context: Context, extras: Extras
    ) -> list[tuple[int, JsonObject]]:
        """Run the operations, all at once, for as long as the client waits: a status and an answer each."""
        try:
            work = _all(
                [
                    self._answer(
                        asked,
                        prepared,
                        context.beside(prepared.memory) if batch.is_list else context,
                        wants_receipt=extras.wants_receipt,
                        trace=FieldTrace() if extras.wants_trace else None,
                    )
                    for asked, prepared in batch
                ]
            )
            answers = await unless_gone(request.receive, work)
        finally:
            observation().note_calls(context)
            context.close()
        for _, answer in answers:
            observation().note_answer(answer)
        return answers

    async def _answer_in_parts(
        self,
        request: Request,
        batch: Batch,
        context: Context,
    ) -> Response:
        form = form_of(request.headers.get("accept", ""))
        asked, document = batch.asked[0], batch.prepared[0].document.node
        if form is None or batch.is_list or document is None:
            context.close()
            wanted = f"wanted {MULTIPART} in Accept, and no batch, for @defer and @stream"
            raise RequestRefused(406, "BAD_REQUEST", wanted)
        result = await run_in_parts(
            self._schema, document, asked.variables, asked.operation_name, context, asked.on_error
        )
        masked = partial(noted_errors, request_id=context.scope.request_id)
        parts = _until_closed(frames_of(result, masked), context)
        return multipart_response(parts, form, context.scope.request_id)

    def _caching(self, question: Hashable, reuse: Reuse | None, body: bytes) -> dict[str, str]:
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
    ) -> tuple[int, JsonObject]:
        request_id = context.scope.request_id
        if prepared.errors:
            return 400, {"errors": formatted(prepared.errors, request_id, ran=False)}
        outcome = await run(
            self._schema,
            prepared.document,
            asked.variables,
            asked.operation_name,
            context,
            None if self._plans is None else Remembering(self._plans, prepared.memory),
            trace,
            on_error=asked.on_error,
        )
        answer: JsonObject
        status, answer = (200, {"data": outcome.data}) if outcome.ran else (400, {})
        if context.scope.rehearsal is not None and outcome.ran:
            return status, {"data": None, "extensions": predicted(context, context.scope.rehearsal, prepared)}
        if outcome.errors:
            answer["errors"] = formatted(outcome.errors, request_id, ran=outcome.ran)
        extensions = extensions_of(context, prepared, wants_receipt=wants_receipt) | traced(trace, answer)
        if extensions:
            answer["extensions"] = extensions
        return status, answer

    def _operations(self, *, introspection: bool) -> Operations:
        bounds = self._bounds
        limits = Limits(
            characters=bounds.max_characters,
            tokens=bounds.max_tokens,
            depth=bounds.max_depth,
            aliases=bounds.max_aliases,
            root_fields=bounds.max_root_fields,
            directives=bounds.max_directives,
        )
        budget = Budget(self._settings.max_calls, self._settings.max_items)
        return Operations(
            self._schema, PRICES, budget, limits, introspection=introspection, hints=self._hints
        )

    def _context(self, request: Request, batch: Batch) -> Context:
        now = asyncio.get_running_loop().time()
        trace = trace_headers(request.headers)
        scope = CallScope(request_id_of(request), now, now + self._settings.deadline_s, trace)
        if self._settings.traces:
            scope.tracer = begin_span(request.headers)
        header = request.headers.get("accept-language", "")
        locale = accepted(header, self._settings.locales, self._rules.default_locale)
        memory = batch.prepared[0].memory if len(batch.prepared) == 1 else None
        return Context(self._providers, self._rules, scope, locale, memory)


async def _all(works: Sequence[Awaitable[T]]) -> list[T]:
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
