"""The receipt: what an operation cost, and what it did not."""

from typing import Any

from tests.graph import Graph, running_graph

PAGE = """
query Page($uuids: [ID!]!, $products: [ID!]!) {
  activities(uuids: $uuids) { title gallery { totalCount } }
  resortProducts(productIds: $products) { gallery { totalCount } videos { totalCount } }
  photos(first: 25) { nodes { slug } }
}
"""


async def _receipt(graph: Graph, text: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    reply = await graph.query(text, variables, x_mediagraph_explain="1")
    assert reply.codes == []
    upstream: dict[str, Any] = reply.json["extensions"]["upstream"]
    return upstream


async def test_three_aliases_of_one_list_are_one_call_and_two_saved() -> None:
    async with running_graph(explain="true") as graph:
        upstream = await _receipt(
            graph,
            "{ a: photos(first: 10) { nodes { slug } } c: photos(first: 40) { nodes { slug } } "
            "b: photos(first: 30) { nodes { slug } } }",
        )
        assert graph.calls == {"GET /v2/content/{culture}/photos": 1}
    [call] = upstream["calls"]
    assert call["ms"] > 0
    assert {name: call[name] for name in call if name not in {"ms", "startedMs"}} == {
        "provider": "FORGE",
        "route": "GET /v2/content/{culture}/photos",
        "window": {"skip": 0, "limit": 40},
        "keys": 1,
        "verdict": "MISS",
        "attempts": 1,
        "ageSeconds": 0,
    }
    assert upstream["totals"] == {
        "calls": 1,
        "savedByBatching": 0,
        "savedByMerging": 2,
        "savedByJoining": 0,
        "savedByCache": 0,
    }


async def test_a_repeated_key_is_saved_by_batching_for_each_field_that_wants_it() -> None:
    async with running_graph(explain="true") as graph:
        upstream = await _receipt(
            graph,
            '{ resortProducts(productIds: ["AGRC", "AGRC", "AGRC"]) { gallery { totalCount } } }',
        )
        assert graph.calls == {"GET /v1/products/{id}/pictures": 1}
    assert upstream["totals"]["calls"] == 1
    assert upstream["totals"]["savedByBatching"] == 2


async def test_a_page_over_three_providers_waits_for_one_upstream_latency() -> None:
    async with running_graph(explain="true") as graph:
        uuids = list(graph.musement.world.activities)[:5]
        products = ["AGRC", "product-1", "ARVE_WINTER"]
        upstream = await _receipt(graph, PAGE, {"uuids": uuids, "products": products})
    reads = [call for call in upstream["calls"] if call["route"] != "POST /login"]
    assert len(reads) == 5 + 5 + 3 + 3 + 1
    # The last call starts before the first one has its answer: nothing waits for anything else.
    first_answer = min(call["startedMs"] + call["ms"] for call in reads)
    assert max(call["startedMs"] for call in reads) <= first_answer


async def test_nobody_gets_a_receipt_unasked_or_where_the_operator_gives_none(graph: Graph) -> None:
    refused = await graph.query("{ photos(first: 1) { nodes { slug } } }", x_mediagraph_explain="1")
    assert "extensions" not in refused.json
    async with running_graph(explain="true") as explaining:
        unasked = await explaining.query("{ photos(first: 1) { nodes { slug } } }")
    assert "extensions" not in unasked.json


async def test_a_rehearsal_counts_no_call_for_what_is_kept() -> None:
    text = '{ resortProduct(productId: "AGRC") { title gallery { totalCount } } photos(first: 2) { nodes { slug } } }'
    async with running_graph(explain="true") as graph:
        before = (await graph.query(text, x_mediagraph_explain="dry")).json["extensions"]["upstream"]
        await graph.query(text)
        graph.forget_calls()
        after = (await graph.query(text, x_mediagraph_explain="dry")).json["extensions"]["upstream"]
        assert graph.calls == {}
    assert (before["totals"]["calls"], before["totals"]["savedByCache"]) == (3, 0)
    assert (after["totals"]["calls"], after["totals"]["savedByCache"]) == (0, 3)
    assert [call["verdict"] for call in after["predicted"]] == ["HIT", "HIT", "HIT"]
