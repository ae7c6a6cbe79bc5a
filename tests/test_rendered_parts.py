"""Parts of answers that are rendered once: the same bytes, calls and receipts, until what they show is another."""

import json

import pytest

from providers.emulation.faults import Fault
from tests.graph import Graph, Reply, running_graph
from tests.world import ACTIVITY, MEDIA, UUIDS

TOKEN = "an-admin-token"
PARTS = (
    f'{{ activity(uuid: "{UUIDS[0]}") {{ gallery {{ nodes {{ id url isCover }} totalCount }} }} }}',
    f'{{ activities(uuids: ["{UUIDS[0]}", "{UUIDS[1]}"]) {{ id title city {{ name }} }} }}',
    f'{{ activity(uuid: "{UUIDS[0]}") {{ city {{ name countryCode }} videos {{ totalCount }} }} }}',
    f'{{ activities(uuids: ["{UUIDS[0]}", "{UUIDS[1]}"]) {{ id gallery {{ totalCount }} city {{ name }} title }} }}',
    '{ resortProducts(productIds: ["MPAC", "ARVE_WINTER"]) { id gallery { totalCount } videos { totalCount } } }',
    '{ resortProduct(productId: "MPAC") { gallery { nodes { id keywords } edges { cursor } } } }',
    "{ photos(first: 7) { nodes { slug tags { slug } image { url } } pageInfo { endCursor } } }",
)


async def asked(graph: Graph, text: str) -> Reply:
    return await graph.query(text, x_mediagraph_explain="1")


def told(reply: Reply) -> list[tuple[str, str]]:
    calls = reply.json["extensions"]["upstream"]["calls"]
    return [(call["route"], call["verdict"]) for call in calls]


@pytest.mark.parametrize("text", PARTS)
async def test_what_is_rendered_has_the_same_bytes_and_the_same_receipt(text: str) -> None:
    async with running_graph(response_cache_bytes="0", explain="true") as graph:
        first, *others = [await asked(graph, text) for _ in range(5)]
        bodies = {(await graph.query(text)).body for _ in range(3)}
    assert first.errors == []
    assert {json.dumps(each.data) for each in others} == {json.dumps(first.data)}
    assert len(bodies) == 1
    assert [told(each) for each in others] == [[(route, "HIT") for route, _ in told(first)]] * 4


async def test_what_was_rendered_is_forgotten_with_what_it_shows() -> None:
    shown = [{"id": 1, "type": "image", "url": "https://images.example/new.jpg"}]
    async with running_graph(response_cache_bytes="0", admin_token=TOKEN) as graph:
        before = [(await graph.query(PARTS[0])).data for _ in range(4)]
        graph.musement.faults.add(Fault(status=200, body=json.dumps(shown).encode()), route=MEDIA)
        purged = json.dumps({"entity": {"type": "Activity", "key": UUIDS[0]}}).encode()
        reply = await graph.send("POST", "/admin/purge", purged, {"authorization": f"Bearer {TOKEN}"})
        after = [(await graph.query(PARTS[0])).data for _ in range(4)]
    assert reply.status == 200
    assert before == before[:1] * 4
    assert after == after[:1] * 4
    assert before[0]["activity"]["gallery"]["totalCount"] > 1
    assert [each["url"] for each in after[0]["activity"]["gallery"]["nodes"]] == [shown[0]["url"]]


async def test_windows_of_one_list_are_rendered_apart() -> None:
    text = "query ($first: Int) { photos(first: $first) { nodes { slug } } }"
    async with running_graph(response_cache_bytes="0") as graph:
        found = {
            first: [
                [each["slug"] for each in (await graph.query(text, {"first": first})).data["photos"]["nodes"]]
                for _ in range(4)
            ]
            for first in (9, 3, 5)
        }
    slugs = found[9][0]
    assert found == {first: [slugs[:first]] * 4 for first in (9, 3, 5)}


async def test_many_keys_are_told_in_the_order_in_which_one_alone_would_be() -> None:
    text = "query ($uuids: [ID!]!) { activities(uuids: $uuids) { title gallery { nodes { url } } } }"
    kept, absent = UUIDS[:4], UUIDS[4]
    async with running_graph(response_cache_bytes="0", explain="true") as graph:
        for uuid in kept:
            await graph.query(text, {"uuids": [uuid]})
        asked = {"uuids": [kept[0], kept[1], kept[0], "no uuid", absent, kept[2]]}
        graph.forget_calls()
        mixed = await graph.query(text, asked, x_mediagraph_explain="1")
        calls = graph.calls
        again = await graph.query(text, asked, x_mediagraph_explain="1")
    pair = [(MEDIA, "HIT"), (ACTIVITY, "HIT")]
    missed = [(MEDIA, "MISS"), (ACTIVITY, "MISS")]
    assert calls == {MEDIA: 1, ACTIVITY: 1}
    assert told(mixed) == pair * 2 + missed + pair
    assert told(again) == pair * 4
    for reply in (mixed, again):
        assert [each and bool(each["title"]) for each in reply.data["activities"]] == [
            *[True] * 3,
            None,
            True,
            True,
        ]
        assert reply.codes == [("BAD_USER_INPUT", ("activities", 3))]
        # The second use of the first activity: its detail and its media.
        assert reply.json["extensions"]["upstream"]["totals"]["savedByBatching"] == 2


async def test_what_two_fields_ask_for_alike_is_told_once() -> None:
    keys = f'(uuids: ["{UUIDS[0]}", "{UUIDS[1]}"]) {{ title gallery {{ totalCount }} }}'
    async with running_graph(response_cache_bytes="0", explain="true") as graph:
        await graph.query(f"{{ activities{keys} }}")
        reply = await asked(graph, f"{{ a: activities{keys} b: activities{keys} }}")
    assert told(reply) == [(MEDIA, "HIT"), (ACTIVITY, "HIT")] * 2
    assert reply.json["extensions"]["upstream"]["totals"]["savedByBatching"] == 4
