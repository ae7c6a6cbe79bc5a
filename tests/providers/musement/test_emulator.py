"""The wire contract of the emulated Musement: each fact and trap of the provider's notes that it keeps."""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
import pytest

from providers.emulation.payload import Payload, part, text
from providers.musement import printed
from providers.musement.emulator import MusementEmulator, create_emulator
from tests.providers.emulation.wire import Reply, ask

APPLICATION = {"X-Musement-Application": "sandbox"}
LOGIN = {
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
    "grant_type": "client_credentials",
}


class Page(msgspec.Struct):
    meta: Payload
    data: list[Payload]
    facets: None


class Token(msgspec.Struct):
    access_token: str
    expires_in: int
    token_type: str
    scope: None


@pytest.fixture
async def musement() -> AsyncIterator[MusementEmulator]:
    emulator = create_emulator("http://graph.test")
    await emulator.start()
    yield emulator
    await emulator.stop()


async def get(emulator: MusementEmulator, target: str, **headers: str) -> Reply:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(emulator.url, target, APPLICATION | fields)


async def login(emulator: MusementEmulator, **changes: str) -> Reply:
    return await ask(emulator.url, "/login", APPLICATION, "POST", msgspec.json.encode(LOGIN | changes))


async def search(emulator: MusementEmulator, query: str = "", **headers: str) -> Page:
    reply = await get(emulator, f"/activities?{query}", **headers)
    return msgspec.json.decode(reply.body, type=Page)


async def test_the_printed_gallery_lacks_the_printed_cover(musement: MusementEmulator) -> None:
    activity = (await get(musement, f"/activities/{printed.GALLERY_UUID}")).json()
    media = (await get(musement, f"/activities/{printed.GALLERY_UUID}/media")).json()
    assert isinstance(activity, dict)
    assert activity["cover_image_url"] == printed.COVER_IMAGE_URL
    assert activity["title"] == "Tickets for the Bargello National Museum"
    assert media == printed.GALLERY


async def test_the_printed_flagged_gallery_holds_the_printed_cover(musement: MusementEmulator) -> None:
    activity = (await get(musement, f"/activities/{printed.FLAGGED_UUID}")).json()
    media = (await get(musement, f"/activities/{printed.FLAGGED_UUID}/media")).json()
    assert isinstance(activity, dict)
    assert activity["cover_image_url"] == printed.COVER_IMAGE_URL
    assert media == printed.FLAGGED_GALLERY


@pytest.mark.parametrize("target", ["/activities", f"/activities/{printed.GALLERY_UUID}/media"])
async def test_without_an_application_every_read_is_refused_with_2271(
    musement: MusementEmulator, target: str
) -> None:
    reply = await ask(musement.url, target)
    assert reply.status == 400
    assert msgspec.json.decode(reply.body, type=dict[str, str])["code"] == "2271"


async def test_without_an_application_even_the_login_is_refused(musement: MusementEmulator) -> None:
    reply = await ask(musement.url, "/login", method="POST", body=msgspec.json.encode(LOGIN))
    assert (reply.status, b'"2271"' in reply.body) == (400, True)


async def test_the_accepted_applications_can_be_limited(musement: MusementEmulator) -> None:
    musement.applications = {"other"}
    assert (await get(musement, "/activities")).status == 400


async def test_an_unknown_market_is_refused_with_a_negative_code(musement: MusementEmulator) -> None:
    reply = await get(musement, "/activities", X_Musement_Market="xx")
    assert (reply.status, reply.json()) == (
        400,
        {"code": "-1", "message": "Unknown market code was provided."},
    )
    assert (await get(musement, "/activities", X_Musement_Market="it")).status == 200


async def test_an_unknown_uuid_is_a_404_with_a_code_of_digits(musement: MusementEmulator) -> None:
    for target in (f"/activities/{UUID(int=1)}", f"/activities/{UUID(int=1)}/media", "/activities/none"):
        reply = await get(musement, target)
        body = msgspec.json.decode(reply.body, type=dict[str, str])
        assert reply.status == 404
        assert re.fullmatch(r"-?\d+", body["code"])


async def test_a_draft_is_forbidden_to_partners_with_code_zero(musement: MusementEmulator) -> None:
    (uuid,) = [uuid for uuid, it in musement.world.activities.items() if it["status"] == "DRAFT"]
    for target in (f"/activities/{uuid}", f"/activities/{uuid}/media"):
        reply = await get(musement, target)
        assert reply.status == 403
        assert msgspec.json.decode(reply.body, type=dict[str, str])["code"] == "0"


@pytest.mark.parametrize("status", ["ARCHIVED", "UNAVAILABLE"])
async def test_what_is_off_sale_leaves_the_search_and_still_answers(
    musement: MusementEmulator, status: str
) -> None:
    (uuid,) = [uuid for uuid, it in musement.world.activities.items() if it["status"] == status]
    assert (await get(musement, f"/activities/{uuid}")).status == 200
    found = await search(musement, "limit=100")
    assert uuid not in [item["uuid"] for item in found.data]
    assert {item["status"] for item in found.data} == {"ONLINE"}


async def test_no_media_is_an_empty_list_for_some_and_a_404_for_others(musement: MusementEmulator) -> None:
    bare = {uuid for uuid, media in musement.world.media.items() if not media}
    missing = set(musement.world.activities) - set(musement.world.media)
    assert len(bare) == len(missing) == 1
    assert (await get(musement, f"/activities/{bare.pop()}/media")).json() == []
    reply = await get(musement, f"/activities/{missing.pop()}/media")
    assert (reply.status, b"No media" in reply.body) == (404, True)


async def test_the_search_envelope_is_an_object_or_an_array(musement: MusementEmulator) -> None:
    page = await search(musement)
    musement.list_envelope = "array"
    assert (await get(musement, "/activities")).json() == page.data


async def test_a_page_has_ten_items_by_default_and_a_hundred_at_most(musement: MusementEmulator) -> None:
    template = musement.world.activities[printed.GALLERY_UUID]
    musement.world.activities.update({f"more-{number}": template for number in range(120)})
    assert len((await search(musement)).data) == 10
    assert len((await search(musement, "limit=500")).data) == 100
    assert len((await search(musement, "limit=none")).data) == 10


async def test_pages_by_offset_join_to_the_whole_list(musement: MusementEmulator) -> None:
    whole = await search(musement, "limit=100")
    pages = [await search(musement, f"limit=20&offset={offset}") for offset in (0, 20, 40, 60)]
    assert [item for page in pages for item in page.data] == whole.data
    assert {page.meta["count"] for page in pages} == {len(whole.data)}


async def test_a_city_filter_takes_several_numbers(musement: MusementEmulator) -> None:
    found = await search(musement, "city_in=2,3&limit=100")
    assert {part(item, "city")["name"] for item in found.data} == {"Rome", "Venice"}
    assert found.meta["count"] == 8


async def test_a_category_filter_takes_codes(musement: MusementEmulator) -> None:
    found = await search(musement, "category_in=boat-tours&city_in=40&limit=100")
    assert [item["title"] for item in found.data] == ["Sunset boat trip on Seine"]


async def test_an_exact_city_is_told_with_its_number_as_text(musement: MusementEmulator) -> None:
    found = await search(musement, "text=venice")
    assert found.meta == {
        "count": 4,
        "match_type": "cities",
        "match_names": ["Venice"],
        "match_ids": ["3"],
    }
    assert "match_type" not in (await search(musement, "text=boat")).meta


async def test_nothing_found_is_a_success_without_items(musement: MusementEmulator) -> None:
    found = await search(musement, "text=xyzzy")
    assert (found.meta, found.data) == ({"count": 0}, [])


async def test_there_is_no_filter_by_uuid(musement: MusementEmulator) -> None:
    everything = await search(musement, "limit=100")
    for name in ("uuid_in", "ids", "id_in"):
        assert await search(musement, f"{name}={printed.GALLERY_UUID}&limit=100") == everything


@pytest.mark.parametrize(
    ("accept", "title"),
    [
        ("it", "Biglietti per il Museo Nazionale del Bargello"),
        ("de-DE, fr-FR;q=0.8, en;q=0.5", "Billets pour le musée national du Bargello"),
        ("en;q=0.3, it-IT;q=0.9", "Biglietti per il Museo Nazionale del Bargello"),
        ("ru-RU", "Tickets for the Bargello National Museum"),
        (";q=x,,", "Tickets for the Bargello National Museum"),
    ],
)
async def test_titles_are_told_in_the_language_asked_for_else_in_english(
    musement: MusementEmulator, accept: str, title: str
) -> None:
    activity = (await get(musement, f"/activities/{printed.GALLERY_UUID}", Accept_Language=accept)).json()
    media = await get(musement, f"/activities/{printed.GALLERY_UUID}/media", Accept_Language=accept)
    assert isinstance(activity, dict)
    assert activity["title"] == title
    assert {item["title"] for item in msgspec.json.decode(media.body, type=list[Payload])} == {title}


async def test_the_city_is_translated_and_found_by_its_translation(musement: MusementEmulator) -> None:
    found = await search(musement, "text=firenze", Accept_Language="it")
    assert {part(item, "city")["name"] for item in found.data} == {"Firenze"}


async def test_what_is_empty_is_left_out_and_not_null(musement: MusementEmulator) -> None:
    activities = musement.world.activities.values()
    assert not [activity for activity in activities if None in activity.values()]
    assert [text(it, "title") for it in activities if "latitude" not in it] == ["Food tasting in Le Marais"]


async def test_an_edited_world_is_what_the_wire_carries(musement: MusementEmulator) -> None:
    musement.world.activities[printed.GALLERY_UUID]["title"] = "Changed"
    assert b'"Changed"' in (await get(musement, f"/activities/{printed.GALLERY_UUID}")).body
    assert create_emulator().world.activities[printed.GALLERY_UUID]["title"] == printed.TITLE


async def test_a_login_gives_a_bearer_token_without_a_refresh_token(musement: MusementEmulator) -> None:
    musement.expires_in = 120
    reply = await login(musement)
    token = msgspec.json.decode(reply.body, type=Token)
    assert (reply.status, token.expires_in, token.token_type, token.scope) == (200, 120, "bearer", None)
    assert b"refresh_token" not in reply.body


@pytest.mark.parametrize("changes", [{"client_id": "x"}, {"client_secret": "x"}, {"grant_type": "password"}])
async def test_a_login_with_anything_wrong_is_a_400(
    musement: MusementEmulator, changes: dict[str, str]
) -> None:
    assert (await login(musement, **changes)).status == 400


async def test_a_login_that_is_no_json_is_a_400(musement: MusementEmulator) -> None:
    assert (await ask(musement.url, "/login", APPLICATION, "POST", b"client_id=1")).status == 400


async def test_reads_need_no_token_unless_they_are_told_to(musement: MusementEmulator) -> None:
    assert (await get(musement, "/activities")).status == 200
    musement.require_token = True
    reply = await get(musement, "/activities")
    assert reply.status == 401
    assert msgspec.json.decode(reply.body, type=dict[str, str])["code"] == "1401"


async def test_a_token_is_good_until_it_is_revoked(musement: MusementEmulator) -> None:
    musement.require_token = True
    token = msgspec.json.decode((await login(musement)).body, type=Token).access_token
    assert (await get(musement, "/activities", Authorization=f"Bearer {token}")).status == 200
    assert (await get(musement, "/activities", Authorization=f"bearer {token}")).status == 401
    musement.revoke_tokens()
    assert (await get(musement, "/activities", Authorization=f"Bearer {token}")).status == 401


async def test_a_token_that_has_expired_is_refused(musement: MusementEmulator) -> None:
    musement.require_token = True
    musement.expires_in = 0
    token = msgspec.json.decode((await login(musement)).body, type=Token).access_token
    assert (await get(musement, "/activities", Authorization=f"Bearer {token}")).status == 401


async def test_the_base_path_is_part_of_the_address(musement: MusementEmulator) -> None:
    assert musement.url.endswith("/api/v3")
    assert (await ask(musement.origin, "/activities", APPLICATION)).status == 404


async def test_hits_are_counted_by_the_names_of_the_routes(musement: MusementEmulator) -> None:
    await login(musement)
    await get(musement, "/activities?limit=1")
    await get(musement, f"/activities/{printed.GALLERY_UUID}")
    await get(musement, f"/activities/{printed.GALLERY_UUID}/media")
    assert musement.hits.by_route() == {
        "POST /login": 1,
        "GET /activities": 1,
        "GET /activities/{uuid}": 1,
        "GET /activities/{uuid}/media": 1,
    }


def test_the_world_is_large_and_the_same_every_time() -> None:
    first, second = create_emulator().world, create_emulator().world
    assert first.activities == second.activities
    assert first.media == second.media
    assert len(first.activities) >= 48
    assert {UUID(uuid).version for uuid in first.activities} == {1, 4}


def test_the_world_has_what_a_client_must_survive() -> None:
    world = create_emulator().world
    media = {uuid: items for uuid, items in world.media.items() if uuid in world.activities}
    flagged = {uuid for uuid, items in media.items() if any(item["is_cover"] for item in items)}
    coverless = {uuid for uuid, activity in world.activities.items() if "cover_image_url" not in activity}
    kinds = [item.get("type") for items in media.values() for item in items]
    assert len(coverless & flagged) == 1
    assert len(coverless - flagged) == 1
    assert set(kinds) == {"image", "video", "panorama", None}
    assert sum("url" not in item for items in media.values() for item in items) == 1


def test_pictures_of_the_world_are_under_the_origin_but_for_the_printed_ones() -> None:
    world = create_emulator("http://graph.test").world
    urls = [text(item, "url") for items in world.media.values() for item in items if "url" in item]
    covers = [text(activity, "cover_image_url") for activity in world.activities.values()]
    foreign = {url for url in (*urls, *covers) if url and not url.startswith("http://graph.test/sandbox/")}
    printed_urls = {text(item, "url") for item in printed.GALLERY} | {printed.COVER_IMAGE_URL}
    assert foreign == printed_urls
