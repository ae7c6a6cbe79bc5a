"""The wire contract of the emulated Club Med: each fact and trap of the provider's notes that it keeps."""

import re
from collections.abc import AsyncIterator

import msgspec
import pytest

from providers.clubmed import printed
from providers.clubmed.emulated_products import HERO, LOCALES
from providers.clubmed.emulator import ClubMedEmulator, create_emulator
from providers.emulation.payload import Payload, part, parts, text
from tests.providers.emulation.wire import Reply, ask

KEY = "abc.sandbox.clubmed.com"


@pytest.fixture
async def clubmed() -> AsyncIterator[ClubMedEmulator]:
    emulator = create_emulator("http://graph.test")
    await emulator.start()
    yield emulator
    await emulator.stop()


async def get(emulator: ClubMedEmulator, target: str, locale: str = "en-US") -> Reply:
    return await ask(emulator.url, target, {"x-api-key": KEY, "accept-language": locale})


def read_list(reply: Reply) -> list[Payload]:
    return msgspec.json.decode(reply.body, type=list[Payload])


def read_error(reply: Reply) -> Payload:
    return msgspec.json.decode(reply.body, type=Payload)


async def test_the_printed_pictures_and_videos_come_as_printed(clubmed: ClubMedEmulator) -> None:
    pictures = await get(clubmed, f"/v1/products/{printed.PRODUCT_ID}/pictures")
    videos = await get(clubmed, f"/v0/products/{printed.PRODUCT_ID}/videos")
    assert pictures.body == b'[{"url":"http://image.jpg","keywords":["MAIN_KEY_VISUAL"]}]'
    assert videos.body == b'["http://image.jpg"]'
    assert (await get(clubmed, f"/v2/products/{printed.PRODUCT_ID}")).status == 200


async def test_a_limited_list_is_a_partial_answer_with_its_range(clubmed: ClubMedEmulator) -> None:
    reply = await get(clubmed, "/v2/products?limit=3&page=2")
    assert reply.status == 206
    assert reply.headers["content-range"] == "3-5/35"
    assert len(read_list(reply)) == 3
    assert reply.headers["cache-control"] == "max-age=600,must-revalidate"
    assert reply.headers["last-modified"].endswith(" GMT")
    assert re.fullmatch("[0-9a-f]{32}", reply.headers["x-request-id"])


async def test_without_a_limit_the_whole_catalogue_comes_with_200(clubmed: ClubMedEmulator) -> None:
    reply = await get(clubmed, "/v2/products")
    assert (reply.status, len(read_list(reply))) == (200, 35)
    assert "content-range" not in reply.headers


async def test_pages_join_to_the_whole_catalogue(clubmed: ClubMedEmulator) -> None:
    whole = read_list(await get(clubmed, "/v2/products"))
    pages = [await get(clubmed, f"/v2/products?limit=10&page={page}") for page in (1, 2, 3, 4)]
    assert [item for page in pages for item in read_list(page)] == whole
    assert pages[-1].headers["content-range"] == "30-34/35"


async def test_the_link_header_carries_the_key_in_clear(clubmed: ClubMedEmulator) -> None:
    link = (await get(clubmed, "/v2/products?limit=10&page=2")).headers["link"]
    assert link.count(f"api_key={KEY}") == 5
    assert f'<https://api.clubmed.com/v2/products?limit=10&page=3&api_key={KEY}>; rel="next"' in link


async def test_the_first_page_links_no_page_before_and_the_last_none_after(clubmed: ClubMedEmulator) -> None:
    first = (await get(clubmed, "/v2/products?limit=10")).headers["link"]
    last = (await get(clubmed, "/v2/products?limit=10&page=4")).headers["link"]
    assert 'rel="next"' in first
    assert 'rel="prev"' not in first
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last


async def test_a_page_past_the_end_is_a_416(clubmed: ClubMedEmulator) -> None:
    reply = await get(clubmed, "/v2/products?limit=10&page=5")
    error = read_error(reply)
    assert (reply.status, error["status_code"]) == (416, 416)
    assert error["error"] == "Requested range not satisfiable"
    assert "errors" not in error


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=10&page=0", "limit=-1", "limit=²"])
async def test_a_window_that_is_none_is_a_400_with_the_key_concerned(
    clubmed: ClubMedEmulator, query: str
) -> None:
    reply = await get(clubmed, f"/v2/products?{query.replace('²', '%C2%B2')}")
    (error,) = parts(read_error(reply), "errors")
    assert reply.status == 400
    assert error["concerned_key"] in {"limit", "page"}


async def test_without_a_key_every_route_is_refused(clubmed: ClubMedEmulator) -> None:
    for target in ("/v2/products", "/v0/locales", "/v1/products/PALM/pictures"):
        reply = await ask(clubmed.url, target, {"accept-language": "en-US"})
        assert (reply.status, read_error(reply)["error"]) == (401, "unauthorized")


async def test_a_key_in_the_query_is_as_good_as_the_header(clubmed: ClubMedEmulator) -> None:
    reply = await ask(clubmed.url, f"/v0/products/PALM/videos?api_key={KEY}", {"accept-language": "en-US"})
    assert reply.status == 200


async def test_a_key_that_is_not_entitled_is_forbidden(clubmed: ClubMedEmulator) -> None:
    clubmed.api_keys = {"other"}
    assert (await get(clubmed, "/v2/products/PALM")).status == 403


async def test_a_missing_locale_is_a_400_that_names_the_field(clubmed: ClubMedEmulator) -> None:
    reply = await ask(clubmed.url, "/v2/products/PALM", {"x-api-key": KEY})
    assert (reply.status, parts(read_error(reply), "errors")) == (
        400,
        [
            {
                "error_code": "FIELD_REQUIRED",
                "concerned_key": "accept-language",
                "error_description": "accept-language is required",
            }
        ],
    )


@pytest.mark.parametrize(
    ("locale", "status"), [("en-us", 400), ("en-US,en;q=0.9", 400), ("it-IT", 403), ("ja-JP", 200)]
)
async def test_a_locale_is_one_exact_tag_that_the_key_may_use(
    clubmed: ClubMedEmulator, locale: str, status: int
) -> None:
    assert (await get(clubmed, "/v2/products/PALM", locale)).status == status


async def test_the_locales_can_be_asked_for(clubmed: ClubMedEmulator) -> None:
    reply = await ask(clubmed.url, "/v0/locales", {"x-api-key": KEY})
    assert msgspec.json.decode(reply.body, type=set[str]) == {"fr-FR", "en-US", "es-ES", "ja-JP", "en-SG"}


@pytest.mark.parametrize("locale", LOCALES)
async def test_texts_are_told_in_the_locale_asked_for(clubmed: ClubMedEmulator, locale: str) -> None:
    said = {"en": "Morocco", "fr": "Maroc", "es": "Marruecos", "ja": "モロッコ"}[locale[:2]]
    product = msgspec.json.decode((await get(clubmed, "/v2/products/PALM", locale)).body, type=Payload)
    assert parts(part(product, "destination"), "countries")[0]["label"] == said
    assert f"/{locale.lower()}/" in text(part(product, "media"), "fact_sheet_url")


@pytest.mark.parametrize(
    "target", ["/v2/products/NONE", "/v1/products/NONE/pictures", "/v0/products/NONE/videos"]
)
async def test_an_unknown_product_is_a_404(clubmed: ClubMedEmulator, target: str) -> None:
    reply = await get(clubmed, target)
    assert (reply.status, read_error(reply)["status_code"]) == (404, 404)


async def test_a_malformed_product_id_is_a_400(clubmed: ClubMedEmulator) -> None:
    reply = await get(clubmed, "/v1/products/a%2Fb/pictures")
    assert (reply.status, parts(read_error(reply), "errors")[0]["concerned_key"]) == (400, "product_id")


async def test_ids_are_case_sensitive(clubmed: ClubMedEmulator) -> None:
    assert (await get(clubmed, "/v2/products/palm")).status == 404


async def test_versions_of_the_routes_differ_on_purpose(clubmed: ClubMedEmulator) -> None:
    for target in ("/v1/products/PALM", "/v2/products/PALM/pictures", "/v1/products/PALM/videos"):
        assert (await get(clubmed, target)).status == 404


async def test_a_double_slash_is_another_path(clubmed: ClubMedEmulator) -> None:
    assert (await get(clubmed, "//v1/products/PALM/pictures")).status == 404


async def test_no_video_is_an_empty_list_for_some_and_a_404_for_others(clubmed: ClubMedEmulator) -> None:
    world = clubmed.world
    bare = [product_id for product_id, videos in world.videos.items() if not videos]
    missing = [product_id for product_id in world.products["en-US"] if product_id not in world.videos]
    assert (await get(clubmed, f"/v0/products/{bare[0]}/videos")).body == b"[]"
    assert (await get(clubmed, f"/v0/products/{missing[0]}/videos")).status == 404


async def test_an_edited_world_is_what_the_wire_carries(clubmed: ClubMedEmulator) -> None:
    clubmed.world.products["en-US"]["PALM"]["title"] = "Changed"
    clubmed.world.pictures["PALM"] = []
    assert b'"Changed"' in (await get(clubmed, "/v2/products/PALM")).body
    assert b'"Changed"' not in (await get(clubmed, "/v2/products/PALM", "fr-FR")).body
    assert (await get(clubmed, "/v1/products/PALM/pictures")).body == b"[]"


async def test_hits_are_counted_by_the_names_of_the_routes(clubmed: ClubMedEmulator) -> None:
    for target in ("/v2/products?limit=1", "/v2/products/PALM", "/v1/products/PALM/pictures"):
        await get(clubmed, target)
    await get(clubmed, "/v0/products/PALM/videos")
    assert clubmed.hits.by_route() == {
        "GET /v2/products": 1,
        "GET /v2/products/{id}": 1,
        "GET /v1/products/{id}/pictures": 1,
        "GET /v0/products/{id}/videos": 1,
    }


def test_a_resort_of_two_seasons_is_two_products_that_know_each_other() -> None:
    products = create_emulator().world.products["en-US"]
    winter, summer = products["GRIS_WINTER"], products["GRIS_SUMMER"]
    assert (winter["sibling_id"], summer["sibling_id"]) == ("GRIS_SUMMER", "GRIS_WINTER")
    assert winter["resort_id"] == summer["resort_id"] == "GRIS"
    assert products["PALM"]["sibling_id"] == ""


def test_the_world_is_large_and_the_same_every_time() -> None:
    first, second = create_emulator().world, create_emulator().world
    assert (first.products, first.pictures, first.videos) == (second.products, second.pictures, second.videos)
    assert len(first.products["en-US"]) >= 34
    assert set(first.products) == set(LOCALES)


def test_the_world_has_what_a_client_must_survive() -> None:
    world = create_emulator().world
    heroes = {
        product_id: sum(HERO in str(picture.get("keywords")) for picture in pictures)
        for product_id, pictures in world.pictures.items()
    }
    immersive = {
        product_id
        for product_id, product in world.products["en-US"].items()
        if part(product, "media")["immersive_image"]
    }
    without_hero = {product_id for product_id, count in heroes.items() if not count}
    urls = [picture["url"] for picture in world.pictures["PELO"]]
    assert set(heroes.values()) == {0, 1, 2}
    assert without_hero & immersive
    assert "SALY" in without_hero - immersive
    assert world.pictures["EXUM"] == []
    assert len(set(urls)) == len(urls) - 1
    assert sum("keywords" not in picture for picture in world.pictures["PELO"]) == 1
    assert any(HERO not in str(pictures[0]) for pictures in world.pictures.values() if pictures)


def test_pictures_of_the_world_are_under_the_origin_but_for_the_printed_one() -> None:
    world = create_emulator("http://graph.test").world
    urls = {text(picture, "url") for pictures in world.pictures.values() for picture in pictures}
    urls |= {str(video) for videos in world.videos.values() for video in videos}
    assert {url for url in urls if not url.startswith("http://graph.test/sandbox/")} == {"http://image.jpg"}
