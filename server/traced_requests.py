"""A span for each GraphQL request, from its first byte to its last."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from providers.tracing import Tracer
from server.observation import Observation, observation


class OperationSpan(Tracer, Protocol):
    """The span of one GraphQL request, and the tracer of its calls."""

    def end(self, noted: Observation, status: int) -> None:
        """End it with what was noted of the request."""
        ...


class Traces(Protocol):
    """Where spans come from and go to."""

    def begin(self, headers: Mapping[str, str], began_ns: int) -> OperationSpan:
        """Begin a span at a Unix time in nanoseconds, as a child of the span that the client's headers name."""
        ...

    async def close(self) -> None:
        """Hand on what is still held, for a short while."""
        ...


class _Pending:
    """A request that may become an operation."""

    def __init__(self, traces: Traces) -> None:
        self.traces = traces
        self.began_ns = time.time_ns()
        self.span: OperationSpan | None = None


_CURRENT: ContextVar[_Pending | None] = ContextVar("traced_request", default=None)


class Traced:
    """Wraps the application: ends the span of a request that ``begin_span`` has begun."""

    def __init__(self, app: ASGIApp, traces: Traces) -> None:
        self._app = app
        self._traces = traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an answer in parts ends with its last."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        pending = _Pending(self._traces)
        _CURRENT.set(pending)
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            if pending.span is not None:
                pending.span.end(observation(), status)


def begin_span(headers: Mapping[str, str]) -> Tracer | None:
    """Begin the span of the request that is being answered, as old as the request; None where nothing is traced."""
    pending = _CURRENT.get()
    if pending is None:
        return None
    pending.span = pending.traces.begin(headers, pending.began_ns)
    return pending.span
