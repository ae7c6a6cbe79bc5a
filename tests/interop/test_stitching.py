"""Schema stitching merges all three types: by lists, by single lookups, by ``_entities``, and from ``_sdl`` alone."""

import pytest

from tests.interop.listening import listening_graph
from tests.interop.node import Json, Node
from tests.interop.world import reviews_of

pytestmark = pytest.mark.interop

JOINED = """{
  reviews(first: 30) {
    reviewId
    activity { uuid title }
    resort { productId title }
    photo { culture slug title }
  }
}"""


@pytest.mark.parametrize(
    ("how", "requests"),
    [
        ("list", 3),
        ("list batched", 1),
        ("single batched", 1),
        ("entities", 3),
        ("entities batched", 1),
        ("_sdl", 3),
    ],
)
async def test_a_join_keeps_order_and_duplicates_and_costs_each_key_once(
    node: Node, how: str, requests: int
) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=30, distinct=10)
        said = await node.ask(
            "stitch.mjs", {"url": there.url, "reviews": reviews, "query": JOINED, "how": how}
        )
        calls = there.graph.calls
    assert said["errors"] == []
    _titled(said["data"]["reviews"], reviews)
    assert len(said["requests"]) == requests
    assert sorted(calls.values()) == [10, 10, 10]


async def test_single_lookups_without_batching_answer_the_same(node: Node) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=4, distinct=4)
        said = await node.ask(
            "stitch.mjs", {"url": there.url, "reviews": reviews, "query": JOINED, "how": "single"}
        )
    assert said["errors"] == []
    _titled(said["data"]["reviews"], reviews)
    assert len(said["requests"]) == 12


@pytest.mark.parametrize("how", ["list", "single batched", "entities", "_sdl"])
async def test_a_gap_stays_a_gap(node: Node, how: str) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=3, distinct=3)
        reviews[1]["activity"] = {"uuid": "00000000-0000-4000-8000-000000000000"}
        said = await node.ask(
            "stitch.mjs", {"url": there.url, "reviews": reviews, "query": JOINED, "how": how}
        )
    assert said["errors"] == []
    titles = [each["activity"] and each["activity"]["title"] for each in said["data"]["reviews"]]
    assert [bool(title) for title in titles] == [True, False, True]


def _titled(answers: list[Json], reviews: list[Json]) -> None:
    for role in ("activity", "resort", "photo"):
        got = [answer[role] for answer in answers]
        assert all(each["title"] for each in got)
        assert [
            {name: each[name] for name in review[role]} for each, review in zip(got, reviews, strict=True)
        ] == [review[role] for review in reviews]
