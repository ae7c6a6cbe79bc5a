"""What a deferred fragment alone needs: it is fetched beside the rest, and nothing of the first part waits for it."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from providers.emulation.faults import Fault, held, not_found, server_error
from tests.graph import Graph
from tests.live import serving
from tests.parts import ACCEPT, DELIMITER, parts_in
from tests.world import ACTIVITY, MEDIA, PICTURES, RESORT, SEARCH, UUIDS, VIDEOS

LOOKUPS = {
    f'activity(uuid: "{UUIDS[0]}")': (
        "uuid",
        "title",
        "city { name }",
        "cover { reason image { url } }",
        "freshness { state }",
        "gallery { totalCount }",
        "videos { totalCount }",
        "photos(first: 2) { nodes { slug } }",
    ),
    'resortProduct(productId: "PALM")': (
        "productId",
        "title",
        "immersiveImage { url }",
        "cover { reason image { url } }",
        "freshness { state }",
        "gallery { totalCount }",
        "videos { totalCount }",
        "media { totalCount }",
    ),
    "activitySearch(first: 2)": (
        "nodes { uuid title }",
        "nodes { description }",
        "edges { node { latitude } }",
        "nodes { gallery { totalCount } }",
    ),
}
RESORT_LATER = """
{ it: resortProduct(productId: "PALM") { videos { totalCount } ...Later @defer } }
fragment Later on ResortProduct { title gallery { totalCount } }
"""
PAIRS = [
    (lookup, first, later)
    for lookup, fields in LOOKUPS.items()
    for first, later in itertools.permutations(fields, 2)
]


@pytest.fixture
def bare_graph(bare_graph: Graph) -> Graph:
    """Take a graph whose search tells keys and titles alone: all else of an item costs its detail call."""
    items = [{"uuid": uuid, "title": "Title of the list"} for uuid in UUIDS[:2]]
    body = json.dumps({"meta": {"count": 2}, "data": items}).encode()
    bare_graph.musement.faults.add(Fault(status=200, body=body), route=SEARCH)
    return bare_graph


def whole(frames: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the parts of an answer together, as a client does."""
    data: dict[str, Any] = frames[0]["data"]
    paths = {each["id"]: each["path"] for frame in frames for each in frame.get("pending", ())}
    for part in (part for frame in frames for part in frame.get("incremental", ())):
        place: Any = data
        for step in (*paths[part["id"]], *part.get("subPath", ())):
            place = place[step]
        merge(place, part["data"])
    return data


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(into.get(name), dict):
            merge(into[name], value)
        else:
            into[name] = value


def errors_in(frames: list[dict[str, Any]]) -> list[tuple[str, list[str | int]]]:
    """List code and path of every error of an answer in parts."""
    parts = [each for frame in frames for each in (frame, *frame.get("incremental", ()))]
    return [
        (error["extensions"]["code"], error["path"]) for each in parts for error in each.get("errors", ())
    ]


class Reading:
    """An answer in parts that is being read."""

    def __init__(self, stream: aiohttp.StreamReader) -> None:
        self._stream = stream
        self._read = b""

    async def first(self) -> dict[str, Any]:
        """Read until the first part is whole."""
        while not self._read.endswith(b"}" + DELIMITER):
            self._read += await self._stream.readany()
        data: dict[str, Any] = parts_in(self._read)[0]["data"]
        return data

    async def rest(self) -> list[dict[str, Any]]:
        """Read to the end; gives every part."""
        self._read += await self._stream.read()
        return parts_in(self._read)


@asynccontextmanager
async def reading(graph: Graph, query: str) -> AsyncIterator[Reading]:
    async with (
        asyncio.timeout(10),
        serving(graph.app) as origin,
        aiohttp.ClientSession(headers={"accept": ACCEPT}) as session,
        session.post(f"{origin}/graphql", json={"query": query}) as response,
    ):
        yield Reading(response.content)


@pytest.mark.parametrize(("lookup", "first", "later"), PAIRS)
async def test_deferring_changes_neither_the_data_nor_the_calls(
    bare_graph: Graph, lookup: str, first: str, later: str
) -> None:
    plain = await bare_graph.query(f"{{ it: {lookup} {{ {first} {later} }} }}")
    calls = bare_graph.calls
    bare_graph.forget_calls()
    reply = await bare_graph.query(
        f"{{ it: {lookup} {{ {first} ... @defer {{ {later} }} }} }}", accept=ACCEPT
    )
    frames = parts_in(reply.body)

    assert (plain.errors, errors_in(frames)) == ([], [])
    assert whole(frames) == plain.data
    assert bare_graph.calls == calls


@pytest.mark.parametrize(
    ("query", "slow", "expected", "calls"),
    [
        (
            f'{{ it: activity(uuid: "{UUIDS[0]}") {{ gallery {{ totalCount }} ... @defer {{ title }} }} }}',
            ACTIVITY,
            {"gallery": {"totalCount": 2}},
            {ACTIVITY: 1, MEDIA: 1},
        ),
        (
            RESORT_LATER,
            RESORT,
            {"videos": {"totalCount": 1}},
            {RESORT: 1, PICTURES: 1, VIDEOS: 1},
        ),
        (
            RESORT_LATER,
            PICTURES,
            {"videos": {"totalCount": 1}},
            {RESORT: 1, PICTURES: 1, VIDEOS: 1},
        ),
        (
            "{ it: activitySearch(first: 2) { nodes { title ... @defer { description } } } }",
            ACTIVITY,
            {"nodes": [{"title": "Title of the list"}] * 2},
            {SEARCH: 1, ACTIVITY: 2},
        ),
        (
            "{ it: activitySearch(first: 2) { totalCount ... @defer { nodes { description } } } }",
            ACTIVITY,
            {"totalCount": 2},
            {SEARCH: 1, ACTIVITY: 2},
        ),
    ],
)
async def test_the_first_part_does_not_wait_for_what_is_deferred(
    bare_graph: Graph, query: str, slow: str, expected: dict[str, Any], calls: dict[str, int]
) -> None:
    for emulator in (bare_graph.musement, bare_graph.clubmed):
        emulator.faults.add(held(), route=slow)
    async with reading(bare_graph, query) as answer:
        assert (await answer.first())["it"] == expected
        for emulator in (bare_graph.musement, bare_graph.clubmed):
            emulator.faults.release()
        frames = await answer.rest()
    assert errors_in(frames) == []
    assert bare_graph.calls == calls


@pytest.mark.parametrize("deferred", ["... @defer { title }", "... @defer(if: true) { title }"])
async def test_whether_there_is_such_a_thing_is_told_by_the_first_part_where_its_key_alone_is_asked_for(
    bare_graph: Graph, deferred: str
) -> None:
    bare_graph.musement.faults.add(not_found(), route=ACTIVITY)
    reply = await bare_graph.query(f'{{ activity(uuid: "{UUIDS[0]}") {{ uuid {deferred} }} }}', accept=ACCEPT)
    [frame] = parts_in(reply.body)
    assert frame["data"] == {"activity": None}
    assert bare_graph.calls == {ACTIVITY: 1}


async def test_a_deferred_call_that_fails_is_told_at_the_fields_that_it_feeds(bare_graph: Graph) -> None:
    bare_graph.musement.faults.add(server_error(), route=ACTIVITY)
    query = f"""{{ activity(uuid: "{UUIDS[0]}") {{
      gallery {{ totalCount }} ... @defer {{ title cover {{ reason }} videos {{ totalCount }} }}
    }} }}"""
    frames = parts_in((await bare_graph.query(query, accept=ACCEPT)).body)

    assert "errors" not in frames[0]
    assert sorted(errors_in(frames)) == [
        ("UPSTREAM_UNAVAILABLE", ["activity", "cover"]),
        ("UPSTREAM_UNAVAILABLE", ["activity", "title"]),
    ]
    assert whole(frames)["activity"]["videos"] == {"totalCount": 0}
    assert bare_graph.calls == {ACTIVITY: 1, MEDIA: 1}


async def test_a_fragment_that_is_deferred_in_one_place_alone_is_not_deferred(bare_graph: Graph) -> None:
    query = f"""{{ activity(uuid: "{UUIDS[0]}") {{ gallery {{ totalCount }} ...Titled @defer ...Titled }} }}
    fragment Titled on Activity {{ title }}"""
    frames = parts_in((await bare_graph.query(query, accept=ACCEPT)).body)

    assert frames[0]["data"]["activity"]["title"] == "Tickets for the Bargello National Museum"
    assert bare_graph.calls == {ACTIVITY: 1, MEDIA: 1}


async def test_a_reader_who_leaves_before_the_deferred_part_leaves_no_trace(bare_graph: Graph) -> None:
    bare_graph.musement.faults.add(held(), route=ACTIVITY)
    query = f'{{ activity(uuid: "{UUIDS[0]}") {{ gallery {{ totalCount }} ... @defer {{ title }} }} }}'
    async with reading(bare_graph, query) as answer:
        await answer.first()
    bare_graph.musement.faults.release()
    await bare_graph.musement.hits.idle()
    assert bare_graph.calls == {ACTIVITY: 1, MEDIA: 1}


async def test_what_a_variable_defers_once_is_not_deferred_without_it(bare_graph: Graph) -> None:
    query = f"""query ($later: Boolean!) {{
      activity(uuid: "{UUIDS[0]}") {{ gallery {{ totalCount }} ... @defer(if: $later) {{ title }} }}
    }}"""
    plain = {"gallery": {"totalCount": 2}, "title": "Tickets for the Bargello National Museum"}
    for later in (True, False, True, False):
        reply = await bare_graph.query(query, {"later": later}, accept=ACCEPT)
        assert (whole(parts_in(reply.body)) if later else reply.data) == {"activity": plain}
    assert bare_graph.calls == {ACTIVITY: 4, MEDIA: 4}
