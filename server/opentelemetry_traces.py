"""Traces for OpenTelemetry: one span for a GraphQL request, one for each call that it makes of a provider.

Where they go, which are kept and what the service is called is the SDK's to read from the OTEL_ variables.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from providers.call_record import CallRecord
from providers.errors import ProviderError
from providers.tracing import TraceHeaders
from server.observation import Observation
from server.version import VERSION

T = TypeVar("T")

_PROPAGATOR: Final = TraceContextTextMapPropagator()
_FIELDS: Final = ("traceparent", "tracestate")
_END_PATIENCE_S: Final = 3.0


class OpenTelemetryTraces:
    """Spans of this process. ``processor`` takes them when they end; unset, they are sent on by OTLP over HTTP."""

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        # The environment's own words come last, so that they win.
        named = Resource.create({"service.name": "mediagraph", "service.version": VERSION})
        self._provider = TracerProvider(
            resource=named.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
        )
        # A thread of its own sends, and a full queue drops what comes: no request ever waits for a collector.
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("mediagraph", VERSION)

    def begin(self, headers: Mapping[str, str], began_ns: int) -> "OpenTelemetrySpan":
        """Begin a span at a Unix time in nanoseconds, as a child of the span that the client's headers name."""
        carried = {name: headers[name] for name in _FIELDS if name in headers}
        # Extracted into an empty context, for nothing else of this process may become a parent.
        parent = _PROPAGATOR.extract(carried, Context())
        span = self._tracer.start_span("GraphQL operation", parent, SpanKind.SERVER, start_time=began_ns)
        return OpenTelemetrySpan(self._tracer, span, set_span_in_context(span, parent))

    async def close(self) -> None:
        """Hand on what is still held; a collector that hangs is given up after a short while."""
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            self._provider.shutdown()
            if not loop.is_closed():
                loop.call_soon_threadsafe(done.set)

        # A daemon, so that a collector that hangs cannot keep the process from ending.
        threading.Thread(target=end, name="traces-end", daemon=True).start()
        try:
            async with asyncio.timeout(_END_PATIENCE_S):
                await done.wait()
        except TimeoutError:
            return


class OpenTelemetrySpan:
    """The span of one GraphQL request, and the tracer of its calls."""

    def __init__(self, tracer: Tracer, span: Span, context: Context) -> None:
        self._tracer = tracer
        self._span = span
        self._context = context

    def end(self, noted: Observation, status: int) -> None:
        """End it with what was noted of the request: no variable, no document, no header."""
        span = self._span
        types, names = ",".join(noted.types), ",".join(noted.operations)
        if types:
            span.update_name(f"GraphQL {types}")
        span.set_attributes(
            {
                "graphql.operation.type": types,
                "graphql.operation.name": names,
                "mediagraph.operation.hash": ",".join(noted.hashes),
                "mediagraph.cost.calls": noted.cost_calls,
                "mediagraph.cost.items": noted.cost_items,
                "mediagraph.calls": len(noted.calls),
                "mediagraph.codes": noted.codes,
                "mediagraph.request_id": noted.request_id,
                "http.response.status_code": status,
            }
        )
        if noted.codes:
            span.set_status(Status(StatusCode.ERROR, noted.codes[0]))
        span.end()

    async def traced(self, record: CallRecord, work: Callable[[TraceHeaders], Awaitable[T]]) -> T:
        """Do the work of one call inside a span of its own."""
        span = self._tracer.start_span(record.route, self._context, SpanKind.CLIENT)
        carried: dict[str, str] = {}
        _PROPAGATOR.inject(carried, set_span_in_context(span, self._context))
        try:
            return await work(tuple(carried.items()))
        except BaseException as error:
            code = error.code if isinstance(error, ProviderError) else type(error).__name__
            span.set_attribute("error.type", code)
            span.set_status(Status(StatusCode.ERROR, code))
            raise
        finally:
            _describe(span, record)
            span.end()


def _describe(span: Span, record: CallRecord) -> None:
    method, _, template = record.route.partition(" ")
    span.set_attributes(
        {
            "http.request.method": method,
            "url.template": template,
            "mediagraph.provider": record.provider.value,
            "mediagraph.attempts": record.attempts,
            "mediagraph.verdict": record.verdict,
        }
    )
    if record.status is not None:
        span.set_attribute("http.response.status_code", record.status)
