"""Numbers for Prometheus: what they count, who may read them, and that several workers count together."""

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from providers.emulation.faults import held, server_error, unauthorized
from server.metrics import Metrics, forget_dead
from server.read_metrics import status_label
from tests.failures.subjects import CLUB_MED, FORGE, MUSEMENT, query
from tests.graph import Graph, running_graph
from tests.server.test_command_line import Program
from tests.world import ACTIVITY, LOGIN, RESORT

QUERY = "{ a: photos(first: 2) { nodes { title } } b: photos(first: 2) { nodes { title } } }"
LIST = "GET /v2/content/{culture}/photos"


def numbers(text: str) -> dict[tuple[str, ...], float]:
    """Read the page: the sample's name and its labels' values, in the order of the labels' names."""
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def scraped(graph: Graph) -> dict[tuple[str, ...], float]:
    return numbers((await graph.send("GET", "/metrics")).body.decode())


async def test_requests_calls_verdicts_and_savings_are_counted(graph: Graph) -> None:
    await graph.query(QUERY)
    seen = await scraped(graph)
    assert seen["mediagraph_requests_total", "200"] == 1
    assert seen["mediagraph_request_seconds_count",] == 1
    assert seen["mediagraph_provider_calls_total", "FORGE", LIST, "200", "MISS"] == 1
    assert seen["mediagraph_provider_call_seconds_count", "FORGE"] == 1
    assert (
        seen["mediagraph_calls_saved_total", "batching"] + seen["mediagraph_calls_saved_total", "merging"]
        == 1
    )


async def test_errors_are_counted_by_code(graph: Graph) -> None:
    await graph.query('{ a: node(id: "x") { id } b: node(id: "y") { id } }')
    await graph.query("{ nothing }")
    seen = await scraped(graph)
    assert seen["mediagraph_errors_total", "BAD_USER_INPUT"] == 2
    assert seen["mediagraph_errors_total", "GRAPHQL_VALIDATION_FAILED"] == 1


async def test_a_renewal_is_counted_though_no_request_waits_for_it(graph: Graph) -> None:
    graph.forge.response_headers = {"Cache-Control": "max-age=0"}
    for _ in range(2):
        await graph.query("{ photos(first: 2) { nodes { title } } }")
    await graph.forge.hits.arrived(2)
    await in_page(graph, ("mediagraph_provider_calls_total", "FORGE", LIST, "200", "RENEWAL"), 1)
    seen = await scraped(graph)
    assert seen["mediagraph_provider_calls_total", "FORGE", LIST, "200", "MISS"] == 1
    assert seen["mediagraph_provider_calls_total", "FORGE", LIST, "none", "STALE"] == 1
    assert seen["mediagraph_provider_call_seconds_count", "FORGE"] == 2


async def test_a_login_is_a_call_also_where_a_renewal_wants_it() -> None:
    settings = {"musement_client_id": "c", "musement_client_secret": "s"}
    async with running_graph(**settings) as graph:
        graph.musement.client_id, graph.musement.client_secret = "c", "s"
        graph.musement.response_headers = {"Cache-Control": "max-age=0"}
        text = query((MUSEMENT,), graph)
        await graph.query(text)
        graph.musement.faults.add(unauthorized(), route=ACTIVITY, times=1)
        await graph.query(text)
        await in_page(graph, ("mediagraph_provider_calls_total", "MUSEMENT", ACTIVITY, "200", "RENEWAL"), 1)
        seen = await scraped(graph)
        assert graph.calls == {LOGIN: 2, ACTIVITY: 3}
        assert seen["mediagraph_provider_calls_total", "MUSEMENT", LOGIN, "200", "MISS"] == 2


async def test_what_the_providers_are_like_at_present_is_told() -> None:
    async with running_graph(
        clubmed_breaker_failures="1", clubmed_retries="0", clubmed_breaker_open_s="0.001"
    ) as graph:
        graph.forge.faults.add(held())
        waiting = asyncio.create_task(graph.query(query((FORGE,), graph)))
        await graph.forge.hits.arrived(1)
        await graph.query(query((MUSEMENT,), graph))
        graph.clubmed.faults.add(server_error())
        await graph.query(query((CLUB_MED,), graph))
        seen = await scraped(graph)
        graph.forge.faults.clear()
        await waiting
    assert seen["mediagraph_workers",] == 1
    assert seen["mediagraph_circuit_state", "MUSEMENT", ACTIVITY] == 0
    assert seen["mediagraph_circuit_state", "CLUB_MED", RESORT] in {1, 2}
    assert seen["mediagraph_provider_calls_in_flight", "FORGE"] == 1
    assert seen["mediagraph_provider_calls_in_flight", "MUSEMENT"] == 0
    assert seen["mediagraph_kept_bytes", "MUSEMENT"] > 0
    assert seen["mediagraph_kept_bytes", "CLUB_MED"] == 0
    assert (seen["mediagraph_sharing_down",], seen["mediagraph_sharing_failures_total",]) == (0, 0)


async def test_a_shared_cache_that_is_gone_is_told() -> None:
    async with running_graph(cache_url="redis://127.0.0.1:9/0") as graph:
        seen = await scraped(graph)
    assert seen["mediagraph_sharing_down",] == 1
    assert seen["mediagraph_sharing_failures_total",] >= 1


async def in_page(graph: Graph, sample: tuple[str, ...], value: float) -> None:
    """Read the page until it tells so: what nobody waits for ends without a word."""
    seen: dict[tuple[str, ...], float] = {}
    async with asyncio.timeout(10):
        while seen.get(sample) != value:
            await asyncio.sleep(0)
            seen = await scraped(graph)


async def test_the_page_itself_is_in_flight_and_no_graphql_request(graph: Graph) -> None:
    seen = await scraped(graph)
    assert seen["mediagraph_requests_in_flight",] == 1
    assert seen["mediagraph_request_seconds_count",] == 0


async def test_a_token_closes_the_page_to_all_but_its_bearer() -> None:
    async with running_graph(metrics_token="open-sesame") as graph:
        refused = await graph.send("GET", "/metrics")
        wrong = await graph.send("GET", "/metrics", headers={"authorization": "Bearer open-sesam\xe9"})
        right = await graph.send("GET", "/metrics", headers={"authorization": "Bearer open-sesame"})
    assert (refused.status, refused.headers["www-authenticate"]) == (401, "Bearer")
    assert (wrong.status, right.status) == (401, 200)


def test_a_status_that_is_not_registered_makes_no_label_of_its_own() -> None:
    assert [status_label(status) for status in (200, 599, None)] == ["200", "other", "none"]


def test_several_workers_answer_with_one_sum() -> None:
    with Program("--port", "0", "--workers", "3", LOG_LEVEL="warning") as program:
        origin = program.origin()
        # The port is open once the first worker serves.
        while page_of(origin)["mediagraph_workers",] < 3:
            pass
        body = json.dumps({"query": "{ __typename }"}).encode()
        for _ in range(30):
            sent = urllib.request.Request(f"{origin}/graphql", body, {"content-type": "application/json"})
            urllib.request.urlopen(sent, timeout=60).close()
        # A request is counted when it is over, which its client may know before the next one asks another worker.
        while page_of(origin)["mediagraph_requests_total", "200"] < 30:
            pass
        pages = [page_of(origin) for _ in range(6)]
        program.process.terminate()
        assert program.all_ended() == (0, "")
    assert {page["mediagraph_requests_total", "200"] for page in pages} == {30.0}


def page_of(origin: str) -> dict[tuple[str, ...], float]:
    with urllib.request.urlopen(f"{origin}/metrics", timeout=60) as page:
        return numbers(page.read().decode())


def test_an_ended_worker_is_no_more_in_flight_but_what_it_counted_stays(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    for process in (ended.pid, os.getpid()):
        (tmp_path / f"gauge_livesum_{process}.db").touch()
    (tmp_path / f"counter_{ended.pid}.db").touch()
    forget_dead(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(
        [f"counter_{ended.pid}.db", f"gauge_livesum_{os.getpid()}.db"]
    )


def test_the_page_is_written_while_a_worker_has_only_just_begun(tmp_path: Path) -> None:
    (tmp_path / f"counter_{os.getpid()}.db").touch()
    assert Metrics(tmp_path).written() == b""
