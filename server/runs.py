"""Operations that are run for one HTTP request, and their answers."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

from graphql import GraphQLSchema
from starlette.types import Receive

from providers.registry import Providers
from providers.scope import CallScope
from providers.tracing import TraceHeaders
from resolvers.context import Context, GraphRules
from server.batch import Batch, Extras
from server.departure import unless_gone
from server.extensions import extensions_of, predicted, traced
from server.graphql_errors import formatted
from server.observation import observation
from server.operations.compiled.plans import Remembering, plans_of
from server.operations.execution import run
from server.operations.preparation import Prepared
from server.operations.requests import GraphQLRequest
from server.operations.tracing import FieldTrace
from server.operations.values import JsonObject
from server.settings import Settings

T = TypeVar("T")


class Runs:
    """Runs operations over one schema and one set of providers."""

    def __init__(
        self, schema: GraphQLSchema, providers: Providers, rules: GraphRules, settings: Settings
    ) -> None:
        self._schema = schema
        self._providers = providers
        self._rules = rules
        self._deadline_s = settings.deadline_s
        self._plans = plans_of(schema, settings.compile_after) if settings.compile else None

    def context(
        self,
        request_id: str,
        locale: str,
        batch: Batch,
        trace: TraceHeaders = (),
        *,
        arrived: float | None = None,
    ) -> Context:
        """Make what a request carries: its time begins when it ``arrived``, which is now unless told."""
        began = asyncio.get_running_loop().time() if arrived is None else arrived
        scope = CallScope(request_id, began, began + self._deadline_s, trace)
        memory = batch.prepared[0].memory if len(batch.prepared) == 1 else None
        return Context(self._providers, self._rules, scope, locale, memory)

    async def answers(
        self, receive: Receive, batch: Batch, context: Context, extras: Extras
    ) -> list[tuple[int, JsonObject]]:
        """Run the operations, all at once, for as long as the client waits: a status and an answer each."""
        noted = observation()
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
            answers = await unless_gone(receive, work)
        finally:
            noted.note_calls(context)
            context.close()
        for _, answer in answers:
            noted.note_answer(answer)
        return answers

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
        if context.warnings or wants_receipt or trace:
            extensions = extensions_of(context, prepared, wants_receipt=wants_receipt) | traced(trace, answer)
            if extensions:
                answer["extensions"] = extensions
        return status, answer


async def _all(works: Sequence[Awaitable[T]]) -> list[T]:
    # One alone needs no task of its own: each costs it turns of the event loop.
    return [await works[0]] if len(works) == 1 else await asyncio.gather(*works)
