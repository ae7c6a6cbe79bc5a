"""Traces: a span for the operation, one for each call, W3C's context through all of it, no price where it is off."""

import asyncio
import json
import re
import socket
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from types import FrameType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from providers.emulation.faults import server_error, unavailable
from server.opentelemetry_traces import OpenTelemetryTraces
from server.settings import SettingsError, load_settings
from server.wiring import build_traces
from tests.clock import DrivenClock, HastyClock
from tests.graph import Graph, running_graph
from tests.server.test_command_line import Program

PAGE = """query Page($uuid: ID! = "planted-variable") {
  photos(first: 2) { nodes { title } } resortProducts(productIds: ["ARVE_WINTER"]) { title } node(id: $uuid) { id }
}"""
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STATE = "vendor=a1,other=b2"


class Traced:
    """A graph, and the spans of what it has answered."""

    def __init__(self, graph: Graph, exporter: InMemorySpanExporter) -> None:
        self.graph = graph
        self._exporter = exporter

    @property
    def ended(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def spans(self) -> tuple[dict[str, ReadableSpan], ReadableSpan]:
        """Return the spans of the calls by their names, and the operation's."""
        *calls, operation = self.ended
        assert len({span.name for span in calls}) == len(calls)
        return {span.name: span for span in calls}, operation

    def forget(self) -> None:
        self._exporter.clear()


@asynccontextmanager
async def traced_graph(clock: DrivenClock | None = None, /, **settings: str) -> AsyncIterator[Traced]:
    exporter = InMemorySpanExporter()
    traces = OpenTelemetryTraces(SimpleSpanProcessor(exporter))
    async with running_graph(clock or HastyClock(), traces, traces="true", **settings) as graph:
        yield Traced(graph, exporter)


@pytest.fixture
async def traced() -> AsyncIterator[Traced]:
    async with traced_graph() as running:
        yield running


@pytest.fixture
async def forgetful() -> AsyncIterator[Traced]:
    """Trace a graph that makes every call."""
    async with traced_graph(FORGE_FRESH_S="0") as running:
        yield running


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return span.attributes or {}


def context_of(span: ReadableSpan) -> tuple[int, int]:
    assert span.context
    return span.context.trace_id, span.context.span_id


def sent_contexts(graph: Graph) -> list[tuple[int, int]]:
    """List the trace and span that each provider was told."""
    hits = [hit for each in (graph.musement, graph.clubmed, graph.forge) for hit in each.hits.calls]
    told = [hit.headers["traceparent"].split("-") for hit in hits]
    return [(int(trace, 16), int(span, 16)) for _, trace, span, _ in told]


async def test_an_operation_is_one_span_and_each_call_is_one_beneath_it(traced: Traced) -> None:
    await traced.graph.query(PAGE, {"uuid": "planted-variable"}, x_request_id="r-1")
    calls, operation = traced.spans()
    assert sorted(calls) == ["GET /v2/content/{culture}/photos", "GET /v2/products/{id}"]
    assert operation.name == "GraphQL query"
    assert operation.kind is SpanKind.SERVER
    told = dict(attributes(operation))
    assert len(told.pop("mediagraph.operation.hash")) == 64
    assert told == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Page",
        "mediagraph.cost.calls": 3,
        "mediagraph.cost.items": 3,
        "mediagraph.calls": 2,
        "mediagraph.codes": ("BAD_USER_INPUT",),
        "mediagraph.request_id": "r-1",
        "http.response.status_code": 200,
    }
    assert operation.status.status_code is StatusCode.ERROR
    for span in calls.values():
        assert span.parent
        assert (span.parent.trace_id, span.parent.span_id) == context_of(operation)
        assert span.kind is SpanKind.CLIENT
        assert attributes(span)["mediagraph.verdict"] == "MISS"
    assert dict(attributes(calls["GET /v2/products/{id}"])) == {
        "http.request.method": "GET",
        "url.template": "/v2/products/{id}",
        "http.response.status_code": 200,
        "mediagraph.provider": "CLUB_MED",
        "mediagraph.attempts": 1,
        "mediagraph.verdict": "MISS",
    }


async def test_no_span_holds_a_variable_a_document_or_a_secret() -> None:
    planted = {"musement_token": "planted-token", "clubmed_api_key": "planted-key"}
    async with traced_graph(**planted) as traced:
        text = PAGE.replace("first: 2", 'first: 2, filter: {tags: {slug: "planted-tag"}}')
        await traced.graph.query(text, {"uuid": "planted-variable"}, authorization="Bearer planted-header")
        calls, operation = traced.spans()
    written = [span.to_json() for span in (*calls.values(), operation)]
    assert len(written) == 3
    assert not [text for text in written if "planted" in text]


async def test_the_client_s_trace_goes_on_through_each_call_s_own_span(traced: Traced) -> None:
    await traced.graph.query(PAGE, traceparent=PARENT, tracestate=STATE)
    calls, operation = traced.spans()
    trace = int(PARENT.split("-")[1], 16)
    assert operation.parent
    assert (operation.parent.trace_id, operation.parent.span_id) == (trace, int(PARENT.split("-")[2], 16))
    assert sorted(sent_contexts(traced.graph)) == sorted(map(context_of, calls.values()))
    assert {trace} == {each for each, _ in sent_contexts(traced.graph)}
    states = {hit.headers["tracestate"] for hit in traced.graph.forge.hits.calls}
    assert states == {STATE}


async def test_a_client_that_does_not_want_to_be_sampled_is_not_but_its_trace_goes_on(traced: Traced) -> None:
    unsampled = f"{PARENT[:-2]}00"
    await traced.graph.query("{ photos(first: 1) { nodes { title } } }", traceparent=unsampled)
    (hit,) = traced.graph.forge.hits.calls
    assert hit.headers["traceparent"].startswith(PARENT[:36])
    assert hit.headers["traceparent"].endswith("-00")
    with pytest.raises(ValueError, match="not enough values"):
        traced.spans()


@pytest.mark.parametrize("parent", ["nonsense", "00-0-0-01", f"ff-{'0' * 32}-{'0' * 16}-01"])
async def test_a_malformed_trace_begins_a_new_one(traced: Traced, parent: str) -> None:
    await traced.graph.query("{ photos(first: 1) { nodes { title } } }", traceparent=parent)
    _, operation = traced.spans()
    assert operation.parent is None


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parent=st.sampled_from([PARENT, f"{PARENT}-more", "cc" + PARENT[2:]])
    | st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60),
    state=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=600),
)
async def test_no_trace_of_a_client_makes_a_500_or_a_broken_header(
    forgetful: Traced, parent: str, state: str
) -> None:
    graph = forgetful.graph
    graph.forget_calls()
    reply = await graph.query(
        "{ photos(first: 1) { nodes { title } } }", traceparent=parent, tracestate=state
    )
    assert (reply.status, reply.errors) == (200, [])
    (hit,) = graph.forge.hits.calls
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", hit.headers["traceparent"])


async def test_without_traces_the_client_s_own_is_handed_on_with_its_state(graph: Graph) -> None:
    await graph.query("{ photos(first: 1) { nodes { title } } }", traceparent=PARENT, tracestate=STATE)
    await graph.query("{ photos(first: 2) { nodes { title } } }", traceparent="nonsense", tracestate=STATE)
    first, second = [hit.headers for hit in graph.forge.hits.calls]
    assert (first["traceparent"], first["tracestate"]) == (PARENT, STATE)
    assert {"traceparent", "tracestate"}.isdisjoint(second)


async def test_a_span_tells_how_often_a_call_was_tried_and_what_it_came_to(traced: Traced) -> None:
    traced.graph.forge.faults.add(unavailable(), times=1)
    traced.graph.clubmed.faults.add(server_error())
    await traced.graph.query(PAGE)
    calls, operation = traced.spans()
    photos, product = calls["GET /v2/content/{culture}/photos"], calls["GET /v2/products/{id}"]
    assert attributes(photos)["mediagraph.attempts"] == 2
    assert photos.status.status_code is StatusCode.UNSET
    assert attributes(product)["http.response.status_code"] == 500
    assert attributes(product)["error.type"] == "UPSTREAM_UNAVAILABLE"
    assert product.status.status_code is StatusCode.ERROR
    assert set(attributes(operation)["mediagraph.codes"]) == {"UPSTREAM_UNAVAILABLE", "BAD_USER_INPUT"}


async def test_a_call_that_another_request_makes_is_a_span_of_waiting(traced: Traced) -> None:
    query = "{ photos(first: 1) { nodes { title } } }"
    await asyncio.gather(traced.graph.query(query), traced.graph.query(f"{query} # other"))
    spans = traced.ended
    verdicts = sorted(
        str(attributes(span)["mediagraph.verdict"]) for span in spans if span.kind is SpanKind.CLIENT
    )
    assert verdicts == ["JOINED", "MISS"]
    assert len(sent_contexts(traced.graph)) == 1


async def test_what_is_kept_is_no_span_and_its_renewal_is_one() -> None:
    clock = DrivenClock()
    async with traced_graph(clock, FORGE_FRESH_S="60") as traced:
        query = "{ photos(first: 1) { nodes { title } } }"
        await traced.graph.query(query)
        traced.forget()
        await traced.graph.query(query)
        assert len(traced.spans()[0]) == 0
        traced.forget()
        clock.now += 3600
        await traced.graph.query(query)
        # The graph's end cancels or ends what it still does.
    names = [span.name for span in traced.ended]
    assert sorted(names) == ["GET /v2/content/{culture}/photos", "GraphQL query"]


async def test_a_login_is_a_call_of_the_operation_too() -> None:
    credentials = {"musement_client_id": "sandbox-client", "musement_client_secret": "sandbox-secret"}
    async with traced_graph(**credentials) as traced:
        await traced.graph.query("{ activitySearch(first: 1) { nodes { title } } }")
        calls, _ = traced.spans()
        assert sorted(calls) == ["GET /activities", "POST /login"]
        assert sorted(sent_contexts(traced.graph)) == sorted(map(context_of, calls.values()))


async def test_an_answer_in_parts_is_a_span_until_its_last(traced: Traced) -> None:
    body = json.dumps(
        {"query": '{ ... @defer { resortProduct(productId: "ARVE_WINTER") { title } } }'}
    ).encode()
    sent = {"content-type": "application/json", "accept": "multipart/mixed"}
    reply = await traced.graph.send("POST", "/graphql", body, sent)
    assert reply.status == 200
    calls, operation = traced.spans()
    assert list(calls) == ["GET /v2/products/{id}"]
    assert attributes(operation)["mediagraph.calls"] == 1
    assert (operation.end_time or 0) >= (calls["GET /v2/products/{id}"].end_time or 1)


async def test_a_document_that_cannot_be_read_is_a_span_with_its_code_and_other_requests_are_none(
    traced: Traced,
) -> None:
    await traced.graph.query("{ planted(")
    _, operation = traced.spans()
    assert attributes(operation)["mediagraph.codes"] == ("GRAPHQL_PARSE_FAILED",)
    traced.forget()
    for path in ("/healthz", "/readyz", "/metrics", "/graphql"):
        await traced.graph.send("GET", path, headers={"accept": "text/html"})
    with pytest.raises(ValueError, match="not enough values"):
        traced.spans()


class Failing(SpanExporter):
    """A collector that cannot be reached."""

    def __init__(self) -> None:
        self.tries = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        self.tries += 1
        raise ConnectionError("planted-reason")


async def test_an_exporter_that_fails_costs_no_answer() -> None:
    exporter = Failing()
    traces = OpenTelemetryTraces(BatchSpanProcessor(exporter, schedule_delay_millis=1))
    async with running_graph(HastyClock(), traces, traces="true") as graph:
        replies = [await graph.query("{ photos(first: 1) { nodes { title } } }") for _ in range(20)]
    assert all(reply.errors == [] for reply in replies)
    assert exporter.tries > 0


@pytest.fixture
def silent_collector() -> Iterator[str]:
    """Listen, and answer nobody."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_a_collector_that_hangs_keeps_no_request_waiting_and_no_process_alive(
    silent_collector: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", silent_collector)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20planted-token")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "1")
    with Program("--port", "0", TRACES="true", LOG_FORMAT="json") as program:
        origin = program.origin()
        body = json.dumps({"query": "{ photos(first: 1) { nodes { title } } }"}).encode()
        for _ in range(20):
            asked = urllib.request.Request(f"{origin}/graphql", body, {"content-type": "application/json"})
            with urllib.request.urlopen(asked, timeout=20) as response:
                assert json.load(response)["data"]["photos"]["nodes"]
        program.process.terminate()
        code, errors = program.all_ended()
    assert code == 0
    assert "planted" not in errors


def test_a_variable_that_the_sdk_cannot_read_ends_the_start_without_its_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "-20250101")
    with pytest.raises(SettingsError, match="an OTEL_ variable") as caught:
        build_traces()
    assert "20250101" not in str(caught.value)


def test_without_the_extra_the_start_ends_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(
        SettingsError, match=r"MEDIAGRAPH_TRACES: wanted opentelemetry\.sdk of the extra otel"
    ):
        load_settings({"MEDIAGRAPH_TRACES": "true"})


async def test_where_it_is_off_no_code_of_it_is_called(graph: Graph) -> None:
    await graph.query(PAGE)
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and any(
            word in frame.f_code.co_filename for word in ("opentelemetry", "traced_requests")
        ):
            called.append(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        await graph.query(PAGE.replace("ARVE_WINTER", "ARVE_SUMMER"))
    finally:
        sys.setprofile(None)
    assert graph.calls["GET /v2/products/{id}"] == 2
    assert called == []
