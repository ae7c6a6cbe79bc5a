"""Apollo Gateway and Hive Gateway join the graph with another subgraph, over real HTTP all the way."""

import pytest

from schema.federation import federation_sdl
from schema.graph import build_subgraph
from tests.interop.listening import listening_graph
from tests.interop.node import Json, Node
from tests.interop.world import reviews_of

pytestmark = [pytest.mark.interop, pytest.mark.parametrize("gateway", ["apollo", "hive"])]

FROM_REVIEWS = "{ reviews(first: 100) { reviewId activity { uuid title } } }"
OF_ALL_TYPES = """{
  reviews(first: 100) {
    activity { gallery { totalCount } }
    resort { title }
    photo { slug title }
  }
}"""
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def through(
    node: Node, gateway: str, url: str, reviews: list[Json], *queries: str, **headers: str
) -> Json:
    """Run queries through a gateway over our graph and reviews; return its answers."""
    question = {
        "gateway": gateway,
        "url": url,
        "sdl": federation_sdl(build_subgraph().as_str(), "2.9"),
        "reviews": reviews,
        "queries": queries,
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
    }
    return await node.ask("gateway.mjs", question)


async def test_a_hundred_entities_cost_one_request_and_the_calls_of_their_distinct_keys(
    node: Node, gateway: str
) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=100, distinct=40)
        (said,) = await through(node, gateway, there.url, reviews, FROM_REVIEWS)
        calls = there.graph.calls

    assert "errors" not in said
    answers = [review["activity"] for review in said["data"]["reviews"]]
    assert [answer["uuid"] for answer in answers] == [review["activity"]["uuid"] for review in reviews]
    assert all(answer["title"] for answer in answers)
    (operation,) = there.operations
    assert "_entities" in operation.query
    assert calls == {"GET /activities/{uuid}": 40}


async def test_all_three_types_join_and_only_what_is_selected_is_fetched(node: Node, gateway: str) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=100, distinct=10)
        (said,) = await through(node, gateway, there.url, reviews, OF_ALL_TYPES)
        calls = there.graph.calls

    assert "errors" not in said
    assert all(
        review["activity"]["gallery"] and review["resort"]["title"] and review["photo"]["title"]
        for review in said["data"]["reviews"]
    )
    assert sorted(calls.values()) == [10, 10, 10]
    assert calls["GET /activities/{uuid}/media"] == 10
    assert len(there.operations) <= 3


async def test_the_other_way_round_the_neighbour_adds_to_our_entities(node: Node, gateway: str) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=6, distinct=3)
        uuids = [review["activity"]["uuid"] for review in reviews[:3]]
        query = f"{{ activities(uuids: {uuids}) {{ title reviews {{ text }} }} }}".replace("'", '"')
        (said,) = await through(node, gateway, there.url, reviews, query)
        calls = there.graph.calls

    assert "errors" not in said
    assert [[review["text"] for review in each["reviews"]] for each in said["data"]["activities"]] == [
        [f"Review {n}", f"Review {n + 3}"] for n in range(3)
    ]
    assert calls == {"GET /activities/{uuid}": 3}


async def test_a_bad_key_of_the_neighbour_spoils_no_other(node: Node, gateway: str) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=3, distinct=3)
        reviews[1]["activity"] = {"uuid": "no uuid"}
        (said,) = await through(node, gateway, there.url, reviews, FROM_REVIEWS)
    titles = [review["activity"] and review["activity"]["title"] for review in said["data"]["reviews"]]
    assert [bool(title) for title in titles] == [True, False, True]
    assert [error["extensions"]["code"] for error in said["errors"]] == ["BAD_USER_INPUT"]


async def test_the_headers_that_the_documentation_names_reach_the_graph(node: Node, gateway: str) -> None:
    async with listening_graph() as there:
        reviews = await reviews_of(there.graph, count=1, distinct=1)
        asked = {"accept_language": "it-IT", "traceparent": TRACE, "x_request_id": "from-the-router"}
        (italian,) = await through(node, gateway, there.url, reviews, FROM_REVIEWS, **asked)
        (english,) = await through(node, gateway, there.url, reviews, FROM_REVIEWS, accept_language="en-US")
    titles = [said["data"]["reviews"][0]["activity"]["title"] for said in (italian, english)]
    assert titles[0] != titles[1]
    sent = there.operations[0].headers
    assert (sent["traceparent"], sent["x-request-id"]) == (TRACE, "from-the-router")
