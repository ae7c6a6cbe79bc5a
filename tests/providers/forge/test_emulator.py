"""The wire contract of the emulated Forge: each fact and trap of the provider's notes that it keeps."""

import re
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
import pytest

from providers.emulation import faults
from providers.emulation.payload import Payload, part, parts, text
from providers.forge import printed
from providers.forge.emulator import ForgeEmulator, create_emulator
from tests.providers.emulation.wire import Reply, ask

DETAIL_ONLY = {"relations", "references", "context", "mimeType", "storagePath", "_listAvailability"}
BARGELLO = "musement:7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10"
ARCHIVE = "tags.neutralSlug=archive"


class Pagination(msgspec.Struct, rename="camel"):
    max_items: int
    next_url: str | None = None
    previous_url: str | None = None


class Page(msgspec.Struct):
    pagination: Pagination
    meta: Payload
    items: list[Payload]

    @property
    def slugs(self) -> list[str]:
        return [text(item, "slug") for item in self.items]


class Problem(msgspec.Struct, rename="camel"):
    type: str
    title: str
    status: int
    trace_id: str


@pytest.fixture
async def forge() -> AsyncIterator[ForgeEmulator]:
    emulator = create_emulator("http://graph.test")
    await emulator.start()
    yield emulator
    await emulator.stop()


async def read(emulator: ForgeEmulator, query: str = "", culture: str = "en-us") -> Page:
    reply = await ask(emulator.url, f"/v2/content/{culture}/photos?{query}")
    assert reply.status == 200
    return msgspec.json.decode(reply.body, type=Page)


async def detail(emulator: ForgeEmulator, slug: str, culture: str = "en-us") -> Reply:
    return await ask(emulator.url, f"/v2/content/{culture}/photos/{slug}")


async def crawl(emulator: ForgeEmulator, query: str, culture: str = "en-us") -> list[Payload]:
    """Follow `nextUrl` to the end."""
    page = await read(emulator, f"$limit=100&{query}", culture)
    items = page.items
    while page.pagination.next_url:
        address = urlsplit(page.pagination.next_url)
        reply = await ask(emulator.url, f"{address.path}?{address.query}")
        page = msgspec.json.decode(reply.body, type=Page)
        items += page.items
    return items


async def test_the_printed_item_comes_as_printed(forge: ForgeEmulator) -> None:
    page = await read(forge, f"_id={printed.SLUG}")
    assert page.items == [printed.PHOTO]
    assert page.pagination == Pagination(max_items=100)
    assert (await detail(forge, printed.SLUG, "fr-fr")).status == 404


async def test_an_envelope_has_a_version_a_time_and_the_largest_page(forge: ForgeEmulator) -> None:
    page = await read(forge)
    assert page.meta["apiVersion"] == "2.0"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", text(page.meta, "generatedAt"))
    assert page.pagination.max_items == 100


async def test_a_page_has_25_items_by_default(forge: ForgeEmulator) -> None:
    assert len((await read(forge)).items) == 25


@pytest.mark.parametrize(
    ("limit", "length"), [("7", 7), ("100", 100), ("101", 100), ("0", 1), ("-5", 1), ("many", 25)]
)
async def test_a_limit_is_clamped(forge: ForgeEmulator, limit: str, length: int) -> None:
    assert len((await read(forge, f"$limit={limit}")).items) == length


async def test_an_encoded_dollar_is_ignored_with_a_200(forge: ForgeEmulator) -> None:
    page = await read(forge, "%24limit=3&%24skip=5&%24sort=contentDate%3Aasc")
    assert page.items == (await read(forge)).items


async def test_an_encoded_dollar_may_be_switched_to_count(forge: ForgeEmulator) -> None:
    forge.encoded_dollar_ignored = False
    assert len((await read(forge, "%24limit=3")).items) == 3


@pytest.mark.parametrize(
    "query", ["content.slug=florence", "tag.slug=florence", "limit=3", "$top=3", "x", "&&"]
)
async def test_what_is_unknown_is_ignored(forge: ForgeEmulator, query: str) -> None:
    assert (await read(forge, query)).items == (await read(forge)).items


async def test_the_context_is_filtered_by_its_real_name(forge: ForgeEmulator) -> None:
    found = await crawl(forge, "context.slug=florence")
    contexts = {
        part(msgspec.json.decode((await detail(forge, text(item, "slug"))).body, type=Payload), "context")[
            "slug"
        ]
        for item in found
    }
    assert contexts == {"florence"}
    by_neutral = await crawl(forge, "context.neutralSlug=florence", "it-it")
    by_local = await crawl(forge, "context.slug=firenze", "it-it")
    assert by_neutral == by_local != []


async def test_repeated_tags_must_all_be_there(forge: ForgeEmulator) -> None:
    florence = await crawl(forge, "tags.slug=florence")
    night = await crawl(forge, "tags.slug=night")
    both = await crawl(forge, "tags.slug=florence&tags.slug=night")
    assert {text(photo, "slug") for photo in both} == {
        text(photo, "slug") for photo in florence if photo in night
    }
    assert 0 < len(both) < len(florence)


async def test_different_filters_must_all_fit(forge: ForgeEmulator) -> None:
    found = await crawl(forge, "tags.slug=florence&featured=1")
    assert {photo["featured"] for photo in found} == {1}
    assert {slug for photo in found for slug in _tags(photo, "slug")} >= {"florence"}


async def test_a_comma_is_part_of_a_value(forge: ForgeEmulator) -> None:
    assert (await read(forge, "tags.slug=florence%2Cnight")).items == []


async def test_an_external_source_finds_the_photos_of_an_activity(forge: ForgeEmulator) -> None:
    found = await crawl(forge, f"tags.externalSourceReference={BARGELLO}")
    assert len(found) >= 6
    for photo in found:
        (tag,) = [tag for tag in parts(photo, "tags") if tag.get("externalSourceName")]
        assert tag["externalSourceName"] == "musement"
        assert tag["externalSourceReference"] == {
            "sourceName": "musement",
            "sourceId": BARGELLO.partition(":")[2],
        }


async def test_an_external_source_finds_the_photos_of_a_product(forge: ForgeEmulator) -> None:
    assert await crawl(forge, "tags.externalSourceReference=clubmed%3AGRIS_WINTER")
    assert not await crawl(forge, "tags.externalSourceReference=clubmed%3AGRIS")


async def test_promoted_and_others_can_be_told_apart(forge: ForgeEmulator) -> None:
    everything = await crawl(forge, "")
    promoted, others = await crawl(forge, "featured=1"), await crawl(forge, "featured=0")
    assert len(promoted) + len(others) == len(everything)
    assert {photo["featured"] for photo in promoted} == {1}


async def test_unlisted_photos_come_only_when_asked_for_and_by_their_slug(forge: ForgeEmulator) -> None:
    hidden = [text(photo, "slug") for photo in forge.world.photos["en-us"] if photo["_listAvailability"] == 1]
    listed = {text(photo, "slug") for photo in await crawl(forge, "")}
    assert hidden
    assert not listed & set(hidden)
    assert {text(photo, "slug") for photo in await crawl(forge, "_listAvailability=1")} == set(hidden)
    assert (await detail(forge, hidden[0])).status == 200


async def test_an_id_is_a_slug_and_no_guid(forge: ForgeEmulator) -> None:
    photo = forge.world.photos["en-us"][0]
    assert (await read(forge, f"_id={photo['slug']}")).slugs == [photo["slug"]]
    assert (await read(forge, f"_id={photo['_entityId']}")).items == []
    assert (await detail(forge, text(photo, "_entityId"))).status == 404


async def test_nothing_found_is_a_success_without_items(forge: ForgeEmulator) -> None:
    page = await read(forge, "tags.slug=xyzzy")
    assert (page.items, page.pagination) == ([], Pagination(max_items=100))
    assert (await read(forge, "$skip=100000")).items == []


async def test_the_next_page_is_absolute_and_keeps_filters_limit_and_the_cultures_case(
    forge: ForgeEmulator,
) -> None:
    page = await read(forge, "$limit=10&$skip=10&tags.slug=florence&$sort=contentDate:desc", culture="EN-us")
    kept = f"{forge.url}/v2/content/EN-us/photos?tags.slug=florence&$sort=contentDate:desc&$limit=10"
    assert page.pagination.next_url == f"{kept}&$skip=20"
    assert page.pagination.previous_url == f"{kept}&$skip=0"
    assert {text(item, "selfUrl").split("/")[5] for item in page.items} == {"en-us"}


async def test_the_first_page_has_none_before_and_the_last_none_after(forge: ForgeEmulator) -> None:
    first = await read(forge, "$limit=10&tags.slug=florence")
    total = len(await crawl(forge, "tags.slug=florence"))
    last = await read(forge, f"$limit=10&$skip={total - 10}&tags.slug=florence")
    assert first.pagination.previous_url is None
    assert last.pagination.next_url is None
    assert len(last.items) == 10


async def test_pages_join_to_the_whole_list(forge: ForgeEmulator) -> None:
    found = await crawl(forge, "")
    listed = [photo for photo in forge.world.photos["en-us"] if photo["_listAvailability"] == 0]
    assert len(found) == len(listed) == len({text(photo, "_entityId") for photo in found})


async def test_promoted_photos_come_first_then_the_latest(forge: ForgeEmulator) -> None:
    found = await crawl(forge, "")
    keys = [(photo["featured"], _moment(photo, "contentDate")) for photo in found]
    assert keys == sorted(keys, reverse=True)


@pytest.mark.parametrize("field", ["contentDate", "lastUpdatedDate"])
async def test_dates_sort_as_dates_whatever_their_fractions(forge: ForgeEmulator, field: str) -> None:
    rising = [_moment(photo, field) for photo in await crawl(forge, f"$sort={field}:asc")]
    falling = [_moment(photo, field) for photo in await crawl(forge, f"$sort={field}:desc")]
    assert rising == sorted(rising)
    assert falling == rising[::-1]


@pytest.mark.parametrize("field", ["tags.slug", "tags.neutralSlug", "context.slug", "context.neutralSlug"])
async def test_slugs_of_tags_and_contexts_sort_as_text(forge: ForgeEmulator, field: str) -> None:
    group, _, name = field.partition(".")
    photos = {photo["slug"]: photo for photo in forge.world.photos["it-it"]}
    found = [photos[photo["slug"]] for photo in await crawl(forge, f"$sort={field}:desc", "it-it")]
    firsts = [
        (parts(photo, "tags") or [{}])[0] if group == "tags" else part(photo, "context") for photo in found
    ]
    values = [text(tag, name) for tag in firsts]
    assert values == sorted(values, reverse=True)


async def test_external_sources_sort_as_text(forge: ForgeEmulator) -> None:
    found = await crawl(forge, "$sort=tags.externalSourceReference:desc")
    sources = [
        next((source for source in map(_source, parts(photo, "tags")) if source), "") for photo in found
    ]
    assert sources == sorted(sources, reverse=True)
    assert {source.partition(":")[0] for source in sources} == {"musement", "clubmed", ""}


async def test_what_is_equal_is_in_the_order_of_slugs(forge: ForgeEmulator) -> None:
    slugs = [text(photo, "slug") for photo in await crawl(forge, f"{ARCHIVE}&$sort=contentDate:desc")]
    assert len(slugs) > 1
    assert slugs == sorted(slugs)


async def test_an_unknown_sort_field_is_the_default_order(forge: ForgeEmulator) -> None:
    assert (await read(forge, "$sort=price:asc")).slugs == (await read(forge)).slugs


async def test_list_items_lack_what_only_details_have(forge: ForgeEmulator) -> None:
    found = await crawl(forge, "")
    assert not [photo for photo in found if DETAIL_ONLY & photo.keys()]
    without_fields = sum("fields" not in photo for photo in found)
    assert 0 < without_fields < len(found) / 4


async def test_a_detail_has_everything(forge: ForgeEmulator) -> None:
    found = await read(forge, "context.slug=florence&$limit=1")
    photo = msgspec.json.decode((await detail(forge, found.slugs[0])).body, type=Payload)
    assert photo.keys() >= {*found.items[0], *DETAIL_ONLY, "fields"}


async def test_a_detail_takes_no_query(forge: ForgeEmulator) -> None:
    assert (await detail(forge, f"{printed.SLUG}?_id=other")).status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/v2/content/en-us/photos/none",
        "/v2/content/de-de/photos",
        "/v2/content/de-de/photos/none",
        "/v2/content/en-us/movies",
        "/v1/content/en-us/photos",
    ],
)
async def test_what_does_not_exist_is_a_problem_with_a_trace(forge: ForgeEmulator, target: str) -> None:
    reply = await ask(forge.url, target)
    problem = msgspec.json.decode(reply.body, type=Problem)
    assert (reply.status, problem.status, problem.title) == (404, 404, "Not Found")
    assert reply.headers["content-type"] == "application/problem+json"
    assert problem.type == "https://tools.ietf.org/html/rfc9110#section-15.5.5"
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", problem.trace_id)


async def test_a_slash_at_the_end_is_still_the_list(forge: ForgeEmulator) -> None:
    reply = await ask(forge.url, "/v2/content/en-us/photos/?$limit=2")
    assert len(msgspec.json.decode(reply.body, type=Page).items) == 2
    assert forge.hits.count("GET /v2/content/{culture}/photos") == 1


async def test_the_case_of_a_culture_does_not_matter(forge: ForgeEmulator) -> None:
    assert (await read(forge, culture="FR-fr")).items == (await read(forge, culture="fr-fr")).items


async def test_one_photo_has_another_slug_in_another_language(forge: ForgeEmulator) -> None:
    english = {text(photo, "_entityId"): photo for photo in forge.world.photos["en-us"]}
    shared = [photo for photo in forge.world.photos["fr-fr"] if photo["_entityId"] in english]
    assert len(shared) == len(forge.world.photos["fr-fr"]) < len(english)
    same_slug = [photo for photo in shared if photo["slug"] == english[text(photo, "_entityId")]["slug"]]
    assert len(same_slug) < 10
    assert not [
        photo
        for photo in shared
        if photo["_translationId"] == english[text(photo, "_entityId")]["_translationId"]
    ]


async def test_a_hostile_next_page_leads_elsewhere(forge: ForgeEmulator) -> None:
    forge.faults.add(faults.hostile_next_url("http://127.0.0.1:1/v2/content/en-us/photos"))
    for query in ("$limit=2", f"_id={printed.SLUG}"):
        page = await read(forge, query)
        assert page.pagination.next_url == "http://127.0.0.1:1/v2/content/en-us/photos"
        assert page.items


async def test_the_tag_of_a_page_is_the_same_while_the_photos_are(forge: ForgeEmulator) -> None:
    forge.validators = True
    first = await ask(forge.url, "/v2/content/en-us/photos")
    again = await ask(forge.url, "/v2/content/en-us/photos", {"If-None-Match": first.headers["etag"]})
    forge.world.photos["en-us"].clear()
    emptied = await ask(forge.url, "/v2/content/en-us/photos", {"If-None-Match": first.headers["etag"]})
    assert (first.status, again.status, emptied.status) == (200, 304, 200)


async def test_a_tenant_can_be_given_another_culture(forge: ForgeEmulator) -> None:
    forge.world.photos["de-de"] = [printed.PHOTO | {"_listAvailability": 0}]
    assert (await read(forge, culture="de-de")).items == [printed.PHOTO]


@pytest.mark.parametrize(("culture", "least"), [("en-us", 1000), ("fr-fr", 400), ("it-it", 400)])
def test_the_world_is_large_and_the_same_every_time(culture: str, least: int) -> None:
    photos = create_emulator().world.photos[culture]
    assert photos == create_emulator().world.photos[culture]
    assert sum(photo["_listAvailability"] == 0 for photo in photos) >= least
    assert len({text(photo, "slug") for photo in photos}) == len(photos)
    assert len({slug for photo in photos for slug in _tags(photo, "neutralSlug")}) >= 60


def test_dates_have_from_no_to_seven_digits_of_a_second() -> None:
    dates = [text(photo, "contentDate") for photo in create_emulator().world.photos["en-us"]]
    assert {len(date.partition(".")[2].removesuffix("Z")) for date in dates} == set(range(8))


def test_templates_are_of_every_form_and_formats_are_never_overridden() -> None:
    images = [part(photo, "image") for photo in create_emulator().world.photos["en-us"] if photo["image"]]
    templates = [text(image, "templateUrl") for image in images]
    filled = sum("{formatInstructions}" in template for template in templates)
    assert filled > 0.97 * len(templates)
    assert any("{formatName}" in template for template in templates)
    assert any("{" not in template for template in templates)
    assert sum("/s--" in template for template in templates) == 1
    assert [image["overriddenFormats"] for image in images] == [{}] * len(images)


def test_tags_have_optional_keys_or_lack_them() -> None:
    tags = [tag for photo in create_emulator().world.photos["en-us"] for tag in parts(photo, "tags")]
    forms = {tuple(name in tag for name in ("type", "externalSourceName", "extraData")) for tag in tags}
    assert forms == {(True, True, True), (False, False, False)}
    assert {tag["externalSourceName"] for tag in tags if "type" in tag} == {None, "musement", "clubmed"}


def test_the_world_has_what_a_client_must_survive() -> None:
    archive = [
        photo
        for photo in create_emulator().world.photos["en-us"]
        if "archive" in _tags(photo, "neutralSlug") or photo["tags"] is None
    ]
    images = [part(photo, "image") for photo in archive]
    assert sum(photo["image"] is None for photo in archive) == 1
    assert sum(image.get("thumbnailUrl", "") is None for image in images) == 1
    assert sum("slug" not in tag for photo in archive for tag in parts(photo, "tags")) == 1
    assert sum(photo["fields"] is None for photo in archive) == 1


def _tags(photo: Payload, name: str) -> set[str]:
    return {text(tag, name) for tag in parts(photo, "tags")}


def _source(tag: Payload) -> str:
    reference = part(tag, "externalSourceReference")
    return f"{reference['sourceName']}:{reference['sourceId']}" if reference else ""


def _moment(photo: Payload, name: str) -> datetime:
    return datetime.fromisoformat(text(photo, name))
