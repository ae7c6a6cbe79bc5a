"""What a selection needs is read before anything is fetched: only the needed calls, children beside their parent."""

import asyncio
from typing import Any

import msgspec
import pytest

from providers.emulation import faults
from providers.emulation.emulator import Emulator
from tests.graph import Graph
from tests.small_worlds import (
    activity,
    fill_activities,
    fill_films,
    fill_media,
    fill_photos,
    fill_pictures,
    fill_products,
    photo,
    product,
    tag,
    uuid_of,
)
from tests.world import ACTIVITY, CATALOG, MEDIA, PHOTO, PHOTOS, PICTURES, RESORT, SEARCH, VIDEOS

UUID = uuid_of(1)
FRAGMENTS = """
fragment Titled on Activity { title ...Deeper }
fragment Deeper on Activity { ...Deepest }
fragment Deepest on Activity { media { totalCount } }
fragment Owner on MediaOwner { media(kinds: [IMAGE]) { totalCount } }
fragment Named on Node { id }
fragment Filmed on ResortProduct { videos { totalCount } }
fragment Pictured on ResortProduct { gallery { totalCount } }
"""


@pytest.fixture
def graph(bare_graph: Graph) -> Graph:
    """Take a graph over one activity, one product and their photos."""
    fill_activities(bare_graph.musement, [activity(UUID)])
    fill_media(bare_graph.musement, UUID, ["image", "video"])
    fill_products(bare_graph.clubmed, [product("P")])
    fill_pictures(bare_graph.clubmed, "P", [["ROOM"], ["MAIN_KEY_VISUAL"]])
    fill_films(bare_graph.clubmed, "P", 1)
    tags = [tag("a", ("musement", UUID)), tag("p", ("clubmed", "P"))]
    fill_photos(bare_graph.forge, [photo("photo", tags=tags)])
    return bare_graph


async def _asked(graph: Graph, text: str, variables: dict[str, Any] | None = None) -> Any:
    spread = [line for line in FRAGMENTS.strip().splitlines() if line.split()[1] in _needed(text)]
    flags = {"$yes": "$yes: Boolean = true", "$no": "$no: Boolean = false"}
    declared = ", ".join(declaration for name, declaration in flags.items() if name in text)
    header = f"query ({declared}) " if declared else ""
    reply = await graph.query("\n".join([header + "{" + text + "}", *spread]), variables)
    assert reply.codes == []
    return reply.data


def _needed(text: str) -> set[str]:
    """Find the fragments that a selection spreads, and those that they spread."""
    bodies = {line.split()[1]: line for line in FRAGMENTS.strip().splitlines()}
    found: set[str] = set()
    waiting = [text]
    while waiting:
        body = waiting.pop()
        new = {name for name in bodies if f"...{name} " in f"{body} "} - found
        found |= new
        waiting += [bodies[name].partition("{")[2] for name in new]
    return found


OF_AN_ACTIVITY = {
    "uuid": {ACTIVITY: 1},
    "id __typename": {ACTIVITY: 1},
    "uuid title": {ACTIVITY: 1},
    "uuid gallery { totalCount }": {MEDIA: 1},
    "aliased: gallery { totalCount } id": {MEDIA: 1},
    "title gallery { totalCount } videos { totalCount } media { totalCount }": {ACTIVITY: 1, MEDIA: 1},
    "cover { reason }": {ACTIVITY: 1},
    "photos { nodes { slug } }": {PHOTOS: 1},
    "uuid a: photos(first: 1) { nodes { slug } } b: photos(first: 2) { nodes { slug } }": {PHOTOS: 1},
    "...Titled ": {ACTIVITY: 1, MEDIA: 1},
    "...Deepest ": {MEDIA: 1},
    "...Owner uuid": {MEDIA: 1},
    "...Named ": {ACTIVITY: 1},
    "...Named ...Owner ": {MEDIA: 1},
    "... on Activity { ... on MediaOwner { media { totalCount } } }": {MEDIA: 1},
    "... { ... { title } }": {ACTIVITY: 1},
    "title @skip(if: true) gallery { totalCount }": {MEDIA: 1},
    "title @include(if: false) gallery { totalCount }": {MEDIA: 1},
    "title @include(if: $no) gallery @skip(if: $no) { totalCount }": {MEDIA: 1},
    "title @include(if: $yes) gallery @skip(if: $yes) { totalCount }": {ACTIVITY: 1},
    "title @include(if: $yes) @skip(if: $yes) gallery { totalCount }": {MEDIA: 1},
    "...Titled @skip(if: $yes) photos { nodes { slug } }": {PHOTOS: 1},
    "... @include(if: $no) { title } gallery { totalCount }": {MEDIA: 1},
    "...Titled @skip(if: $yes) ...Titled ": {ACTIVITY: 1, MEDIA: 1},
    "title gallery(first: 0) @skip(if: $yes) { totalCount }": {ACTIVITY: 1},
}

OF_A_PRODUCT = {
    "productId": {RESORT: 1},
    "title": {RESORT: 1},
    "immersiveImage { url }": {RESORT: 1},
    "productId gallery { totalCount }": {PICTURES: 1},
    "videos { totalCount }": {VIDEOS: 1},
    "media { totalCount }": {PICTURES: 1, VIDEOS: 1},
    "media(kinds: [IMAGE]) { totalCount }": {PICTURES: 1},
    "media(kinds: [VIDEO]) { totalCount }": {VIDEOS: 1},
    "media(kinds: [OTHER]) { totalCount }": {},
    "media(kinds: []) { totalCount }": {PICTURES: 1, VIDEOS: 1},
    "media(kinds: null) { totalCount }": {PICTURES: 1, VIDEOS: 1},
    "a: media(kinds: [IMAGE]) { totalCount } b: media(kinds: [VIDEO]) { totalCount }": {
        PICTURES: 1,
        VIDEOS: 1,
    },
    "cover { reason }": {PICTURES: 1},
    "cover { reason } title": {PICTURES: 1, RESORT: 1},
    "...Filmed ": {VIDEOS: 1},
    "...Filmed ...Pictured ": {PICTURES: 1, VIDEOS: 1},
    "...Owner ": {PICTURES: 1},
    "...Owner ...Filmed @include(if: $no)": {PICTURES: 1},
    "photos { nodes { slug } } videos { totalCount }": {PHOTOS: 1, VIDEOS: 1},
}


async def _ids(graph: Graph) -> tuple[str, str]:
    reply = await graph.query(
        f'{{ activity(uuid: "{UUID}") {{ id }} resortProduct(productId: "P") {{ id }} }}'
    )
    graph.forget_calls()
    return reply.data["activity"]["id"], reply.data["resortProduct"]["id"]


@pytest.mark.parametrize("selection", OF_AN_ACTIVITY)
async def test_an_activity_costs_what_its_selection_needs_by_whatever_field_it_is_found(
    graph: Graph, selection: str
) -> None:
    calls = OF_AN_ACTIVITY[selection]
    found = (await _asked(graph, f'found: activity(uuid: "{UUID}") {{ {selection} }}'))["found"]
    assert graph.calls == calls
    graph.forget_calls()
    listed = await _asked(graph, f'found: activities(uuids: ["{UUID}", "{UUID}"]) {{ {selection} }}')
    assert listed["found"] == [found, found]
    assert graph.calls == calls
    own_id, _ = await _ids(graph)
    for body in (
        f"... on Activity {{ {selection} }}",
        f"... on Node {{ ... on Activity {{ {selection} }} }}",
    ):
        assert (await _asked(graph, f'found: node(id: "{own_id}") {{ {body} }}'))["found"] == found
        assert graph.calls == calls
        graph.forget_calls()
        by_ids = await _asked(graph, f'found: nodes(ids: ["{own_id}"]) {{ {body} }}')
        assert by_ids["found"] == [found]
        assert graph.calls == calls
        graph.forget_calls()


@pytest.mark.parametrize("selection", OF_A_PRODUCT)
async def test_a_product_costs_what_its_selection_needs_by_whatever_field_it_is_found(
    graph: Graph, selection: str
) -> None:
    calls = OF_A_PRODUCT[selection]
    found = (await _asked(graph, f'found: resortProduct(productId: "P") {{ {selection} }}'))["found"]
    assert graph.calls == calls
    graph.forget_calls()
    listed = await _asked(graph, f'found: resortProducts(productIds: ["P"]) {{ {selection} }}')
    assert listed["found"] == [found]
    assert graph.calls == calls
    _, own_id = await _ids(graph)
    for body in (
        f"... on ResortProduct {{ {selection} }}",
        f"... {{ ... on ResortProduct {{ {selection} }} }}",
    ):
        assert (await _asked(graph, f'found: node(id: "{own_id}") {{ {body} }}'))["found"] == found
        assert graph.calls == calls
        graph.forget_calls()


async def test_fragments_on_other_types_cost_nothing(graph: Graph) -> None:
    activity_id, product_id = await _ids(graph)
    reply = await graph.query(
        f"""{{
          nodes(ids: ["{activity_id}", "{product_id}"]) {{
            id
            ... on Activity {{ gallery {{ totalCount }} }}
            ... on ResortProduct {{ videos {{ totalCount }} }}
            ... on Photo {{ relations {{ type }} }}
          }}
        }}"""
    )
    assert reply.codes == []
    assert graph.calls == {MEDIA: 1, VIDEOS: 1}


async def test_a_photos_media_and_cover_cost_its_detail_alone(graph: Graph) -> None:
    reply = await graph.query(
        '{ photo(slug: "photo") { cover { reason } media { totalCount } tags { slug } } }'
    )
    assert reply.codes == []
    assert graph.calls == {PHOTO: 1}


class Held:
    """Detail calls that are held back until others have come."""

    def __init__(self, emulator: Emulator, route: str) -> None:
        self._emulator = emulator
        emulator.faults.add(faults.held(), route=route)

    async def release_after(self, graph: Graph, calls: dict[str, int]) -> None:
        """Let the held calls go on once so many others have come, in flight with them."""
        emulators = (graph.musement, graph.clubmed, graph.forge)
        for route, count in calls.items():
            [emulator] = [each for each in emulators if route in _ROUTES[each.name]]
            await emulator.hits.arrived(count, route)
        assert self._emulator.hits.in_flight
        self._emulator.faults.release()


_ROUTES = {
    "musement": {ACTIVITY, MEDIA, SEARCH},
    "clubmed": {RESORT, PICTURES, VIDEOS, CATALOG},
    "forge": {PHOTO, PHOTOS},
}


async def _beside(graph: Graph, held: Held, text: str, calls: dict[str, int]) -> Any:
    reply, _ = await asyncio.gather(graph.query(text), held.release_after(graph, calls))
    assert reply.codes == []
    return reply.data


async def test_an_activitys_media_and_photos_leave_beside_its_detail(graph: Graph) -> None:
    data = await _beside(
        graph,
        Held(graph.musement, ACTIVITY),
        f'{{ activity(uuid: "{UUID}") {{ title gallery {{ totalCount }} photos {{ nodes {{ slug }} }} }} }}',
        {ACTIVITY: 1, MEDIA: 1, PHOTOS: 1},
    )
    assert data["activity"]["gallery"]["totalCount"] == 1
    assert data["activity"]["photos"]["nodes"] == [{"slug": "photo"}]
    assert graph.calls == {ACTIVITY: 1, MEDIA: 1, PHOTOS: 1}


async def test_a_products_pictures_videos_cover_and_photos_leave_beside_its_detail(graph: Graph) -> None:
    data = await _beside(
        graph,
        Held(graph.clubmed, RESORT),
        """{ resortProduct(productId: "P") {
          title cover { reason } videos { totalCount } photos { nodes { slug } }
        } }""",
        {RESORT: 1, PICTURES: 1, VIDEOS: 1, PHOTOS: 1},
    )
    assert data["resortProduct"]["cover"] == {"reason": "KEYWORD"}
    assert graph.calls == {RESORT: 1, PICTURES: 1, VIDEOS: 1, PHOTOS: 1}


async def test_a_products_videos_leave_beside_the_pictures_that_decide_its_existence(graph: Graph) -> None:
    await _beside(
        graph,
        Held(graph.clubmed, PICTURES),
        '{ resortProduct(productId: "P") { gallery { totalCount } videos { totalCount } } }',
        {PICTURES: 1, VIDEOS: 1},
    )


@pytest.mark.parametrize("field", ["node(id: {})", "nodes(ids: [{}])"])
async def test_the_same_plan_serves_what_is_found_by_its_id(graph: Graph, field: str) -> None:
    activity_id, product_id = await _ids(graph)
    musement, clubmed = Held(graph.musement, ACTIVITY), Held(graph.clubmed, RESORT)
    calls = {ACTIVITY: 1, MEDIA: 1}
    asked = field.format(f'"{activity_id}"')
    await _beside(
        graph,
        musement,
        f"{{ {asked} {{ ... on MediaOwner {{ media {{ totalCount }} }} ... on Activity {{ title }} }} }}",
        calls,
    )
    assert graph.calls == calls
    graph.forget_calls()
    calls = {RESORT: 1, PICTURES: 1, VIDEOS: 1}
    asked = field.format(f'"{product_id}"')
    await _beside(
        graph,
        clubmed,
        f"{{ {asked} {{ ... on MediaOwner {{ media {{ totalCount }} }} ... on ResortProduct {{ title }} }} }}",
        calls,
    )
    assert graph.calls == calls


async def test_children_of_many_parents_meet_root_fields_in_one_batch(graph: Graph) -> None:
    await _beside(
        graph,
        Held(graph.musement, ACTIVITY),
        f"""{{
          photos(first: 3, filter: {{tags: {{externalSource: [{{sourceName: "musement", sourceId: "{UUID}"}}]}}}}) {{
            nodes {{ slug }}
          }}
          activities(uuids: ["{UUID}", "{UUID}"]) {{ title ...Deep }}
        }}
        fragment Deep on Activity {{ ... on Activity {{ photos(first: 5) {{ nodes {{ slug }} }} }} }}""",
        {ACTIVITY: 1, PHOTOS: 1},
    )
    assert graph.calls == {ACTIVITY: 1, PHOTOS: 1}


@pytest.mark.parametrize(
    "nodes", ["nodes {{ {} }}", "edges {{ node {{ {} }} }}", "... {{ nodes {{ ...On }} }}"]
)
async def test_a_searchs_items_are_enough_for_what_they_carry(graph: Graph, nodes: str) -> None:
    fields = "uuid title description url status latitude longitude city { name } cover { image { url } }"
    fragment = f" fragment On on Activity {{ {fields} }}" if "...On" in nodes else ""
    reply = await graph.query(f"{{ activitySearch {{ {nodes.format(fields)} }} }}{fragment}")
    assert reply.codes == []
    assert graph.calls == {SEARCH: 1}


async def test_a_catalogues_items_are_enough_for_what_they_carry(graph: Graph) -> None:
    reply = await graph.query(
        """{ resortCatalog { nodes {
          productId resortId title fullTitle description productType openingStatus countryCodes immersiveImage { url }
        } } }"""
    )
    assert reply.codes == []
    assert graph.calls == {CATALOG: 1}


@pytest.mark.parametrize("lacking", ["title", "city", "cover_image_url"])
async def test_what_a_searchs_item_lacks_costs_its_detail_and_the_others_nothing(
    graph: Graph, lacking: str
) -> None:
    other = uuid_of(2)
    whole, poor = activity(UUID), activity(other)
    fill_activities(graph.musement, [whole, poor])
    items = [whole, {name: value for name, value in poor.items() if name != lacking}]
    body = _json({"meta": {"count": 2}, "data": items})
    graph.musement.faults.add(faults.Fault(status=200, body=body), route=SEARCH)
    text = "{ activitySearch { nodes { %s } } }"
    reply = await graph.query(text % "title city { name } cover { image { url } }")
    assert reply.codes == []
    assert [node["title"] for node in reply.data["activitySearch"]["nodes"]] == [
        "Activity 0001",
        "Activity 0002",
    ]
    assert all(node["cover"]["image"]["url"] for node in reply.data["activitySearch"]["nodes"])
    assert graph.calls == {SEARCH: 1, ACTIVITY: 1}
    [detail] = [hit for hit in graph.musement.hits.calls if hit.route == ACTIVITY]
    assert other in detail.raw_path
    graph.forget_calls()
    assert (await graph.query(text % "latitude status")).codes == []
    assert graph.calls == {SEARCH: 1}


@pytest.mark.parametrize(
    ("lacking", "field"), [("full_title", "fullTitle"), ("media", "immersiveImage { url }")]
)
async def test_what_a_catalogues_item_lacks_costs_its_detail_and_the_others_nothing(
    graph: Graph, lacking: str, field: str
) -> None:
    whole, poor = product("P"), product("Q")
    fill_products(graph.clubmed, [whole, poor])
    items = [whole, {name: value for name, value in poor.items() if name != lacking}]
    catalog = faults.Fault(status=206, body=_json(items), headers={"Content-Range": "0-1/2"})
    graph.clubmed.faults.add(catalog, route=CATALOG)
    reply = await graph.query(f"{{ resortCatalog {{ nodes {{ productId {field} }} }} }}")
    assert reply.codes == []
    first, second = reply.data["resortCatalog"]["nodes"]
    assert first.keys() == second.keys()
    assert None not in second.values()
    assert graph.calls == {CATALOG: 1, RESORT: 1}
    graph.forget_calls()
    assert (await graph.query("{ resortCatalog { edges { node { title } } } }")).codes == []
    assert graph.calls == {CATALOG: 1}


async def test_a_detail_that_fails_for_an_item_nulls_what_the_item_lacked_and_nothing_else(
    graph: Graph,
) -> None:
    items = [{name: value for name, value in activity(UUID).items() if name != "city"}]
    graph.musement.faults.add(faults.Fault(status=200, body=_json(items)), route=SEARCH)
    graph.musement.faults.add(faults.unavailable(), route=ACTIVITY)
    reply = await graph.query("{ activitySearch { nodes { title city { name } } } }")
    assert reply.data == {"activitySearch": {"nodes": [{"title": "Activity 0001", "city": None}]}}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("activitySearch", "nodes", 0, "city"))]


async def test_an_items_media_leave_beside_the_detail_that_it_needs(graph: Graph) -> None:
    items = [{name: value for name, value in activity(UUID).items() if name != "title"}]
    graph.musement.faults.add(faults.Fault(status=200, body=_json(items)), route=SEARCH)
    await _beside(
        graph,
        Held(graph.musement, ACTIVITY),
        "{ activitySearch { nodes { title gallery { totalCount } photos { nodes { slug } } } } }",
        {ACTIVITY: 1, MEDIA: 1, PHOTOS: 1},
    )
    assert graph.calls == {SEARCH: 1, ACTIVITY: 1, MEDIA: 1, PHOTOS: 1}


async def test_page_info_alone_costs_no_more_than_the_list(graph: Graph) -> None:
    reply = await graph.query(
        "{ activitySearch { totalCount pageInfo { hasNextPage } } resortCatalog { totalCount } }"
    )
    assert reply.codes == []
    assert graph.calls == {SEARCH: 1, CATALOG: 1}


async def test_a_media_list_with_bad_arguments_makes_no_call(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{UUID}") {{ title gallery(first: 0) {{ totalCount }} }} '
        'resortProduct(productId: "P") { title gallery(keywords: [""]) { totalCount } } }'
    )
    assert [code for code, _ in reply.codes] == ["BAD_USER_INPUT", "BAD_USER_INPUT"]
    assert graph.calls == {ACTIVITY: 1, RESORT: 1}


async def test_variables_decide_what_leaves(graph: Graph) -> None:
    text = """query ($kinds: [MediaKind!], $with: Boolean!, $first: Int) {
      resortProduct(productId: "P") {
        title @include(if: $with)
        media(kinds: $kinds) { totalCount }
        photos(first: $first) @include(if: $with) { nodes { slug } }
      }
    }"""
    for variables, calls in (
        ({"with": False, "kinds": ["VIDEO"]}, {VIDEOS: 1}),
        ({"with": False}, {PICTURES: 1, VIDEOS: 1}),
        ({"with": True, "kinds": ["IMAGE"], "first": 3}, {RESORT: 1, PICTURES: 1, PHOTOS: 1}),
    ):
        reply = await graph.query(text, variables)
        assert reply.codes == []
        assert graph.calls == calls
        graph.forget_calls()


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
