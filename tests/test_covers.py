"""Which picture stands for its owner, why, and what finding it costs."""

import pytest

from providers.emulation.faults import not_found, unavailable
from tests.graph import Graph
from tests.world import ACTIVITY, CATALOG, MEDIA, PHOTO, PICTURES, PRODUCT_IDS, RESORT, SEARCH, UUIDS, uuid_of

COVER = "cover { reason image { id url isCover providerId title keywords } }"
COVERLESS = {uuid_of("Navigli"), uuid_of("Isola")}
WITHOUT_KEY_VISUAL = {"DJRB", "TAOR", "SALY"}


async def test_an_activity_s_own_cover_url_is_its_cover_at_one_call(graph: Graph) -> None:
    uuid = uuid_of("Colosseum")
    reply = await graph.query(f'{{ activity(uuid: "{uuid}") {{ {COVER} }} }}')
    cover = reply.data["activity"]["cover"]
    assert cover["reason"] == "OWNER_COVER_URL"
    assert cover["image"] == {
        "id": cover["image"]["id"],
        "url": graph.musement.world.activities[uuid]["cover_image_url"],
        "isCover": True,
        "providerId": None,
        "title": None,
        "keywords": [],
    }
    assert graph.calls == {ACTIVITY: 1}


async def test_without_a_cover_url_the_flagged_item_of_the_media_is_the_cover(graph: Graph) -> None:
    uuid = uuid_of("Navigli")
    reply = await graph.query(
        f'{{ activity(uuid: "{uuid}") {{ {COVER} gallery {{ nodes {{ id isCover }} }} }} }}'
    )
    activity = reply.data["activity"]
    assert activity["cover"]["reason"] == "FLAGGED_BY_PROVIDER"
    flagged = [item["id"] for item in activity["gallery"]["nodes"] if item["isCover"]]
    assert [activity["cover"]["image"]["id"]] == flagged
    assert activity["cover"]["image"]["isCover"] is True
    assert activity["cover"]["image"]["providerId"] == str(graph.musement.world.media[uuid][1]["id"])
    assert graph.calls == {ACTIVITY: 1, MEDIA: 1}


async def test_without_a_flagged_item_either_the_first_image_is_the_cover(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{uuid_of("Isola")}") {{ {COVER} gallery(first: 1) {{ nodes {{ id }} }} }} }}'
    )
    activity = reply.data["activity"]
    assert activity["cover"]["reason"] == "FIRST_IMAGE"
    assert activity["cover"]["image"]["id"] == activity["gallery"]["nodes"][0]["id"]
    assert activity["cover"]["image"]["isCover"] is False
    assert graph.calls == {ACTIVITY: 1, MEDIA: 1}


async def test_a_video_is_never_the_cover(graph: Graph) -> None:
    uuid = uuid_of("Isola")
    graph.musement.world.media[uuid].insert(
        0, {"id": 1, "type": "video", "url": "https://videos.test/1.mp4", "is_cover": True}
    )
    reply = await graph.query(f'{{ activity(uuid: "{uuid}") {{ {COVER} }} }}')
    assert reply.data["activity"]["cover"]["image"]["url"] == graph.musement.world.media[uuid][1]["url"]


@pytest.mark.parametrize("gallery", ["404", "empty"])
async def test_an_activity_without_any_picture_has_no_cover_and_no_error(graph: Graph, gallery: str) -> None:
    uuid = uuid_of("Isola")
    if gallery == "empty":
        graph.musement.world.media[uuid] = []
    else:
        del graph.musement.world.media[uuid]
    reply = await graph.query(f'{{ activity(uuid: "{uuid}") {{ {COVER} }} }}')
    assert reply.data == {"activity": {"cover": None}}
    assert reply.errors == []


async def test_the_cover_url_is_an_item_of_its_own_whatever_the_gallery_holds(graph: Graph) -> None:
    uuid = UUIDS[1]
    cover_url = graph.musement.world.activities[uuid]["cover_image_url"]
    assert graph.musement.world.media[uuid][0]["url"] == cover_url
    reply = await graph.query(
        f'{{ activity(uuid: "{uuid}") {{ {COVER} gallery {{ totalCount nodes {{ id url providerId isCover }} }} }} }}'
    )
    activity = reply.data["activity"]
    (item,) = activity["gallery"]["nodes"]
    assert activity["cover"]["reason"] == "OWNER_COVER_URL"
    assert activity["cover"]["image"]["url"] == item["url"] == cover_url
    assert activity["cover"]["image"]["id"] != item["id"]
    assert (item["providerId"], activity["cover"]["image"]["providerId"]) == ("1445", None)


async def test_the_covers_of_many_activities_cost_a_detail_each_and_media_where_it_has_no_cover_url(
    graph: Graph,
) -> None:
    keys = [*UUIDS[:20], *UUIDS[:10]]
    reply = await graph.query(
        "query($keys: [ID!]!) { activities(uuids: $keys) { cover { reason } } }", {"keys": keys}
    )
    reasons = {
        uuid: each["cover"]["reason"] for uuid, each in zip(keys, reply.data["activities"], strict=True)
    }
    assert {uuid for uuid, reason in reasons.items() if reason != "OWNER_COVER_URL"} == COVERLESS
    assert graph.calls == {ACTIVITY: 20, MEDIA: len(COVERLESS)}


async def test_where_the_detail_fails_no_next_reason_is_used(bare_graph: Graph) -> None:
    bare_graph.musement.faults.add(unavailable(), route=ACTIVITY)
    reply = await bare_graph.query(f'{{ activity(uuid: "{uuid_of("Navigli")}") {{ uuid {COVER} }} }}')
    assert reply.data["activity"]["cover"] is None
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("activity", "cover"))]
    assert bare_graph.calls == {ACTIVITY: 1}


async def test_where_the_media_fail_the_cover_is_null_with_its_error_and_the_title_whole(
    bare_graph: Graph,
) -> None:
    bare_graph.musement.faults.add(unavailable(), route=MEDIA)
    reply = await bare_graph.query(f'{{ activity(uuid: "{uuid_of("Navigli")}") {{ title {COVER} }} }}')
    assert reply.data == {"activity": {"title": "Sunset boat trip on Navigli", "cover": None}}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("activity", "cover"))]


async def test_a_resort_s_key_visual_is_its_cover_at_one_call(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ resortProduct(productId: "MORN") {{ {COVER} gallery {{ nodes {{ id keywords }} }} }} }}'
    )
    product = reply.data["resortProduct"]
    key_visuals = [
        item["id"] for item in product["gallery"]["nodes"] if "MAIN_KEY_VISUAL" in item["keywords"]
    ]
    assert len(key_visuals) == 2
    assert product["cover"]["image"]["id"] == key_visuals[0]
    assert product["cover"]["image"]["isCover"] is True
    assert product["cover"]["reason"] == "KEYWORD"
    assert graph.calls == {PICTURES: 1}


async def test_without_a_key_visual_the_immersive_image_is_the_cover(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ resortProduct(productId: "DJRB") {{ {COVER} immersiveImage {{ id url isCover }}'
        " gallery { nodes { id } } } }"
    )
    product = reply.data["resortProduct"]
    cover, immersive = product["cover"], product["immersiveImage"]
    assert cover["reason"] == "OWNER_COVER_URL"
    assert cover["image"]["url"] == immersive["url"]
    assert (cover["image"]["isCover"], immersive["isCover"]) == (True, False)
    # One id never has two values, so the same file is one item as the cover and another one by itself.
    assert cover["image"]["id"] not in {
        immersive["id"],
        *(item["id"] for item in product["gallery"]["nodes"]),
    }
    assert graph.calls == {PICTURES: 1, RESORT: 1}


async def test_without_an_immersive_image_either_the_first_picture_is_the_cover(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ resortProduct(productId: "SALY") {{ {COVER} gallery(first: 1) {{ nodes {{ id }} }} }} }}'
    )
    product = reply.data["resortProduct"]
    assert product["cover"]["reason"] == "FIRST_IMAGE"
    assert product["cover"]["image"]["id"] == product["gallery"]["nodes"][0]["id"]
    assert product["cover"]["image"]["isCover"] is False
    assert graph.calls == {PICTURES: 1, RESORT: 1}


async def test_a_resort_without_any_picture_has_no_cover_and_no_error(graph: Graph) -> None:
    graph.clubmed.world.pictures["SALY"] = []
    reply = await graph.query(f'{{ resortProduct(productId: "SALY") {{ {COVER} }} }}')
    assert reply.data == {"resortProduct": {"cover": None}}
    assert reply.errors == []


async def test_the_covers_of_ten_resorts_cost_ten_pictures_calls_and_a_detail_for_each_without_a_key_visual(
    graph: Graph,
) -> None:
    keys = PRODUCT_IDS[:10]
    reply = await graph.query(
        "query($keys: [ID!]!) { resortProducts(productIds: $keys) { cover { reason } } }", {"keys": keys}
    )
    reasons = {
        key: each["cover"]["reason"] for key, each in zip(keys, reply.data["resortProducts"], strict=True)
    }
    without = WITHOUT_KEY_VISUAL & set(keys)
    assert {key for key, reason in reasons.items() if reason != "KEYWORD"} == without
    assert graph.calls == {PICTURES: 10, RESORT: len(without)}


async def test_where_the_pictures_fail_the_immersive_image_is_not_used(bare_graph: Graph) -> None:
    bare_graph.clubmed.faults.add(unavailable(), route=PICTURES)
    reply = await bare_graph.query(f'{{ resortProduct(productId: "DJRB") {{ productId {COVER} }} }}')
    assert reply.data["resortProduct"] == {"productId": "DJRB", "cover": None}
    assert reply.codes == [("UPSTREAM_UNAVAILABLE", ("resortProduct", "cover"))]
    assert bare_graph.calls == {PICTURES: 1}


@pytest.mark.parametrize("selection", ["", "title"])
async def test_where_the_detail_behind_a_cover_fails_the_first_picture_is_not_used(
    bare_graph: Graph, selection: str
) -> None:
    bare_graph.clubmed.faults.add(unavailable(), route=RESORT)
    reply = await bare_graph.query(f'{{ resortProduct(productId: "DJRB") {{ {COVER} {selection} }} }}')
    assert reply.data["resortProduct"]["cover"] is None
    assert ("UPSTREAM_UNAVAILABLE", ("resortProduct", "cover")) in reply.codes
    assert bare_graph.calls == {PICTURES: 1, RESORT: 1}


async def test_a_detail_that_is_not_found_after_the_pictures_names_no_immersive_image(
    bare_graph: Graph,
) -> None:
    bare_graph.clubmed.faults.add(not_found(), route=RESORT)
    reply = await bare_graph.query(f'{{ resortProduct(productId: "DJRB") {{ {COVER} }} }}')
    assert reply.data["resortProduct"]["cover"]["reason"] == "FIRST_IMAGE"
    assert reply.errors == []


async def test_a_photo_s_cover_is_its_own_image_at_no_further_call(graph: Graph) -> None:
    slug = str(graph.forge.world.photos["en-us"][0]["slug"])
    reply = await graph.query(
        f'{{ photo(slug: "{slug}") {{ image {{ id }} cover {{ reason image {{ id isCover }} }} }}'
        " photos(first: 3) { nodes { image { id } cover { reason image { id } } } } }"
    )
    photo = reply.data["photo"]
    assert photo["cover"] == {
        "reason": "FIRST_IMAGE",
        "image": {"id": photo["image"]["id"], "isCover": False},
    }
    for each in reply.data["photos"]["nodes"]:
        assert each["cover"] == {"reason": "FIRST_IMAGE", "image": {"id": each["image"]["id"]}}
    assert graph.calls == {PHOTO: 1, "GET /v2/content/{culture}/photos": 1}


async def test_the_covers_of_search_results_come_with_the_list(graph: Graph) -> None:
    reply = await graph.query("{ activitySearch(first: 10) { nodes { title cover { reason } } } }")
    assert [each["cover"]["reason"] for each in reply.data["activitySearch"]["nodes"]] == [
        "OWNER_COVER_URL"
    ] * 10
    assert graph.calls == {SEARCH: 1}


async def test_the_covers_of_catalogue_items_cost_the_pictures_and_no_detail(graph: Graph) -> None:
    reply = await graph.query("{ resortCatalog(first: 5) { nodes { productId cover { reason } } } }")
    reasons = {each["productId"]: each["cover"]["reason"] for each in reply.data["resortCatalog"]["nodes"]}
    assert reasons == {
        "AGRC": "KEYWORD",
        "PALM": "KEYWORD",
        "DJRB": "OWNER_COVER_URL",
        "SALY": "FIRST_IMAGE",
        "GAUB": "KEYWORD",
    }
    assert graph.calls == {CATALOG: 1, PICTURES: 5}
