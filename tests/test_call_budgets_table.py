"""The rows of the contract's table of calls that speak of lists, windows and a whole page, on a cold cache."""

import asyncio
from typing import Any

import pytest

from providers.emulation import faults
from tests.graph import Graph, running_graph
from tests.small_worlds import activity, fill_activities, fill_photos, numbered_photos, uuid_of
from tests.world import ACTIVITY, CATALOG, MEDIA, PHOTOS, PICTURES, PRODUCT_IDS, SEARCH, UUIDS, VIDEOS

ROWS: dict[str, tuple[str, dict[str, int]]] = {
    "photos(first: 250) over a list of 1,000": ("{ photos(first: 250) { nodes { slug } } }", {PHOTOS: 3}),
    "photos twice with the same arguments under two aliases": (
        "{ a: photos(first: 7) { nodes { slug } } b: photos(first: 7) { edges { cursor } } }",
        {PHOTOS: 1},
    ),
    "activitySearch(first: 25) with title and cover": (
        "{ activitySearch(first: 25) { nodes { title cover { reason image { url } } } } }",
        {SEARCH: 1},
    ),
    "resortCatalog(first: 25) with title and immersiveImage": (
        "{ resortCatalog(first: 25) { nodes { title immersiveImage { url } } } }",
        {CATALOG: 1},
    ),
}
PAGE = """
query Page($uuids: [ID!]!, $products: [ID!]!) {
  activities(uuids: $uuids) { title gallery { nodes { url } } }
  resortProducts(productIds: $products) { gallery { nodes { url } } videos { nodes { url } } }
  photos(first: 25) { nodes { slug image { url } } }
}
"""
PAGE_VARIABLES = {"uuids": UUIDS[:5], "products": PRODUCT_IDS[:3]}
PAGE_CALLS = {ACTIVITY: 5, MEDIA: 5, PICTURES: 3, VIDEOS: 3, PHOTOS: 1}


@pytest.mark.parametrize("row", ROWS)
async def test_a_row_of_the_table_costs_exactly_its_calls(graph: Graph, row: str) -> None:
    fill_photos(graph.forge, numbered_photos(1000))
    fill_activities(graph.musement, [activity(uuid_of(number)) for number in range(40)])
    text, calls = ROWS[row]
    reply = await graph.query(text)
    assert reply.codes == []
    assert graph.calls == calls


async def test_a_window_of_250_over_a_list_of_40_is_one_call(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(40))
    reply = await graph.query("{ photos(first: 250) { nodes { slug } pageInfo { hasNextPage } } }")
    assert len(reply.data["photos"]["nodes"]) == 40
    assert reply.data["photos"]["pageInfo"] == {"hasNextPage": False}
    assert graph.calls == {PHOTOS: 1}


async def test_windows_0_to_10_10_to_30_and_0_to_40_are_one_call(graph: Graph) -> None:
    fill_photos(graph.forge, numbered_photos(1000))
    reply = await graph.query("{ photos(first: 10) { pageInfo { endCursor } } }")
    after = reply.data["photos"]["pageInfo"]["endCursor"]
    async with running_graph() as cold:
        fill_photos(cold.forge, numbered_photos(1000))
        reply = await cold.query(
            """query ($after: String) {
              a: photos(first: 10) { nodes { slug } }
              b: photos(first: 20, after: $after) { nodes { slug } }
              c: photos(first: 40) { nodes { slug } }
            }""",
            {"after": after},
        )
        assert [len(reply.data[name]["nodes"]) for name in "abc"] == [10, 20, 40]
        [hit] = cold.forge.hits.calls
        assert hit.raw_path.endswith("?$skip=0&$limit=40")


async def test_a_page_over_three_providers_costs_17_calls(graph: Graph) -> None:
    reply = await graph.query(PAGE, PAGE_VARIABLES)
    assert reply.codes == []
    assert graph.calls == PAGE_CALLS


async def test_all_calls_of_a_page_are_in_flight_together(graph: Graph) -> None:
    emulators = (graph.musement, graph.clubmed, graph.forge)
    for emulator in emulators:
        emulator.faults.add(faults.held())

    async def release_once_all_have_come() -> None:
        await asyncio.gather(
            graph.musement.hits.arrived(10), graph.clubmed.hits.arrived(6), graph.forge.hits.arrived(1)
        )
        for emulator in emulators:
            emulator.faults.release()

    reply, _ = await asyncio.gather(graph.query(PAGE, PAGE_VARIABLES), release_once_all_have_come())
    assert reply.codes == []
    assert [emulator.hits.peak_in_flight for emulator in emulators] == [10, 6, 1]


async def test_the_calls_of_a_page_in_flight_stay_within_a_providers_limit() -> None:
    async with running_graph(musement_concurrency="2") as graph:
        reply = await graph.query(PAGE, PAGE_VARIABLES)
        assert reply.codes == []
        assert graph.musement.hits.peak_in_flight <= 2
        assert graph.calls == PAGE_CALLS


async def test_a_page_of_20_ms_calls_takes_one_upstream_latency_by_its_receipt() -> None:
    async with running_graph(explain="true") as graph:
        for emulator in (graph.musement, graph.clubmed, graph.forge):
            emulator.faults.add(faults.slow(0.02))
        reply = await graph.query(PAGE, PAGE_VARIABLES, x_mediagraph_explain="1")
    calls: list[dict[str, Any]] = reply.json["extensions"]["upstream"]["calls"]
    assert len(calls) == 17
    first_answer = min(call["startedMs"] + call["ms"] for call in calls)
    assert max(call["startedMs"] for call in calls) < first_answer
