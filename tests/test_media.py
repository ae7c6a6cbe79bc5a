"""The media of one owner: what stands in which list, in which order, and what is dropped."""

import json

import pytest

from providers.emulation.faults import Fault, unavailable
from providers.emulation.payload import Payload
from tests.graph import Graph
from tests.world import MEDIA, PICTURES, UUIDS, VIDEOS, uuid_of

ITEM = "__typename id kind provider providerId title url"


def image(number: int, url: str, **more: object) -> Payload:
    return {"id": number, "title": "T", "type": "image", "url": url, "is_cover": False, **more}


async def test_an_activity_s_media_are_sorted_into_images_videos_and_others_by_their_type(
    graph: Graph,
) -> None:
    graph.musement.world.media[UUIDS[0]] = [
        image(1, "https://i.test/1.jpg?w=1"),
        {"id": 2, "title": "T", "type": "video", "url": "https://i.test/2.mp4"},
        {"id": 3, "title": "", "type": "panorama", "url": "https://i.test/3"},
        {"url": "https://i.test/4.jpg", "type": ""},
        {"id": "five", "url": "https://i.test/5.jpg", "is_cover": None, "title": None},
    ]
    reply = await graph.query(
        f'{{ activity(uuid: "{UUIDS[0]}") {{ media {{ totalCount nodes {{ {ITEM}'
        " ... on OtherMedia { providerKind } ... on Image { isCover } } }"
        " gallery { nodes { providerId } } videos { nodes { providerId } }"
        " others: media(kinds: [OTHER]) { totalCount nodes { providerId } }"
        " mixed: media(kinds: [VIDEO, OTHER]) { nodes { providerId } } } }"
    )
    assert reply.errors == []
    activity = reply.data["activity"]
    whole = {"provider": "MUSEMENT", "kind": "IMAGE", "__typename": "Image", "isCover": False}
    items = [{name: item[name] for name in item if name != "id"} for item in activity["media"]["nodes"]]
    assert items == [
        whole | {"providerId": "1", "title": "T", "url": "https://i.test/1.jpg?w=1"},
        {
            "provider": "MUSEMENT",
            "kind": "VIDEO",
            "__typename": "Video",
            "providerId": "2",
            "title": "T",
            "url": "https://i.test/2.mp4",
        },
        {
            "provider": "MUSEMENT",
            "kind": "OTHER",
            "__typename": "OtherMedia",
            "providerId": "3",
            "title": None,
            "url": "https://i.test/3",
            "providerKind": "panorama",
        },
        whole | {"providerId": None, "title": None, "url": "https://i.test/4.jpg"},
        whole | {"providerId": "five", "title": None, "url": "https://i.test/5.jpg"},
    ]
    assert len({item["id"] for item in activity["media"]["nodes"]}) == 5
    assert activity["media"]["totalCount"] == 5
    assert [item["providerId"] for item in activity["gallery"]["nodes"]] == ["1", None, "five"]
    assert [item["providerId"] for item in activity["videos"]["nodes"]] == ["2"]
    assert activity["others"] == {"totalCount": 1, "nodes": [{"providerId": "3"}]}
    assert [item["providerId"] for item in activity["mixed"]["nodes"]] == ["2", "3"]
    assert graph.calls == {MEDIA: 1}


async def test_items_that_cannot_stand_are_dropped_alone(graph: Graph) -> None:
    items: list[object] = [
        image(1, "https://i.test/1.jpg"),
        {"id": 2, "type": "image"},
        {"id": 3, "type": "image", "url": None},
        {"id": 4, "type": "image", "url": ""},
        {"id": 5, "type": "image", "url": "javascript:alert(1)"},
        {"id": 6, "type": "image", "url": "/relative.jpg"},
        {"id": 7, "type": "image", "url": "https://i.test/{placeholder}.jpg"},
        "no object",
        None,
        {"id": [8], "type": "image", "url": "https://i.test/8.jpg"},
        image(9, "https://i.test/9.jpg"),
    ]
    graph.musement.faults.add(Fault(status=200, body=json.dumps(items).encode()), route=MEDIA)
    reply = await graph.query(
        f'{{ activity(uuid: "{UUIDS[0]}") {{ gallery {{ totalCount nodes {{ providerId }} }} }} }}'
    )
    assert reply.errors == []
    assert reply.data["activity"]["gallery"] == {
        "totalCount": 2,
        "nodes": [{"providerId": "1"}, {"providerId": "9"}],
    }


async def test_the_same_picture_in_two_sizes_is_listed_once_with_one_id(graph: Graph) -> None:
    graph.musement.world.media[UUIDS[0]] = [
        image(1, "https://i.test/1.jpg?w=540"),
        image(2, "https://i.test/1.jpg?w=750&h=500"),
        image(3, "https://i.test/3.jpg"),
    ]
    graph.musement.world.media[UUIDS[1]] = [image(9, "https://i.test/1.jpg")]
    query = f"""{{ activities(uuids: ["{UUIDS[0]}", "{UUIDS[1]}"]) {{
      gallery {{ totalCount nodes {{ id providerId }} }} }} }}"""
    one, other = (await graph.query(query)).data["activities"]
    assert one["gallery"]["totalCount"] == 2
    assert [item["providerId"] for item in one["gallery"]["nodes"]] == ["1", "3"]
    # The owner is a part of the id: the same file of another activity is another item.
    assert other["gallery"]["nodes"][0]["id"] != one["gallery"]["nodes"][0]["id"]


async def test_ids_of_media_do_not_depend_on_their_order_or_size(bare_graph: Graph) -> None:
    query = f'{{ activity(uuid: "{UUIDS[0]}") {{ gallery {{ nodes {{ id providerId }} }} }} }}'
    before = await bare_graph.query(query)
    items = bare_graph.musement.world.media[UUIDS[0]]
    items.reverse()
    for item in items:
        item["url"] = str(item["url"]).partition("?")[0] + "?w=100"
    after = await bare_graph.query(query)
    assert before.data["activity"]["gallery"]["nodes"] == after.data["activity"]["gallery"]["nodes"][::-1]


async def test_an_empty_gallery_and_a_missing_one_are_both_an_empty_connection(graph: Graph) -> None:
    reply = await graph.query(
        "query($keys: [ID!]!) { activities(uuids: $keys) { gallery { totalCount nodes { url } edges { cursor }"
        " pageInfo { hasNextPage hasPreviousPage startCursor endCursor } freshness { state } } } }",
        {"keys": [uuid_of("Alfama"), uuid_of("Yanaka")]},
    )
    assert reply.errors == []
    assert (
        reply.data["activities"]
        == [
            {
                "gallery": {
                    "totalCount": 0,
                    "nodes": [],
                    "edges": [],
                    "pageInfo": {
                        "hasNextPage": False,
                        "hasPreviousPage": False,
                        "startCursor": None,
                        "endCursor": None,
                    },
                    "freshness": {"state": "FRESH"},
                }
            }
        ]
        * 2
    )


async def test_a_resort_s_media_are_its_pictures_and_then_its_videos(graph: Graph) -> None:
    graph.clubmed.world.pictures["PALM"] = [
        {"url": "https://i.test/1.jpg", "keywords": ["POOL", "ROOM"]},
        {"url": "https://i.test/2.jpg"},
        {"url": "https://i.test/3.jpg", "keywords": None},
        {"url": "https://i.test/4.jpg", "keywords": ["SPORT", None, "MAIN_KEY_VISUAL"]},
        {"keywords": ["POOL"]},
        {"url": "https://i.test/1.jpg", "keywords": ["AGAIN"]},
    ]
    graph.clubmed.world.videos["PALM"] = ["https://i.test/1.mp4", None, "", 5, "https://i.test/2.mp4"]
    reply = await graph.query(
        '{ resortProduct(productId: "PALM") { media { totalCount nodes { kind url'
        " ... on Image { keywords isCover } } }"
        ' pool: gallery(keywords: ["POOL", "SPORT"]) { totalCount nodes { url } }'
        ' none: gallery(keywords: ["pool"]) { totalCount } videos { totalCount } } }'
    )
    assert reply.errors == []
    product = reply.data["resortProduct"]
    assert product["media"]["nodes"] == [
        {"kind": "IMAGE", "url": "https://i.test/1.jpg", "keywords": ["POOL", "ROOM"], "isCover": False},
        {"kind": "IMAGE", "url": "https://i.test/2.jpg", "keywords": [], "isCover": False},
        {"kind": "IMAGE", "url": "https://i.test/3.jpg", "keywords": [], "isCover": False},
        {
            "kind": "IMAGE",
            "url": "https://i.test/4.jpg",
            "keywords": ["SPORT", "MAIN_KEY_VISUAL"],
            "isCover": True,
        },
        {"kind": "VIDEO", "url": "https://i.test/1.mp4"},
        {"kind": "VIDEO", "url": "https://i.test/2.mp4"},
    ]
    assert product["media"]["totalCount"] == 6
    assert product["pool"] == {
        "totalCount": 2,
        "nodes": [{"url": "https://i.test/1.jpg"}, {"url": "https://i.test/4.jpg"}],
    }
    assert (product["none"], product["videos"]) == ({"totalCount": 0}, {"totalCount": 2})
    assert graph.calls == {PICTURES: 1, VIDEOS: 1}


@pytest.mark.parametrize(("failing", "whole"), [(PICTURES, "videos"), (VIDEOS, "gallery")])
async def test_a_mixed_list_is_null_with_the_failed_call_s_error_and_the_other_list_whole(
    bare_graph: Graph, failing: str, whole: str
) -> None:
    bare_graph.clubmed.faults.add(unavailable(), route=failing)
    reply = await bare_graph.query(
        '{ resortProduct(productId: "AGRC") { media { totalCount } gallery { totalCount } videos { totalCount } } }'
    )
    product = reply.data["resortProduct"]
    (failed,) = {"gallery", "videos"} - {whole}
    assert product["media"] is None
    assert product[failed] is None
    assert product[whole] is not None
    assert reply.codes == [
        ("UPSTREAM_UNAVAILABLE", ("resortProduct", name)) for name in sorted([failed, "media"])
    ]


async def test_a_mixed_list_of_one_kind_does_not_see_the_other_call_s_failure(bare_graph: Graph) -> None:
    bare_graph.clubmed.faults.add(unavailable(), route=VIDEOS)
    reply = await bare_graph.query(
        '{ resortProduct(productId: "AGRC") { media(kinds: [IMAGE]) { nodes { kind } } } }'
    )
    assert {item["kind"] for item in reply.data["resortProduct"]["media"]["nodes"]} == {"IMAGE"}
    assert reply.errors == []
    assert bare_graph.calls == {PICTURES: 1}


async def test_a_photo_s_media_are_its_own_image(graph: Graph) -> None:
    reply = await graph.query(
        "{ photos(first: 1) { nodes { image { id } media { totalCount nodes { id __typename } }"
        " videos: media(kinds: [VIDEO]) { totalCount nodes { id } } } } }"
    )
    (photo,) = reply.data["photos"]["nodes"]
    assert photo["media"] == {
        "totalCount": 1,
        "nodes": [{"id": photo["image"]["id"], "__typename": "Image"}],
    }
    assert photo["videos"] == {"totalCount": 0, "nodes": []}


async def test_a_media_list_is_paged_without_further_calls(graph: Graph) -> None:
    uuid = uuid_of("Seine")
    urls = [item["url"] for item in graph.musement.world.media[uuid]]
    query = """query($u: ID!, $first: Int, $after: String, $last: Int, $before: String) {
      activity(uuid: $u) { media(first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { url } edges { cursor node { url } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""
    head = (await graph.query(query, {"u": uuid, "first": 3})).data["activity"]["media"]
    assert [item["url"] for item in head["nodes"]] == urls[:3]
    assert [edge["node"]["url"] for edge in head["edges"]] == urls[:3]
    assert head["totalCount"] == len(urls) == 7
    assert head["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": head["edges"][0]["cursor"],
        "endCursor": head["edges"][-1]["cursor"],
    }
    after = head["pageInfo"]["endCursor"]
    rest = (await graph.query(query, {"u": uuid, "after": after})).data["activity"]["media"]
    assert [item["url"] for item in rest["nodes"]] == urls[3:]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)
    tail = (await graph.query(query, {"u": uuid, "last": 2})).data["activity"]["media"]
    assert [item["url"] for item in tail["nodes"]] == urls[-2:]
    before = tail["pageInfo"]["startCursor"]
    middle = (await graph.query(query, {"u": uuid, "last": 2, "before": before})).data["activity"]["media"]
    assert [item["url"] for item in middle["nodes"]] == urls[3:5]


async def test_a_cursor_of_one_list_is_refused_by_another_one(graph: Graph) -> None:
    gallery = f'activity(uuid: "{UUIDS[2]}") {{ gallery(first: 1) {{ pageInfo {{ endCursor }} }} }}'
    cursor = (await graph.query(f"{{ {gallery} }}")).data["activity"]["gallery"]["pageInfo"]["endCursor"]
    graph.forget_calls()
    reply = await graph.query(
        f'{{ activity(uuid: "{UUIDS[2]}") {{ uuid media(after: "{cursor}") {{ totalCount }} }}'
        f' other: activity(uuid: "{UUIDS[3]}") {{ uuid gallery(after: "{cursor}") {{ totalCount }} }}'
        f' resortProduct(productId: "PALM") {{ productId gallery(after: "{cursor}") {{ totalCount }} }}'
        f' photos(after: "{cursor}") {{ nodes {{ slug }} }} }}'
    )
    assert reply.codes == [
        ("BAD_USER_INPUT", path)
        for path in (("activity", "media"), ("other", "gallery"), ("photos",), ("resortProduct", "gallery"))
    ]
    assert graph.calls == {}
