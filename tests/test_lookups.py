"""Lookups by key: order, duplicates, existence, and the calls that a selection costs."""

import asyncio
from typing import Any

import pytest

from providers.emulation.faults import Fault, not_found, unavailable
from tests.graph import Graph
from tests.world import (
    ACTIVITY,
    MEDIA,
    PHOTO,
    PHOTOS,
    PICTURES,
    PRODUCT_IDS,
    RESORT,
    UNKNOWN_UUID,
    UUIDS,
    VIDEOS,
    uuid_of,
)

UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
ACTIVITIES = "query($keys: [ID!]!) { activities(uuids: $keys) { %s } }"
RESORTS = "query($keys: [ID!]!) { resortProducts(productIds: $keys) { %s } }"
FAULTS = {"404": not_found(), "503": unavailable()}


async def test_fifty_uuids_of_which_thirty_are_distinct_cost_thirty_details_and_thirty_galleries(
    graph: Graph,
) -> None:
    asked = [*UUIDS[:30], *UUIDS[:20]]
    reply = await graph.query(ACTIVITIES % "uuid title gallery { totalCount }", {"keys": asked})
    world = graph.musement.world
    assert reply.data["activities"] == [
        {
            "uuid": uuid,
            "title": world.activities[uuid]["title"],
            "gallery": {
                "totalCount": sum(item.get("type", "image") == "image" for item in world.media[uuid])
            },
        }
        for uuid in asked
    ]
    assert reply.errors == []
    assert graph.calls == {ACTIVITY: 30, MEDIA: 30}


async def test_the_gallery_alone_of_thirty_distinct_uuids_costs_thirty_media_calls(graph: Graph) -> None:
    reply = await graph.query(
        ACTIVITIES % "gallery { nodes { url } }", {"keys": [*UUIDS[:30], *UUIDS[10:30]]}
    )
    assert len(reply.data["activities"]) == 50
    assert graph.calls == {MEDIA: 30}


async def test_ten_resorts_with_gallery_and_videos_cost_ten_calls_of_each(graph: Graph) -> None:
    keys = [key for key in PRODUCT_IDS if key in graph.clubmed.world.videos][:10]
    reply = await graph.query(
        RESORTS % "productId gallery { totalCount } videos { totalCount }", {"keys": keys}
    )
    assert [each["productId"] for each in reply.data["resortProducts"]] == keys
    assert reply.errors == []
    assert graph.calls == {PICTURES: 10, VIDEOS: 10}


async def test_ten_resorts_with_videos_alone_cost_ten_videos_calls(graph: Graph) -> None:
    keys = [key for key in PRODUCT_IDS if key in graph.clubmed.world.videos][:10]
    reply = await graph.query(RESORTS % "productId videos { nodes { url } }", {"keys": keys})
    assert [[video["url"] for video in each["videos"]["nodes"]] for each in reply.data["resortProducts"]] == [
        graph.clubmed.world.videos[key] for key in keys
    ]
    assert graph.calls == {VIDEOS: 10}


async def test_ten_photos_by_key_cost_ten_details(graph: Graph) -> None:
    slugs = [str(photo["slug"]) for photo in graph.forge.world.photos["en-us"][:10]]
    keys = [{"culture": "en-us", "slug": slug} for slug in slugs]
    reply = await graph.query(
        "query($keys: [PhotoKey!]!) { photosByKey(keys: $keys) { slug culture } }", {"keys": keys}
    )
    assert reply.data["photosByKey"] == [{"slug": slug, "culture": "en-us"} for slug in slugs]
    assert graph.calls == {PHOTO: 10}


async def test_photo_keys_that_differ_in_the_culture_s_case_alone_are_one(graph: Graph) -> None:
    slug = str(graph.forge.world.photos["en-us"][0]["slug"])
    reply = await graph.query(
        f'{{ a: photoByKey(culture: "en-US", slug: "{slug}") {{ culture }}'
        f' b: photo(slug: "{slug}", locale: "EN-us") {{ culture }} }}'
    )
    assert reply.data == {"a": {"culture": "en-us"}, "b": {"culture": "en-us"}}
    assert graph.calls == {PHOTO: 1}


async def test_unknown_keys_are_null_without_an_error_at_their_positions(graph: Graph) -> None:
    known = UUIDS[0]
    reply = await graph.query(
        ACTIVITIES % "uuid title", {"keys": [UNKNOWN_UUID, known, UNKNOWN_UUID, known.upper()]}
    )
    assert [each and each["uuid"] for each in reply.data["activities"]] == [None, known, None, known]
    assert reply.errors == []
    assert graph.calls == {ACTIVITY: 2}


async def test_no_keys_answer_an_empty_list_and_cost_nothing(graph: Graph) -> None:
    reply = await graph.query(
        "{ activities(uuids: []) { title } resortProducts(productIds: []) { title }"
        " photosByKey(keys: []) { title } nodes(ids: []) { id } }"
    )
    assert reply.data == {"activities": [], "resortProducts": [], "photosByKey": [], "nodes": []}
    assert graph.calls == {}


async def test_one_key_s_failure_stands_alone_at_its_position(bare_graph: Graph) -> None:
    good, failing, hidden = UUIDS[0], UUIDS[1], uuid_of("Dar Si Said")
    bare_graph.musement.faults.add(unavailable(), match=failing)
    reply = await bare_graph.query(
        ACTIVITIES % "uuid title", {"keys": [failing, good, "no uuid", hidden, good]}
    )
    titles = [each and each["title"] for each in reply.data["activities"]]
    title = bare_graph.musement.world.activities[good]["title"]
    assert titles == [None, title, None, None, title]
    assert [each and each["uuid"] for each in reply.data["activities"]] == [failing, good, None, hidden, good]
    assert reply.codes == [
        ("BAD_USER_INPUT", ("activities", 2)),
        ("FORBIDDEN", ("activities", 3, "title")),
        (UNAVAILABLE, ("activities", 0, "title")),
    ]
    assert bare_graph.calls == {ACTIVITY: 3}


@pytest.mark.parametrize(
    ("selection", "failing", "wanted", "errors"),
    [
        ("title", {ACTIVITY: "404"}, None, []),
        ("uuid", {ACTIVITY: "404"}, None, []),
        ("uuid", {ACTIVITY: "503"}, None, [(UNAVAILABLE, ("activity",))]),
        ("id __typename uuid", {ACTIVITY: "503"}, None, [(UNAVAILABLE, ("activity",))]),
        ("title", {ACTIVITY: "503"}, {"title": None}, [(UNAVAILABLE, ("activity", "title"))]),
        (
            "uuid title status",
            {ACTIVITY: "503"},
            {"uuid": UUIDS[0], "title": None, "status": None},
            [(UNAVAILABLE, ("activity", "status")), (UNAVAILABLE, ("activity", "title"))],
        ),
        (
            "title gallery { totalCount }",
            {ACTIVITY: "503"},
            {"title": None, "gallery": {"totalCount": 2}},
            [(UNAVAILABLE, ("activity", "title"))],
        ),
        (
            "title gallery { totalCount }",
            {ACTIVITY: "503", MEDIA: "404"},
            {"title": None, "gallery": {"totalCount": 0}},
            [(UNAVAILABLE, ("activity", "title"))],
        ),
        ("title gallery { totalCount }", {ACTIVITY: "404"}, None, []),
        ("gallery { totalCount }", {MEDIA: "404"}, {"gallery": {"totalCount": 0}}, []),
        (
            "gallery { totalCount }",
            {MEDIA: "503"},
            {"gallery": None},
            [(UNAVAILABLE, ("activity", "gallery"))],
        ),
        (
            "uuid videos { totalCount } media { totalCount }",
            {MEDIA: "503"},
            {"uuid": UUIDS[0], "videos": None, "media": None},
            [(UNAVAILABLE, ("activity", "media")), (UNAVAILABLE, ("activity", "videos"))],
        ),
        ("uuid photos(first: 1) { nodes { culture } }", {ACTIVITY: "404"}, "exists", []),
    ],
)
async def test_an_activity_exists_unless_its_detail_says_otherwise(
    bare_graph: Graph, selection: str, failing: dict[str, str], wanted: Any, errors: list[Any]
) -> None:
    for route, status in failing.items():
        bare_graph.musement.faults.add(FAULTS[status], route=route)
    reply = await bare_graph.query(f'{{ activity(uuid: "{UUIDS[0]}") {{ {selection} }} }}')
    if wanted == "exists":
        assert reply.data["activity"]["uuid"] == UUIDS[0]
    else:
        assert reply.data["activity"] == wanted
    assert reply.codes == errors


COUNTS = "gallery { totalCount } videos { totalCount }"
PALM = "PALM"


@pytest.mark.parametrize(
    ("selection", "failing", "wanted", "errors"),
    [
        ("title", {RESORT: "404"}, None, []),
        ("productId", {RESORT: "404"}, None, []),
        ("productId id", {RESORT: "503"}, None, [(UNAVAILABLE, ("resortProduct",))]),
        (
            "productId title",
            {RESORT: "503"},
            {"productId": PALM, "title": None},
            [(UNAVAILABLE, ("resortProduct", "title"))],
        ),
        (
            "title gallery { totalCount }",
            {PICTURES: "404"},
            {"title": "Marrakech Palm Grove", "gallery": {"totalCount": 0}},
            [],
        ),
        (
            "title gallery { totalCount }",
            {RESORT: "503", PICTURES: "404"},
            {"title": None, "gallery": {"totalCount": 0}},
            [(UNAVAILABLE, ("resortProduct", "title"))],
        ),
        ("title gallery { totalCount }", {RESORT: "404"}, None, []),
        (COUNTS, {PICTURES: "404"}, None, []),
        (
            "gallery { pageInfo { hasNextPage } } videos { totalCount }",
            {VIDEOS: "404"},
            {"gallery": {"pageInfo": {"hasNextPage": False}}, "videos": {"totalCount": 0}},
            [],
        ),
        (
            COUNTS,
            {PICTURES: "503", VIDEOS: "404"},
            {"gallery": None, "videos": {"totalCount": 0}},
            [(UNAVAILABLE, ("resortProduct", "gallery"))],
        ),
        (
            COUNTS,
            {PICTURES: "404", VIDEOS: "503"},
            None,
            [],
        ),
        ("videos { totalCount }", {VIDEOS: "404"}, None, []),
        ("cover { reason }", {PICTURES: "404"}, None, []),
        ("media { totalCount }", {PICTURES: "404"}, None, []),
        (
            "media { totalCount }",
            {PICTURES: "503", VIDEOS: "404"},
            {"media": None},
            [(UNAVAILABLE, ("resortProduct", "media"))],
        ),
        ("media(kinds: [OTHER]) { totalCount }", {RESORT: "404"}, {"media": {"totalCount": 0}}, []),
        ("productId photos(first: 1) { nodes { culture } }", {RESORT: "404"}, "exists", []),
    ],
)
async def test_a_resort_exists_unless_its_first_needed_call_that_came_says_otherwise(
    bare_graph: Graph, selection: str, failing: dict[str, str], wanted: Any, errors: list[Any]
) -> None:
    for route, status in failing.items():
        bare_graph.clubmed.faults.add(FAULTS[status], route=route)
    reply = await bare_graph.query(f'{{ resortProduct(productId: "{PALM}") {{ {selection} }} }}')
    if wanted == "exists":
        assert reply.data["resortProduct"]["productId"] == PALM
    else:
        assert reply.data["resortProduct"] == wanted
    assert reply.codes == errors


@pytest.mark.parametrize("selection", ["slug", "title", "image { url }"])
async def test_a_photo_is_null_where_its_detail_is_not_found_and_with_an_error_where_it_fails(
    bare_graph: Graph, selection: str
) -> None:
    unknown, failing = "no-such-photo", str(bare_graph.forge.world.photos["en-us"][0]["slug"])
    bare_graph.forge.faults.add(unavailable(), match=failing)
    reply = await bare_graph.query(
        f'{{ a: photo(slug: "{unknown}") {{ {selection} }} b: photo(slug: "{failing}") {{ {selection} }} }}'
    )
    assert reply.data == {"a": None, "b": None}
    assert reply.codes == [(UNAVAILABLE, ("b",))]


@pytest.mark.parametrize(
    ("query", "held", "beside"),
    [
        (f'activity(uuid: "{UUIDS[0]}") {{ title gallery {{ totalCount }} }}', ACTIVITY, [MEDIA]),
        (
            'resortProduct(productId: "PALM") { title gallery { totalCount } videos { totalCount } }',
            RESORT,
            [PICTURES, VIDEOS],
        ),
        (
            'resortProduct(productId: "PALM") { gallery { totalCount } videos { totalCount } }',
            PICTURES,
            [VIDEOS],
        ),
    ],
)
async def test_child_calls_start_beside_their_parent_s_call(
    graph: Graph, query: str, held: str, beside: list[str]
) -> None:
    emulator = graph.musement if held == ACTIVITY else graph.clubmed
    emulator.faults.add(Fault(hold=True), route=held)

    async def release() -> None:
        for route in beside:
            await emulator.hits.arrived(1, route)
        emulator.faults.release()

    reply, _ = await asyncio.wait_for(asyncio.gather(graph.query(f"{{ {query} }}"), release()), 5)
    assert reply.errors == []


async def test_the_photos_of_an_activity_start_beside_its_detail(graph: Graph) -> None:
    graph.musement.faults.add(Fault(hold=True))

    async def release() -> None:
        await graph.forge.hits.arrived(1)
        graph.musement.faults.release()

    query = f'{{ activity(uuid: "{UUIDS[0]}") {{ title photos {{ nodes {{ slug }} }} }} }}'
    reply, _ = await asyncio.wait_for(asyncio.gather(graph.query(query), release()), 5)
    assert reply.errors == []
    assert len(reply.data["activity"]["photos"]["nodes"]) > 0


async def test_the_calls_of_a_page_are_all_in_flight_together(graph: Graph) -> None:
    for emulator in (graph.musement, graph.clubmed, graph.forge):
        emulator.faults.add(Fault(hold=True))
    # A landing page: five activities, three resorts, and the newest photos.
    query = """query($uuids: [ID!]!, $ids: [ID!]!) {
      activities(uuids: $uuids) { title gallery { nodes { url } } }
      resortProducts(productIds: $ids) { gallery { nodes { url } } videos { nodes { url } } }
      photos(first: 25) { nodes { title image { url } } }
    }"""

    async def release() -> None:
        await graph.musement.hits.arrived(10)
        await graph.clubmed.hits.arrived(6)
        await graph.forge.hits.arrived(1)
        for emulator in (graph.musement, graph.clubmed, graph.forge):
            emulator.faults.release()

    asked = graph.query(query, {"uuids": UUIDS[:5], "ids": ["PALM", "AGRC", "DJRB"]})
    reply, _ = await asyncio.wait_for(asyncio.gather(asked, release()), 5)
    assert reply.errors == []
    assert len(reply.data["photos"]["nodes"]) == 25
    assert graph.calls == {ACTIVITY: 5, MEDIA: 5, PICTURES: 3, VIDEOS: 3, PHOTOS: 1}
    assert (graph.musement.hits.peak_in_flight, graph.clubmed.hits.peak_in_flight) == (10, 6)
