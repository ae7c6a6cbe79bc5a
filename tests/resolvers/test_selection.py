"""Which calls a selection costs, however it is written: aliases, fragments, directives, interfaces, variables."""

import pytest

from tests.graph import Graph
from tests.world import ACTIVITY, MEDIA, PHOTO, PHOTOS, PICTURES, RESORT, UUIDS, VIDEOS

ON_ACTIVITY = f'{{ activity(uuid: "{UUIDS[0]}") {{ %s }} }}'
ON_RESORT = '{ resortProduct(productId: "PALM") { %s } }'
GALLERY = "gallery { totalCount }"


@pytest.mark.parametrize(
    ("selection", "calls"),
    [
        ("id", {ACTIVITY: 1}),
        ("uuid __typename", {ACTIVITY: 1}),
        ("uuid freshness { state }", {ACTIVITY: 1}),
        ("title", {ACTIVITY: 1}),
        ("city { name }", {ACTIVITY: 1}),
        ("cover { reason }", {ACTIVITY: 1}),
        (f"id uuid {GALLERY}", {MEDIA: 1}),
        ("freshness { state } videos { totalCount }", {MEDIA: 1}),
        ("a: gallery { totalCount } b: gallery(first: 1) { totalCount } videos { totalCount }", {MEDIA: 1}),
        ("media { totalCount }", {MEDIA: 1}),
        ("media(kinds: [VIDEO]) { totalCount }", {MEDIA: 1}),
        ("... { title }", {ACTIVITY: 1}),
        (f"... on Activity {{ {GALLERY} }}", {MEDIA: 1}),
        ("... on Node { id } ... on MediaOwner { cover { reason } }", {ACTIVITY: 1}),
        ("... on MediaOwner { media { totalCount } }", {MEDIA: 1}),
        (f"title @skip(if: true) {GALLERY}", {MEDIA: 1}),
        (f"title @include(if: false) {GALLERY}", {MEDIA: 1}),
        ("title @include(if: true) gallery @skip(if: true) { totalCount }", {ACTIVITY: 1}),
        (f"uuid ... on Activity @skip(if: true) {{ title {GALLERY} }}", {ACTIVITY: 1}),
        ("photos(first: 1) { nodes { slug } }", {PHOTOS: 1}),
    ],
)
async def test_an_activity_costs_the_calls_of_its_selection(
    graph: Graph, selection: str, calls: dict[str, int]
) -> None:
    reply = await graph.query(ON_ACTIVITY % selection)
    assert reply.errors == []
    assert graph.calls == calls


@pytest.mark.parametrize(
    ("selection", "calls"),
    [
        ("id", {RESORT: 1}),
        ("productId __typename", {RESORT: 1}),
        ("immersiveImage { url }", {RESORT: 1}),
        (f"productId {GALLERY}", {PICTURES: 1}),
        ("cover { reason }", {PICTURES: 1}),
        (f"cover {{ reason }} {GALLERY}", {PICTURES: 1}),
        ("videos { totalCount }", {VIDEOS: 1}),
        ("media { totalCount }", {PICTURES: 1, VIDEOS: 1}),
        ("media(kinds: [IMAGE]) { totalCount }", {PICTURES: 1}),
        ("media(kinds: [VIDEO]) { totalCount }", {VIDEOS: 1}),
        ("media(kinds: [IMAGE, VIDEO]) { totalCount }", {PICTURES: 1, VIDEOS: 1}),
        ("media(kinds: []) { totalCount }", {PICTURES: 1, VIDEOS: 1}),
        ("media(kinds: null) { totalCount }", {PICTURES: 1, VIDEOS: 1}),
        ("media(kinds: [OTHER]) { totalCount }", {}),
        (f"a: media(kinds: [VIDEO]) {{ totalCount }} {GALLERY}", {PICTURES: 1, VIDEOS: 1}),
        ("title videos { totalCount }", {RESORT: 1, VIDEOS: 1}),
    ],
)
async def test_a_resort_costs_the_calls_of_its_selection(
    graph: Graph, selection: str, calls: dict[str, int]
) -> None:
    reply = await graph.query(ON_RESORT % selection)
    assert reply.errors == []
    assert graph.calls == calls


async def test_named_fragments_are_seen_through_to_any_depth(graph: Graph) -> None:
    reply = await graph.query(
        "fragment Outer on Activity { uuid ...Inner ...Inner } "
        "fragment Inner on MediaOwner { media(first: 1) { totalCount } } "
        f'{{ activity(uuid: "{UUIDS[0]}") {{ ...Outer ...Inner }} }}'
    )
    assert reply.errors == []
    assert graph.calls == {MEDIA: 1}


@pytest.mark.parametrize(
    ("variables", "calls"),
    [
        ({"wide": True, "kinds": ["VIDEO"]}, {RESORT: 1, VIDEOS: 1}),
        ({"wide": False, "kinds": ["IMAGE"]}, {PICTURES: 1}),
        ({"wide": False, "kinds": None}, {PICTURES: 1, VIDEOS: 1}),
        ({"wide": False}, {PICTURES: 1, VIDEOS: 1}),
    ],
)
async def test_variables_decide_the_calls_as_literals_do(
    graph: Graph, variables: dict[str, object], calls: dict[str, int]
) -> None:
    reply = await graph.query(
        'query($wide: Boolean!, $kinds: [MediaKind!]) { resortProduct(productId: "PALM") '
        "{ title @include(if: $wide) media(kinds: $kinds) { totalCount } } }",
        variables,
    )
    assert reply.errors == []
    assert graph.calls == calls


async def test_the_same_field_under_two_aliases_joins_its_selections(graph: Graph) -> None:
    uuid = UUIDS[0]
    reply = await graph.query(
        f'{{ a: activity(uuid: "{uuid}") {{ title }} b: activity(uuid: "{uuid.upper()}") {{ {GALLERY} }} }}'
    )
    assert reply.errors == []
    assert graph.calls == {ACTIVITY: 1, MEDIA: 1}


@pytest.mark.parametrize(
    ("selection", "calls"),
    [
        ("slug title image { url }", {PHOTOS: 1}),
        ("context { slug } mimeType availability storagePath", {PHOTOS: 1}),
        ("cover { reason } media { totalCount }", {PHOTOS: 1}),
        ("relations { type }", {PHOTOS: 1, PHOTO: 2}),
        ("references", {PHOTOS: 1, PHOTO: 2}),
        ("relations { type } references", {PHOTOS: 1, PHOTO: 2}),
    ],
)
async def test_photos_of_a_list_cost_their_detail_for_relations_and_references_alone(
    graph: Graph, selection: str, calls: dict[str, int]
) -> None:
    reply = await graph.query(f"{{ photos(first: 2) {{ nodes {{ {selection} }} }} }}")
    assert reply.errors == []
    assert graph.calls == calls


async def test_arguments_that_are_refused_cost_no_call(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{UUIDS[0]}") {{ uuid gallery(first: 0) {{ totalCount }} }}'
        ' resortProduct(productId: "PALM") { productId media(first: 1, last: 1) { totalCount } } }'
    )
    assert reply.data == {
        "activity": {"uuid": UUIDS[0], "gallery": None},
        "resortProduct": {"productId": "PALM", "media": None},
    }
    assert reply.codes == [
        ("BAD_USER_INPUT", ("activity", "gallery")),
        ("BAD_USER_INPUT", ("resortProduct", "media")),
    ]
    assert graph.calls == {}
