"""The two catalogues: Musement's search and Club Med's products, their windows, and what items cost."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest

from providers.emulation.faults import Fault, unavailable
from tests.graph import Graph, running_graph
from tests.world import (
    ACTIVITY,
    CATALOG,
    MEDIA,
    PICTURES,
    PRODUCT_IDS,
    RESORT,
    SEARCH,
    UUIDS,
    VIDEOS,
    uuid_of,
)

INFO = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"

CATALOG_WINDOW = """query($first: Int, $after: String) {
  resortCatalog(first: $first, after: $after) {
    nodes { productId } edges { cursor } pageInfo { hasNextPage endCursor }
  }
}"""


def sent(graph: Graph) -> list[dict[str, str]]:
    """Read the queries of the calls, decoded."""
    hits = [*graph.musement.hits.calls, *graph.clubmed.hits.calls]
    return [dict(parse_qsl(hit.raw_path.partition("?")[2])) for hit in hits]


async def test_the_search_s_items_come_with_title_and_cover_at_one_call(graph: Graph) -> None:
    reply = await graph.query(
        f"{{ activitySearch(first: 25) {{ nodes {{ uuid title cover {{ image {{ url }} }} }} {INFO} }} }}"
    )
    found = reply.data["activitySearch"]
    assert [each["uuid"] for each in found["nodes"]] == UUIDS[:25]
    assert (found["totalCount"], found["pageInfo"]["hasNextPage"]) == (len(UUIDS), True)
    # Two of the items carry no cover URL: whether their details have one is not known from the list.
    assert graph.calls == {SEARCH: 1, ACTIVITY: 2, MEDIA: 2}


async def test_twenty_five_search_items_that_carry_their_covers_cost_one_call(graph: Graph) -> None:
    for uuid, activity in graph.musement.world.activities.items():
        activity.setdefault("cover_image_url", f"https://i.test/{uuid}.jpg")
    reply = await graph.query("{ activitySearch(first: 25) { nodes { title cover { reason } } } }")
    assert len(reply.data["activitySearch"]["nodes"]) == 25
    assert graph.calls == {SEARCH: 1}


async def test_the_catalogue_s_items_come_with_title_and_immersive_image_at_one_call(graph: Graph) -> None:
    reply = await graph.query(
        f"{{ resortCatalog(first: 25) {{ nodes {{ productId title immersiveImage {{ url }} }} {INFO} }} }}"
    )
    found = reply.data["resortCatalog"]
    assert [each["productId"] for each in found["nodes"]] == PRODUCT_IDS[:25]
    world = graph.clubmed.world.products["en-US"]
    assert [each["title"] for each in found["nodes"]] == [world[key]["title"] for key in PRODUCT_IDS[:25]]
    assert (found["totalCount"], found["pageInfo"]["hasNextPage"]) == (35, True)
    assert graph.calls == {CATALOG: 1}


@pytest.mark.parametrize("envelope", ["object", "array"])
async def test_both_shapes_of_the_search_are_read(graph: Graph, envelope: Any) -> None:
    graph.musement.list_envelope = envelope
    reply = await graph.query(f"{{ activitySearch(first: 10) {{ nodes {{ uuid }} {INFO} }} }}")
    found = reply.data["activitySearch"]
    assert [each["uuid"] for each in found["nodes"]] == UUIDS[:10]
    assert found["totalCount"] == (len(UUIDS) if envelope == "object" else None)
    assert found["pageInfo"]["hasNextPage"] is True


async def test_the_search_s_filters_are_sent_and_narrow_the_list(graph: Graph) -> None:
    reply = await graph.query(
        '{ activitySearch(text: "tickets florence", cityIds: [2, 1, 2], categories: ["museums"], first: 5)'
        " { nodes { uuid city { cityId name } } totalCount } }"
    )
    assert sent(graph) == [
        {"text": "tickets florence", "city_in": "1,2", "category_in": "museums", "limit": "5", "offset": "0"}
    ]
    assert reply.errors == []
    plain = await graph.query('{ activitySearch(text: "bargello") { nodes { uuid } totalCount } }')
    assert plain.data["activitySearch"] == {
        "nodes": [{"uuid": UUIDS[0]}, {"uuid": UUIDS[1]}],
        "totalCount": 2,
    }


async def test_a_search_without_a_hit_is_an_empty_connection(graph: Graph) -> None:
    reply = await graph.query(f'{{ activitySearch(text: "nowhere at all") {{ nodes {{ uuid }} {INFO} }} }}')
    assert reply.data["activitySearch"] == {
        "nodes": [],
        "totalCount": 0,
        "pageInfo": {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": None,
            "endCursor": None,
        },
    }


@pytest.mark.parametrize(
    ("field", "key", "keys"), [("activitySearch", "uuid", UUIDS), ("resortCatalog", "productId", PRODUCT_IDS)]
)
async def test_paging_forwards_goes_through_the_whole_list_once(
    graph: Graph, field: str, key: str, keys: list[str]
) -> None:
    query = (
        f"query($after: String) {{ {field}(first: 9, after: $after) {{"
        f" edges {{ cursor node {{ {key} }} }} {INFO} }} }}"
    )
    found: list[str] = []
    after: str | None = None
    while True:
        page = (await graph.query(query, {"after": after})).data[field]
        found += [edge["node"][key] for edge in page["edges"]]
        assert page["totalCount"] == len(keys)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == keys


@pytest.mark.parametrize(
    ("field", "key", "keys"), [("activitySearch", "uuid", UUIDS), ("resortCatalog", "productId", PRODUCT_IDS)]
)
async def test_the_last_items_cost_at_most_two_calls(
    graph: Graph, field: str, key: str, keys: list[str]
) -> None:
    reply = await graph.query(f"{{ {field}(last: 4) {{ nodes {{ {key} }} {INFO} }} }}")
    found = reply.data[field]
    assert [each[key] for each in found["nodes"]] == keys[-4:]
    assert (found["pageInfo"]["hasNextPage"], found["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert sum(graph.calls.values()) == 2
    graph.forget_calls()
    before = found["pageInfo"]["startCursor"]
    reply = await graph.query(f'{{ {field}(last: 3, before: "{before}") {{ nodes {{ {key} }} }} }}')
    assert [each[key] for each in reply.data[field]["nodes"]] == keys[-7:-4]
    assert sum(graph.calls.values()) <= 2


async def test_a_cursor_is_bound_to_the_search_and_the_locale(graph: Graph) -> None:
    reply = await graph.query(f'{{ activitySearch(text: "tickets", first: 1) {{ {INFO} }} }}')
    cursor = reply.data["activitySearch"]["pageInfo"]["endCursor"]
    graph.forget_calls()
    refused = await graph.query(
        f'{{ a: activitySearch(text: "ticket", after: "{cursor}") {{ totalCount }}'
        f' b: activitySearch(text: "tickets", locale: "fr-FR", after: "{cursor}") {{ totalCount }}'
        f' c: resortCatalog(after: "{cursor}") {{ totalCount }} }}'
    )
    assert refused.codes == [("BAD_USER_INPUT", (name,)) for name in "abc"]
    assert graph.calls == {}


async def test_a_field_that_an_item_lacks_costs_the_detail_call_of_that_item_alone(graph: Graph) -> None:
    uuid = uuid_of("Le Marais")
    place = UUIDS.index(uuid)
    reply = await graph.query("{ activitySearch(first: 25) { nodes { uuid latitude } } }")
    assert place < 25
    assert [each["latitude"] is None for each in reply.data["activitySearch"]["nodes"]].count(True) == 1
    assert graph.calls == {SEARCH: 1, ACTIVITY: 1}
    (hit,) = [hit for hit in graph.musement.hits.calls if hit.route == ACTIVITY]
    assert hit.raw_path.endswith(uuid)


async def test_what_an_item_lacks_and_its_detail_has_comes_from_the_detail(bare_graph: Graph) -> None:
    detail = bare_graph.musement.world.activities[UUIDS[0]]
    items = [{"uuid": UUIDS[0], "title": "Title of the list"}]
    body = json.dumps({"meta": {"count": 1}, "data": items}).encode()
    bare_graph.musement.faults.add(Fault(status=200, body=body), route=SEARCH)
    reply = await bare_graph.query(
        "{ activitySearch { nodes { uuid title description city { name } cover { reason } } } }"
    )
    (node,) = reply.data["activitySearch"]["nodes"]
    assert node["title"] == "Title of the list"
    assert node["description"] == detail["description"]
    assert (node["city"], node["cover"]) == ({"name": "Florence"}, {"reason": "OWNER_COVER_URL"})
    assert bare_graph.calls == {SEARCH: 1, ACTIVITY: 1}


async def test_a_failing_detail_of_an_item_nulls_what_the_list_lacks_and_nothing_else(
    bare_graph: Graph,
) -> None:
    body = json.dumps([{"uuid": UUIDS[0], "title": "A"}, {"uuid": UUIDS[1], "title": "B"}]).encode()
    bare_graph.musement.faults.add(Fault(status=200, body=body), route=SEARCH)
    bare_graph.musement.faults.add(unavailable(), route=ACTIVITY, match=UUIDS[0])
    reply = await bare_graph.query("{ activitySearch { nodes { title status } } }")
    assert reply.data["activitySearch"]["nodes"] == [
        {"title": "A", "status": None},
        {"title": "B", "status": "ONLINE"},
    ]
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("activitySearch", "nodes", 0, "status"))]


async def test_a_list_item_is_never_taken_for_a_detail(bare_graph: Graph) -> None:
    body = json.dumps([{"uuid": UUIDS[0], "title": "Title of the list"}]).encode()
    bare_graph.musement.faults.add(Fault(status=200, body=body), route=SEARCH)
    await bare_graph.query("{ activitySearch { nodes { title } } }")
    reply = await bare_graph.query(f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} }}')
    assert reply.data["activity"]["title"] == "Tickets for the Bargello National Museum"
    assert bare_graph.calls == {SEARCH: 1, ACTIVITY: 1}


async def test_items_that_cannot_stand_are_dropped_and_cursors_keep_the_provider_s_positions(
    bare_graph: Graph,
) -> None:
    items = [
        {"uuid": UUIDS[0], "title": "A"},
        {"title": "no uuid"},
        {"uuid": "no uuid", "title": "B"},
        None,
        {"uuid": UUIDS[1].upper(), "title": "C"},
        {"uuid": 5},
    ]
    body = json.dumps({"meta": {"count": 40}, "data": items}).encode()
    bare_graph.musement.faults.add(Fault(status=200, body=body), route=SEARCH, times=1)
    reply = await bare_graph.query(f"{{ activitySearch(first: 6) {{ nodes {{ uuid title }} {INFO} }} }}")
    found = reply.data["activitySearch"]
    assert found["nodes"] == [{"uuid": UUIDS[0], "title": "A"}, {"uuid": UUIDS[1], "title": "C"}]
    bare_graph.forget_calls()
    await bare_graph.query(
        "query($c: String) { activitySearch(first: 1, after: $c) { totalCount } }",
        {"c": found["pageInfo"]["endCursor"]},
    )
    assert sent(bare_graph) == [{"limit": "1", "offset": "6"}]


async def test_gallery_and_videos_of_catalogue_items_cost_their_own_calls_alone(graph: Graph) -> None:
    reply = await graph.query(
        "{ resortCatalog(first: 3) { nodes { title gallery { totalCount } } }"
        " activitySearch(first: 2) { nodes { title gallery { totalCount } videos { totalCount } } } }"
    )
    assert reply.errors == []
    assert graph.calls == {CATALOG: 1, PICTURES: 3, SEARCH: 1, MEDIA: 2}
    assert VIDEOS not in graph.calls


async def test_key_fields_of_items_cost_nothing_more(graph: Graph) -> None:
    reply = await graph.query(
        "{ resortCatalog(first: 3) { nodes { id productId freshness { state } } }"
        " activitySearch(first: 2) { edges { node { id uuid __typename } } } }"
    )
    assert reply.errors == []
    assert reply.data["resortCatalog"]["nodes"][0]["freshness"] == {"state": "FRESH"}
    assert graph.calls == {CATALOG: 1, SEARCH: 1}
    assert RESORT not in graph.calls


@pytest.mark.parametrize(
    ("skip", "first", "pages"),
    [(0, 5, [("5", "1")]), (10, 5, [("5", "3")]), (9, 4, [("7", "2")]), (29, 10, [("13", "3")])],
)
async def test_a_window_of_the_catalogue_is_covered_by_pages_that_the_provider_numbers(
    graph: Graph, skip: int, first: int, pages: list[tuple[str, str]]
) -> None:
    after = None
    if skip:
        head = (await graph.query(CATALOG_WINDOW, {"first": skip})).data["resortCatalog"]
        after = head["edges"][-1]["cursor"]
    graph.forget_calls()
    found = (await graph.query(CATALOG_WINDOW, {"first": first, "after": after})).data["resortCatalog"]
    assert [each["productId"] for each in found["nodes"]] == PRODUCT_IDS[skip : skip + first]
    assert [(query["limit"], query["page"]) for query in sent(graph)] == pages


async def test_a_catalogue_that_ends_exactly_at_a_page_ends_without_an_error(graph: Graph) -> None:
    whole = (await graph.query(CATALOG_WINDOW, {"first": 35})).data["resortCatalog"]
    assert (len(whole["nodes"]), whole["pageInfo"]["hasNextPage"]) == (35, False)
    reply = await graph.query(CATALOG_WINDOW, {"first": 35, "after": whole["pageInfo"]["endCursor"]})
    assert reply.data["resortCatalog"]["nodes"] == []
    assert reply.errors == []


async def test_club_med_s_key_leaves_in_a_header_and_never_in_an_address() -> None:
    async with running_graph(clubmed_api_key="planted-key") as graph:
        await graph.query("{ resortCatalog(first: 3) { nodes { title } pageInfo { hasNextPage } } }")
        reply = await graph.query("{ resortCatalog(first: 9) { nodes { title } pageInfo { endCursor } } }")
        for hit in graph.clubmed.hits.calls:
            assert hit.headers["x-api-key"] == "planted-key"
            assert "planted-key" not in hit.raw_path
        assert b"planted-key" not in reply.body


async def test_a_catalogue_without_a_content_range_has_no_total(graph: Graph) -> None:
    products = [{"id": f"P{number}", "title": str(number)} for number in range(5)]
    graph.clubmed.faults.add(Fault(status=200, body=json.dumps(products).encode()), route=CATALOG)
    reply = await graph.query(f"{{ resortCatalog(first: 5) {{ nodes {{ productId }} {INFO} }} }}")
    found = reply.data["resortCatalog"]
    assert [each["productId"] for each in found["nodes"]] == ["P0", "P1", "P2", "P3", "P4"]
    assert (found["totalCount"], found["pageInfo"]["hasNextPage"]) == (None, True)


@pytest.mark.parametrize(("field", "route"), [("activitySearch", SEARCH), ("resortCatalog", CATALOG)])
async def test_a_failed_list_is_null_with_its_error(bare_graph: Graph, field: str, route: str) -> None:
    for emulator in (bare_graph.musement, bare_graph.clubmed):
        emulator.faults.add(unavailable(), route=route)
    reply = await bare_graph.query(f"{{ {field} {{ nodes {{ title }} }} ok: __typename }}")
    assert reply.data == {field: None, "ok": "Query"}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", (field,))]
