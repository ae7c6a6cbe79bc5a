"""Numbers for Prometheus: what they count, who may read them, and that several workers count together."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from server.metrics import forget_dead, status_label
from tests.graph import Graph, running_graph
from tests.server.test_command_line import Program

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
        body = json.dumps({"query": "{ __typename }"}).encode()
        for _ in range(30):
            sent = urllib.request.Request(f"{origin}/graphql", body, {"content-type": "application/json"})
            urllib.request.urlopen(sent, timeout=60).close()
        pages = [urllib.request.urlopen(f"{origin}/metrics", timeout=60).read().decode() for _ in range(6)]
        program.process.terminate()
        assert program.all_ended() == (0, "")
    assert {numbers(page)["mediagraph_requests_total", "200"] for page in pages} == {30.0}


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
