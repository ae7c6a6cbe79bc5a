"""The payloads that the providers print in their documentation, field by field out of the graph."""

from typing import Any

from tests.graph import Graph

GALLERY_UUID = "7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10"
FLAGGED_UUID = "7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a11"
MUSEMENT = "https://images-sandbox.musement.com"
HEADER = "tickets-for-the-bargello-national-museum_header"
TITLE = "Tickets for the Bargello National Museum"
COVER_URL = f"{MUSEMENT}/cover/0001/02/{HEADER}-1445.jpeg?w=540"
IMAGE = """
  kind provider providerId title url thumbnailUrl templateUrl isCover keywords format overriddenFormats
"""


def musement_image(number: int, url: str, *, is_cover: bool) -> dict[str, Any]:
    return {
        "kind": "IMAGE",
        "provider": "MUSEMENT",
        "providerId": str(number),
        "title": TITLE,
        "url": url,
        "thumbnailUrl": None,
        "templateUrl": None,
        "isCover": is_cover,
        "keywords": [],
        "format": None,
        "overriddenFormats": None,
    }


async def test_the_gallery_of_musement_s_page_lacks_the_cover_that_the_activity_names(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{GALLERY_UUID}") {{ uuid title cover {{ reason image {{ {IMAGE} }} }}'
        f" gallery {{ totalCount nodes {{ {IMAGE} }} }} videos {{ totalCount }} }} }}"
    )
    assert reply.errors == []
    assert reply.data["activity"] == {
        "uuid": GALLERY_UUID,
        "title": TITLE,
        "cover": {
            "reason": "OWNER_COVER_URL",
            "image": musement_image(0, COVER_URL, is_cover=True) | {"providerId": None, "title": None},
        },
        "gallery": {
            "totalCount": 2,
            "nodes": [
                musement_image(
                    number, f"{MUSEMENT}/default/0001/19/{HEADER}-{number}.jpeg?w=750&h=500", is_cover=False
                )
                for number in (18313, 18314)
            ],
        },
        "videos": {"totalCount": 0},
    }


async def test_the_flagged_item_of_musement_s_page_is_the_cover_in_its_gallery(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{FLAGGED_UUID}") {{ title gallery {{ nodes {{ {IMAGE} }} }}'
        f" media {{ totalCount nodes {{ __typename url }} }} }} }}"
    )
    assert reply.errors == []
    assert reply.data["activity"] == {
        "title": TITLE,
        "gallery": {"nodes": [musement_image(1445, COVER_URL, is_cover=True)]},
        "media": {"totalCount": 1, "nodes": [{"__typename": "Image", "url": COVER_URL}]},
    }


async def test_the_picture_and_the_video_of_club_med_s_page_keep_their_plain_address(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ resortProduct(productId: "product-1") {{ productId gallery {{ totalCount nodes {{ {IMAGE} }} }}'
        f" videos {{ totalCount nodes {{ kind provider providerId title url }} }}"
        f" cover {{ reason image {{ {IMAGE} }} }} }} }}"
    )
    picture = {
        "kind": "IMAGE",
        "provider": "CLUB_MED",
        "providerId": None,
        "title": None,
        "url": "http://image.jpg",
        "thumbnailUrl": None,
        "templateUrl": None,
        "isCover": True,
        "keywords": ["MAIN_KEY_VISUAL"],
        "format": None,
        "overriddenFormats": None,
    }
    video = {
        "kind": "VIDEO",
        "provider": "CLUB_MED",
        "providerId": None,
        "title": None,
        "url": "http://image.jpg",
    }
    assert reply.errors == []
    assert reply.data["resortProduct"] == {
        "productId": "product-1",
        "gallery": {"totalCount": 1, "nodes": [picture]},
        "videos": {"totalCount": 1, "nodes": [video]},
        "cover": {"reason": "KEYWORD", "image": picture},
    }


SLUG = "2019-05-29-redgrave-pintest-featured"
FORGE = "https://images.acme.org/media/image/private"
PHOTO = f"""
  culture slug entityId translationId title contentDate lastUpdatedDate createdBy lastUpdatedBy featured
  availability mimeType storagePath image {{ {IMAGE} }} tags {{ slug }} context {{ slug }} fields
"""
PRINTED = {
    "culture": "en-us",
    "slug": SLUG,
    "entityId": "811f692a-2d5f-418c-b0d7-9b2e907c8d38",
    "translationId": "e69fdc4e-c4ea-415b-aeb3-d1927dfa2bef",
    "title": SLUG,
    "contentDate": "2020-07-21T07:33:43.554Z",
    "lastUpdatedDate": "2020-07-21T07:33:43.554Z",
    "createdBy": "Frank Becker",
    "lastUpdatedBy": "Frank Becker",
    "featured": False,
    "availability": None,
    "mimeType": None,
    "storagePath": None,
    "image": {
        "kind": "IMAGE",
        "provider": "FORGE",
        "providerId": None,
        "title": SLUG,
        "url": f"{FORGE}/f_auto/q_auto/forge/zaxax7s7k6z2lgoyb59x",
        "thumbnailUrl": f"{FORGE}/w_250,h_250,c_thumb,g_auto,q_auto,f_jpg/forge/zaxax7s7k6z2lgoyb59x",
        "templateUrl": f"{FORGE}/{{formatInstructions}}/forge/zaxax7s7k6z2lgoyb59x",
        "isCover": False,
        "keywords": [],
        "format": "jpg",
        "overriddenFormats": {},
    },
    "tags": [],
    "context": None,
    "fields": {},
}


async def test_the_photo_of_forge_s_page_comes_out_of_a_list_as_printed(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ photos(filter: {{ slug: "{SLUG}" }}) {{ nodes {{ {PHOTO} }} pageInfo {{ hasNextPage }} }} }}'
    )
    assert reply.errors == []
    assert reply.data["photos"] == {"nodes": [PRINTED], "pageInfo": {"hasNextPage": False}}


async def test_the_photo_of_forge_s_page_has_in_its_detail_what_lists_leave_out(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ photoByKey(culture: "en-us", slug: "{SLUG}") {{ {PHOTO} relations {{ type }} references }} }}'
    )
    assert reply.errors == []
    assert reply.data["photoByKey"] == PRINTED | {
        "availability": "PUBLIC",
        "mimeType": "image/jpeg",
        "storagePath": "forge/zaxax7s7k6z2lgoyb59x",
        "relations": [],
        "references": {},
    }
