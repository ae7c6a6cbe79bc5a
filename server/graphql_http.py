"""GraphQL over HTTP: GET and POST, one operation or a batch, statuses, and the shape of answers."""

from collections.abc import Awaitable
from contextlib import ExitStack
from functools import partial
from typing import Final

import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope

from providers.clock import Clock
from providers.locales import accepted
from providers.registry import Providers
from providers.rehearsal import Rehearsal
from resolvers.context import Context, GraphRules
from server.access import Access, Caller
from server.answers import answer_response, noted_errors, refusal_response, request_id_of
from server.audience import audiences_of
from server.batch import NOTHING_MORE, Batch, Question, extras_of
from server.caching import Reuse, Validators, caching_headers, reuse_of, validator_of
from server.compression import coded
from server.constants import Constant, Constants
from server.departure import ClientGone, at_once, never, unless_gone
from server.edge.admission import Admission
from server.edge.arrival import arrival_of
from server.edge.outcomes import Outcome, tell_outcome
from server.edge.questions import View
from server.hints import hints_of
from server.multipart import MULTIPART, form_of, multipart_response
from server.negotiation import PLAIN_JSON, RESPONSE_JSON, negotiated
from server.observation import observation
from server.operations.incremental import frames_of, run_in_parts
from server.operations.limits import Limits
from server.operations.preparation import Budget, Operations
from server.operations.requests import GraphQLRequest, RequestRefused
from server.operations.values import JsonObject
from server.prices import PRICES
from server.rate_limits import RateLimit
from server.reading import METHODS, Reading
from server.runs import Runs
from server.settings import Settings
from server.sharing import Sharing
from server.trace_context import trace_headers
from server.traced_requests import begin_span
from server.trust import trusted_documents
from server.understood import Understood
from server.whole import Whole, form_without_id

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
        self._understood = Understood()
        self._constants = Constants()
        self._locale = partial(accepted, served=settings.locales, default=rules.default_locale)
        self._runs = Runs(self._schema, providers, rules, settings)
        self._audiences = audiences_of(settings)

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
            batch = await self._batch(request, caller)
            return await self._answer_all(request, batch, caller, media_type)
        except RequestRefused as refusal:
            return refusal_response(request, refusal, media_type)
        except ClientGone:
            return Response(status_code=_CLIENT_GONE)

    def at_once(self, body: bytes, view: View, request_id: str, caller: Caller) -> Whole | None:
        """Answer a POST that was asked before where nothing needs to be waited for; None for any other.

        Its client is to have no rate that it could exceed.
        """
        purges, is_router = self._providers.purges, caller.is_router
        constant = self._constants.find((body, view, is_router), purges)
        if constant is not None:
            constant.batch.note()
            self._validators.remember(constant.question, constant.validator)
            return constant.form.filled(request_id)
        batch = self._understood.find_quick(body, is_router=is_router)
        if batch is None or not self._is_ready(batch, view.locale, purges):
            return None
        batch.note()
        question = Question(batch.identity, view.locale, view.media_type, is_router, NOTHING_MORE, purges)
        context = self._runs.context(request_id, view.locale, batch)
        response = at_once(_coded(view.coding, self._answer_whole(question, batch, context, never, {})))
        if response is None:
            self._understood.note_slow(body, is_router=is_router)
            return None
        form, remembered = form_without_id(response), self._validators.last(question)
        if batch.is_constant and remembered is not None:
            self._constants.keep((body, view, is_router), Constant(batch, question, remembered, form))
        return form.filled(request_id)

    def _is_ready(self, batch: Batch, locale: str, purges: int) -> bool:
        return not batch.calls or batch.readiness.holds(locale, purges, self._clock.unix())

    async def _answer_all(self, request: Request, batch: Batch, caller: Caller, media_type: str) -> Response:
        headers = request.headers
        extras = extras_of(headers, explains=self._settings.explain)
        locale = self._locale(headers.get("accept-language", ""))
        purges = self._providers.purges
        question = Question(batch.identity, locale, media_type, caller.is_router, extras, purges)
        context = self._runs.context(
            request_id_of(request),
            locale,
            batch,
            trace_headers(headers),
            arrived=arrival_of(request.scope),
        )
        if self._settings.traces:
            context.scope.tracer = begin_span(headers)
        unchanged = self._unchanged(question, request)
        if unchanged is not None:
            return unchanged
        await self._calls.take(caller, batch.calls)
        if extras.is_dry:
            context.scope.rehearsal = Rehearsal()
        queue, owner = self._providers.queue, id(context.scope)
        if batch.calls and not extras.is_dry:
            await unless_gone(request.receive, queue.begin(owner))
        else:
            queue.let_by()
        try:
            if batch.is_incremental and not extras.is_dry:
                return await self._answer_in_parts(request, batch, context)
            return await self._answer_whole(question, batch, context, request.receive, request.scope)
        finally:
            queue.end(owner)

    async def _answer_whole(
        self, question: Question, batch: Batch, context: Context, receive: Receive, scope: Scope
    ) -> Response:
        answers = await self._runs.answers(receive, batch, context, question.extras)
        if batch.is_list:
            unkept = caching_headers(None, "", self._audiences[question.is_router])
            listed = [answer for _, answer in answers]
            return answer_response(
                listed, question.media_type, 200, context.scope.request_id, lambda _: unkept
            )
        return self._answer_one(scope, question, answers[0], context, batch)

    def _answer_one(
        self,
        scope: Scope,
        question: Question,
        answered: tuple[int, JsonObject],
        context: Context,
        batch: Batch,
    ) -> Response:
        status, answer = answered
        # The older media type promises 200 for whatever could be read as a GraphQL request.
        status = status if question.media_type == RESPONSE_JSON else 200
        now, calls = self._clock.unix(), context.scope.calls
        # What was purged meanwhile may stand in it.
        is_sound = self._providers.purges == question.purges
        reuse = reuse_of(calls, answer, now, batch.hint) if is_sound else None
        if reuse is not None:
            batch.readiness.note(question.locale, question.purges, now, reuse.left_s, calls)
        if question.extras == NOTHING_MORE and batch.is_anybodys:
            # An age in the data would stand still, and what registers a document has to be read each time.
            again = None if context.scope.tells_age or batch.registers else reuse
            tell_outcome(scope, Outcome(answer, status, question.media_type, again))
        told = partial(self._caching, question, reuse)
        return answer_response(answer, question.media_type, status, context.scope.request_id, told)

    async def _batch(self, request: Request, caller: Caller) -> Batch:
        body = await self._reading.body(request)
        known = None if body is None else self._understood.find(body, is_router=caller.is_router)
        if known is not None:
            known.note()
            return known
        asked = await self._reading.read(request, body)
        batch = self._prepared(asked, caller, queries_alone=body is None)
        batch.note()
        if body is not None and not batch.is_list and self._reading.is_settled(batch.asked[0]):
            self._understood.keep(body, batch, is_router=caller.is_router)
        return batch

    def _prepared(
        self, asked: GraphQLRequest | tuple[GraphQLRequest, ...], caller: Caller, *, queries_alone: bool
    ) -> Batch:
        listed = asked if isinstance(asked, tuple) else (asked,)
        completed = tuple(self._reading.complete(each, caller) for each in listed)
        operations = self._open if caller.is_router else self._closed
        prepared = tuple(operations.prepare(each, queries_alone=queries_alone) for each in completed)
        # Asked of what came: what is named by its hash alone has been completed.
        registers = any(each.registers for each in listed)
        return Batch(completed, prepared, is_list=isinstance(asked, tuple), registers=registers)

    def _unchanged(self, question: Question, request: Request) -> Response | None:
        """Answer a client that has the answer already; None where it has not."""
        unchanged = self._validators.unchanged(question, request)
        if unchanged is None:
            return None
        audience = self._audiences[question.is_router]
        headers = caching_headers(unchanged.reuse, unchanged.tag_for(request), audience)
        return Response(status_code=304, headers={"x-request-id": request_id_of(request), **headers})

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
        work = run_in_parts(
            self._schema, document, asked.variables, asked.operation_name, context, asked.on_error
        )
        end = partial(_end, context)
        with ExitStack() as stack:
            stack.callback(end)
            result = await unless_gone(request.receive, work)
            # From here on the answer does so.
            stack.pop_all()
        masked = partial(noted_errors, request_id=context.scope.request_id)
        return multipart_response(frames_of(result, masked), form, context.scope.request_id, end)

    def _caching(self, question: Question, reuse: Reuse | None, body: bytes) -> dict[str, str]:
        audience = self._audiences[question.is_router]
        if reuse is None:
            return caching_headers(None, "", audience)
        validator = validator_of(body, question.media_type, reuse)
        self._validators.remember(question, validator)
        return caching_headers(reuse, validator.etag, audience)

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


async def _coded(coding: str | None, answering: Awaitable[Response]) -> Response:
    return await coded(coding, await answering)


def _end(context: Context) -> None:
    """Note what was read, and fetch nothing more."""
    observation().note_calls(context)
    context.close()
