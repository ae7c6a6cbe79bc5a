"""Warming: every request of a list is sent once, and what failed is said by its line."""

import asyncio
import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from providers.emulation.faults import held
from server.settings_kinds import key_of
from server.warm import Target, WarmError, read_requests, warm_file
from server.warm_keys import WANTED
from server.warm_progress import progress
from tests.graph import Graph, running_graph
from tests.live import serving
from tests.server.test_command_line import Program, ended

UUID = "f8588839-c993-491d-97cc-a96f03dfb144"
SLUG = "2019-05-29-redgrave-pintest-featured"

GOOD = json.dumps(
    {"query": "query P($n: Int) { photos(first: $n) { nodes { title } } }", "variables": {"n": 2}}
)
BAD = json.dumps({"query": '{ node(id: "x") { id } }'})


def test_every_request_of_a_list_is_answered(tmp_path: Path) -> None:
    good, mixed = tmp_path / "good.jsonl", tmp_path / "mixed.jsonl"
    good.write_text("\n\n".join([GOOD] * 20), encoding="utf-8")
    mixed.write_text(f"{GOOD}\n\n{BAD}\n", encoding="utf-8")
    with Program("--port", "0", LOG_FORMAT="json") as program:
        url = f"{program.origin()}/graphql"
        well = ended("warm", str(good), "--url", url)
        ill = ended("warm", str(mixed), "--url", url, "--at-once", "1")
        program.process.terminate()
        _, log = program.all_ended()
    assert (well.returncode, well.stdout) == (0, "20 of 20 answered without an error\n")
    assert ill.returncode == 1
    assert ill.stdout == "line 3: BAD_USER_INPUT\n1 of 2 answered without an error\n"
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["request"] * 22


def test_a_graph_that_is_not_there_is_said_of_each_line(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(GOOD, encoding="utf-8")
    result = ended("warm", str(tmp_path / "list.jsonl"), "--url", "http://127.0.0.1:9/graphql")
    assert result.returncode == 1
    assert result.stdout.startswith("line 1: no answer (ClientConnectorError)\n")


def test_a_list_that_cannot_be_read_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(f"{GOOD}\nno sense at all", encoding="utf-8")
    result = ended("warm", str(tmp_path / "list.jsonl"))
    assert result.returncode == 2
    assert result.stderr.endswith(f"list.jsonl: line 2: wanted {WANTED}\n")
    assert ended("warm", str(tmp_path / "none.jsonl")).returncode == 2


def test_a_line_is_named_by_its_number() -> None:
    assert [wanted.line for wanted in read_requests(f"\n{GOOD}\n\n{GOOD}".encode())] == [2, 4]
    with pytest.raises(WarmError, match="line 1"):
        read_requests(b"[]")


async def test_a_key_fills_the_cache_with_all_that_is_read_by_it(graph: Graph) -> None:
    text = f"""{UUID} it-IT
ARVE_WINTER

en-us/{SLUG}
{{"activity": "{UUID}", "locale": "fr-FR"}}
{{"resortProduct": "ARVE_SUMMER"}}
{{"photo": "fr-fr/nobody-knows-this"}}
{GOOD}
"""
    said: list[str] = []
    async with serving(graph.app) as origin:
        went_well = await warm_file(text.encode(), Target(f"{origin}/graphql", 3), said.append)
        # A second time nothing is left to be fetched, not even what was not there.
        before = sum(graph.calls.values())
        await warm_file(text.encode(), Target(f"{origin}/graphql", 3), said.append)
    assert not went_well
    assert said[:2] == ["line 7: is unknown\n", "6 of 7 answered without an error\n"]
    assert sum(graph.calls.values()) == before
    assert graph.calls == {
        "GET /activities/{uuid}": 2,
        "GET /activities/{uuid}/media": 2,
        "GET /v2/products/{id}": 2,
        "GET /v1/products/{id}/pictures": 2,
        "GET /v0/products/{id}/videos": 2,
        "GET /v2/content/{culture}/photos/{slug}": 2,
        "GET /v2/content/{culture}/photos": 1,
    }
    languages = {hit.headers["accept-language"] for hit in graph.musement.hits.calls}
    assert languages == {"it-IT", "fr-FR"}


@pytest.mark.parametrize(
    "line",
    [
        "a b c",
        "not~a~key",
        "en-us/../x",
        "en-us/x en-US",
        "ARVE_WINTER not_a_locale",
        "7c2f1a3e-not-a-uuid",
        '{"activity": "x", "photo": "en-us/y"}',
        '{"activities": "x"}',
        "{}",
        "\xff",
    ],
)
def test_a_line_that_names_nothing_is_refused_with_what_is_wanted(line: str) -> None:
    with pytest.raises(WarmError, match=r"^line 2: wanted a UUID, a product id or culture/slug"):
        read_requests(b"ARVE_WINTER\n" + line.encode("latin-1"))


async def test_so_many_are_in_flight_together_as_is_allowed(graph: Graph) -> None:
    lines = "\n".join(f"P{number}" for number in range(40))
    faults, hits = graph.clubmed.faults, graph.clubmed.hits
    faults.add(held(), times=6)
    async with serving(graph.app) as origin, asyncio.TaskGroup() as group:
        group.create_task(warm_file(lines.encode(), Target(f"{origin}/graphql", 2), lambda _: None))
        # A key of a product is three calls side by side.
        await hits.arrived(6)
        faults.release()
    assert hits.peak_in_flight == 6
    assert graph.calls["GET /v2/products/{id}"] == 40


async def test_a_graph_that_wants_a_key_is_sent_the_one_that_is_named() -> None:
    key = "planted-key-of-the-shop"
    async with running_graph(CLIENT_KEYS=f"shop={key}") as graph, serving(graph.app) as origin:
        named = key_of(f"other=planted-key-of-another shop={key}", "shop")
        said: list[str] = []
        assert not await warm_file(b"ARVE_WINTER", Target(f"{origin}/graphql", 1), said.append)
        assert await warm_file(b"ARVE_WINTER", Target(f"{origin}/graphql", 1, named), said.append)
    assert said[0] == "line 1: UNAUTHENTICATED\n"
    assert key not in "".join(said)


def test_a_client_that_is_not_in_the_settings_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("ARVE_WINTER", encoding="utf-8")
    result = ended("warm", str(tmp_path / "list"), "--as", "shop", CLIENT_KEYS="other=planted-key-of-another")
    assert result.returncode == 2
    assert result.stderr == "mediagraph: MEDIAGRAPH_CLIENT_KEYS: wanted a key named 'shop', got none\n"


def test_a_person_is_shown_bars_and_a_log_every_tenth() -> None:
    seen, logged = io.StringIO(), io.StringIO()
    with progress(200, Console(file=seen, force_terminal=True, width=80)) as step:
        for number in range(200):
            step(int(number == 7))
    with progress(200, Console(file=logged, force_terminal=False)) as step:
        for _ in range(200):
            step(0)
    assert "200/200" in seen.getvalue()
    assert "1 failed" in seen.getvalue()
    assert logged.getvalue().splitlines() == [f"{number} of 200" for number in range(20, 201, 20)]
    with progress(9, Console(file=logged, force_terminal=False)) as step:
        step(1)
    assert len(logged.getvalue().splitlines()) == 10
