"""Everything by its global id: opaque, versioned, without a locale, refetched at its owner's price."""

import base64
import json

import pytest

from providers.emulation.faults import unavailable
from tests.graph import Graph
from tests.world import (
    ACTIVITY,
    MEDIA,
    PHOTO,
    PICTURES,
    RESORT,
    UNKNOWN_UUID,
    UUIDS,
    VIDEOS,
    uuid_of,
)

NODE = "query($id: ID!) { node(id: $id) { __typename id %s } }"


def written(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).rstrip(b"=").decode()


async def ids_of(graph: Graph) -> dict[str, str]:
    slug = graph.forge.world.photos["en-us"][0]["slug"]
    reply = await graph.query(
        f'{{ activity(uuid: "{uuid_of("Seine")}") {{ id gallery(first: 1) {{ nodes {{ id }} }}'
        " videos { nodes { id } } cover { image { id } } }"
        f' odd: activity(uuid: "{uuid_of("Kew Gardens")}") {{ media(kinds: [OTHER]) {{ nodes {{ id }} }} }}'
        ' resortProduct(productId: "DJRB") { id immersiveImage { id } cover { image { id } }'
        " gallery(first: 1) { nodes { id } } }"
        ' films: resortProduct(productId: "product-1") { videos { nodes { id } } }'
        f' photo(slug: "{slug}") {{ id image {{ id }} }} }}'
    )
    assert reply.errors == []
    activity, product, photo = (reply.data[name] for name in ("activity", "resortProduct", "photo"))
    graph.forget_calls()
    return {
        "activity": activity["id"],
        "activity image": activity["gallery"]["nodes"][0]["id"],
        "activity video": activity["videos"]["nodes"][0]["id"],
        "activity cover": activity["cover"]["image"]["id"],
        "activity other": reply.data["odd"]["media"]["nodes"][0]["id"],
        "resort": product["id"],
        "resort image": product["gallery"]["nodes"][0]["id"],
        "resort immersive": product["immersiveImage"]["id"],
        "resort cover": product["cover"]["image"]["id"],
        "resort video": reply.data["films"]["videos"]["nodes"][0]["id"],
        "photo": photo["id"],
        "photo image": photo["image"]["id"],
    }


async def test_every_id_finds_its_thing_again_at_the_owner_s_call(bare_graph: Graph) -> None:
    ids = await ids_of(bare_graph)
    assert len(set(ids.values())) == len(ids)
    expected = {
        "activity": ("Activity", {ACTIVITY: 1}),
        "activity image": ("Image", {MEDIA: 1}),
        "activity video": ("Video", {MEDIA: 1}),
        "activity cover": ("Image", {ACTIVITY: 1}),
        "activity other": ("OtherMedia", {MEDIA: 1}),
        "resort": ("ResortProduct", {RESORT: 1}),
        "resort image": ("Image", {PICTURES: 1}),
        "resort immersive": ("Image", {RESORT: 1}),
        "resort cover": ("Image", {RESORT: 1}),
        "resort video": ("Video", {VIDEOS: 1}),
        "photo": ("Photo", {PHOTO: 1}),
        "photo image": ("Image", {PHOTO: 1}),
    }
    for name, (kind, calls) in expected.items():
        bare_graph.forget_calls()
        reply = await bare_graph.query(NODE % "", {"id": ids[name]})
        assert (name, reply.data["node"]) == (name, {"__typename": kind, "id": ids[name]})
        assert (name, bare_graph.calls) == (name, calls)


async def test_a_refetched_item_is_the_item(bare_graph: Graph) -> None:
    ids = await ids_of(bare_graph)
    item = "... on Media { url providerId title } ... on Image { isCover keywords }"
    reply = await bare_graph.query(
        f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {item} }} }}",
        {"ids": [ids["activity cover"], ids["resort cover"], ids["resort immersive"], ids["activity video"]]},
    )
    cover, hero, immersive, video = reply.data["nodes"]
    uuid = uuid_of("Seine")
    detail = bare_graph.musement.world.activities[uuid]
    assert cover == {
        "url": detail["cover_image_url"],
        "providerId": None,
        "title": None,
        "isCover": True,
        "keywords": [],
    }
    assert (hero["url"], hero["isCover"]) == (immersive["url"], True)
    assert immersive["isCover"] is False
    assert video["url"] == bare_graph.musement.world.media[uuid][-1]["url"]


async def test_a_node_costs_the_calls_of_its_selection(bare_graph: Graph) -> None:
    ids = await ids_of(bare_graph)
    for name, selection, calls in (
        ("activity", "... on Activity { gallery { totalCount } }", {MEDIA: 1}),
        ("activity", "... on MediaOwner { cover { reason } }", {ACTIVITY: 1}),
        ("activity", "... on ResortProduct { title }", {ACTIVITY: 1}),
        ("resort", "... on ResortProduct { videos { totalCount } }", {VIDEOS: 1}),
        ("resort", "... on ResortProduct { title gallery { totalCount } }", {RESORT: 1, PICTURES: 1}),
    ):
        bare_graph.forget_calls()
        reply = await bare_graph.query(NODE % selection, {"id": ids[name]})
        assert reply.errors == []
        assert (selection, bare_graph.calls) == (selection, calls)


async def test_nodes_answer_in_the_order_asked_with_null_for_the_unknown_and_errors_for_the_malformed(
    graph: Graph,
) -> None:
    activity, unknown = written("1", "activity", UUIDS[0]), written("1", "activity", UNKNOWN_UUID)
    resort = written("1", "resort", "PALM")
    reply = await graph.query(
        "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }",
        {"ids": [resort, unknown, "nonsense", activity, activity]},
    )
    assert reply.data["nodes"] == [
        {"__typename": "ResortProduct", "id": resort},
        None,
        None,
        {"__typename": "Activity", "id": activity},
        {"__typename": "Activity", "id": activity},
    ]
    assert reply.codes == [("BAD_USER_INPUT", ("nodes", 2))]
    assert reply.errors[0]["extensions"]["argument"] == "ids"
    assert graph.calls == {ACTIVITY: 2, RESORT: 1}


@pytest.mark.parametrize(
    "id",
    [
        "",
        " ",
        "nonsense",
        "é",
        "..",
        "a" * 2000,
        written("1"),
        written("1", "activity"),
        written("1", "activity", "no uuid"),
        written("1", "activity", "../login"),
        written("1", "activity", UUIDS[0], "more"),
        written("2", "activity", UUIDS[0]),
        written("1", "hotel", UUIDS[0]),
        written("1", "resort", "a/b"),
        written("1", "photo", "en-us", ".."),
        written("1", "photo", "no culture", "slug"),
        written("1", "image-item", "MUSEMENT", "..", "0" * 24),
        written("1", "image-item", "HOTELS", UUIDS[0], "0" * 24),
        written("1", "image-item", "MUSEMENT", UUIDS[0], "more", "0" * 24),
        written("1", "image-item", "FORGE", "en-us", "0" * 24),
        written("1", "video", "CLUB_MED", "a?b", "0" * 24),
        written("1", "activity", UUIDS[0]) + "=",
        written("1", "activity", UUIDS[0]) + "\n",
        written(1, "activity", UUIDS[0]),
        base64.urlsafe_b64encode(b"[[[[[[").decode(),
    ],
)
async def test_a_malformed_id_is_a_coded_error_and_costs_no_call(graph: Graph, id: str) -> None:
    reply = await graph.query(NODE % "", {"id": id})
    assert reply.data == {"node": None}
    assert reply.codes == [("BAD_USER_INPUT", ("node",))]
    assert reply.errors[0]["extensions"]["argument"] == "id"
    assert graph.calls == {}


@pytest.mark.parametrize(
    "id",
    [
        written("1", "activity", UNKNOWN_UUID),
        written("1", "resort", "NOPE"),
        written("1", "photo", "en-us", "no-such-photo"),
        written("1", "image-item", "MUSEMENT", UUIDS[0], "0" * 24),
        written("1", "image-cover", "MUSEMENT", uuid_of("Isola"), "0" * 24),
        written("1", "image-item", "MUSEMENT", UNKNOWN_UUID, "0" * 24),
        written("1", "image-immersive", "CLUB_MED", "SALY", "0" * 24),
        written("1", "video", "CLUB_MED", "PALM", "0" * 24),
        written("1", "image-item", "FORGE", "en-us", "no-such-photo", "0" * 24),
    ],
)
async def test_an_id_of_nothing_is_null_without_an_error(graph: Graph, id: str) -> None:
    reply = await graph.query(NODE % "", {"id": id})
    assert reply.data == {"node": None}
    assert reply.errors == []


async def test_an_id_of_a_kind_that_its_provider_never_has_is_null_at_no_call(graph: Graph) -> None:
    reply = await graph.query(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        {
            "ids": [
                written("1", "video", "FORGE", "en-us", "slug", "0" * 24),
                written("1", "image-immersive", "MUSEMENT", UUIDS[0], "0" * 24),
            ]
        },
    )
    assert reply.data == {"nodes": [None, None]}
    assert reply.errors == []
    assert graph.calls == {}


async def test_ids_are_the_same_in_every_locale_and_refetch_in_the_request_s(bare_graph: Graph) -> None:
    query = (
        f'{{ %s: activity(uuid: "{UUIDS[0]}", locale: "%s") {{ id title gallery {{ nodes {{ id }} }} }} }}'
    )
    english = (await bare_graph.query(query % ("a", "en-US"))).data["a"]
    french = (await bare_graph.query(query % ("a", "fr-FR"))).data["a"]
    assert english["id"] == french["id"]
    assert english["gallery"] == french["gallery"]
    assert english["title"] != french["title"]
    reply = await bare_graph.query(
        NODE % "... on Activity { title }", {"id": english["id"]}, accept_language="fr-FR"
    )
    assert reply.data["node"]["title"] == french["title"]


async def test_a_photo_s_id_carries_its_culture(bare_graph: Graph) -> None:
    slug = bare_graph.forge.world.photos["fr-fr"][0]["slug"]
    reply = await bare_graph.query(
        f'{{ photoByKey(culture: "fr-fr", slug: "{slug}") {{ id title image {{ id }} }} }}'
    )
    photo = reply.data["photoByKey"]
    again = await bare_graph.query(
        NODE % "... on Photo { culture title }", {"id": photo["id"]}, accept_language="en-US"
    )
    assert again.data["node"] == {
        "__typename": "Photo",
        "id": photo["id"],
        "culture": "fr-fr",
        "title": photo["title"],
    }


async def test_a_failed_refetch_is_null_with_the_provider_s_error(bare_graph: Graph) -> None:
    ids = await ids_of(bare_graph)
    for emulator in (bare_graph.musement, bare_graph.clubmed, bare_graph.forge):
        emulator.faults.add(unavailable())
    asked = [ids[name] for name in ("activity", "activity image", "resort", "resort video", "photo image")]
    reply = await bare_graph.query("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": asked})
    assert reply.data == {"nodes": [None] * 5}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("nodes", at)) for at in range(5)]
