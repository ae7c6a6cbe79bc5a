"""Lists of keys whose answers are kept: they answer, cost and tell what they did when every call was made."""

from typing import Any

import pytest

from tests.graph import Graph, Reply, running_graph
from tests.world import PRODUCT_IDS, UNKNOWN_UUID, UUIDS

UNKNOWN_PRODUCT = "NOWHERE"
SELECTIONS = (
    "uuid title gallery { nodes { url isCover } }",
    "uuid gallery { totalCount } videos { totalCount }",
    "uuid gallery(first: 1) { nodes { url } }",
    "uuid freshness { state }",
    "title photos(first: 2) { nodes { slug } }",
    "title media(kinds: [VIDEO]) { totalCount } gallery { totalCount }",
)
RESORT_SELECTIONS = (
    "productId gallery { nodes { url keywords } } videos { nodes { url } }",
    "productId videos { totalCount }",
    "productId title gallery { totalCount }",
    "productId gallery(first: 1) { nodes { url } } videos { totalCount }",
    "productId cover { image { url } }",
    "productId",
    "productId photos(first: 2) { nodes { slug } }",
)
ACTIVITIES = "query($keys: [ID!]!) { activities(uuids: $keys) { %s } }"
RESORTS = "query($keys: [ID!]!) { resortProducts(productIds: $keys) { %s } }"
TWICE = """query($keys: [ID!]!) {
  a: activities(uuids: $keys) { title }
  b: activities(uuids: $keys) { title gallery { totalCount } }
}"""
LISTS: dict[str, list[str]] = {
    "several": [*UUIDS[:4], UUIDS[1], UNKNOWN_UUID],
    "none": [],
    "one_malformed": [UUIDS[0], "no-uuid", UUIDS[0].upper()],
}
RESORT_LISTS: dict[str, list[str]] = {
    "several": [*PRODUCT_IDS[:4], PRODUCT_IDS[1], UNKNOWN_PRODUCT],
    "none": [],
    "one_malformed": [PRODUCT_IDS[0], "no id", PRODUCT_IDS[0]],
}
CASES = [
    *[(ACTIVITIES % selection, keys) for selection in SELECTIONS for keys in LISTS.values()],
    *[(RESORTS % selection, keys) for selection in RESORT_SELECTIONS for keys in RESORT_LISTS.values()],
    (TWICE, UUIDS[:3]),
]


async def asked(graph: Graph, text: str, keys: list[str]) -> Reply:
    return await graph.query(text, {"keys": keys}, x_mediagraph_explain="1")


def calls_of(reply: Reply) -> list[tuple[Any, ...]]:
    calls = reply.json["extensions"]["upstream"]["calls"]
    return [
        (call["provider"], call["route"], call.get("window"), call["keys"])
        for call in calls
        if not call["route"].startswith("POST ")
    ]


def errors_of(reply: Reply) -> list[tuple[str, Any]]:
    return [(error["message"], error["path"]) for error in reply.errors]


@pytest.mark.parametrize(("text", "keys"), CASES)
async def test_kept_lists_answer_and_tell_what_they_did_when_they_were_called_for(
    text: str, keys: list[str]
) -> None:
    async with running_graph(explain="true", response_cache_bytes="0") as graph:
        called = await asked(graph, text, keys)
        graph.forget_calls()
        for _ in range(3):
            kept = await asked(graph, text, keys)
            assert graph.calls == {}
            assert (kept.data, errors_of(kept)) == (called.data, errors_of(called))
            assert sorted(calls_of(kept), key=repr) == sorted(calls_of(called), key=repr)
            receipts = [reply.json["extensions"]["upstream"] for reply in (called, kept)]
            assert {call["verdict"] for call in receipts[1]["calls"]} <= {"HIT"}
            saved = [receipt["totals"]["savedByBatching"] for receipt in receipts]
            assert saved[0] == saved[1]
            assert receipts[1]["totals"]["savedByCache"] == len(calls_of(called))


async def test_one_answer_past_its_freshness_leaves_the_others_fresh_and_is_renewed() -> None:
    text, keys = ACTIVITIES % "uuid title gallery { totalCount }", UUIDS[:3]
    async with running_graph(explain="true", response_cache_bytes="0") as graph:
        graph.musement.response_headers = {"Cache-Control": "max-age=0"}
        await asked(graph, text, keys[1:2])
        graph.musement.response_headers = {}
        called = await asked(graph, text, keys)
        await graph.musement.hits.idle()
    verdicts = [call["verdict"] for call in called.json["extensions"]["upstream"]["calls"]]
    assert sorted(verdicts) == ["MISS"] * 4 + ["STALE"] * 2
