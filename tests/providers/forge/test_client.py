"""What Forge's JSON becomes: details, list items, and windows with their next link."""

import datetime as dt
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from aioresponses import aioresponses
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import UpstreamBadResponse
from providers.forge.client import Cultures, ForgeClient, leads_on
from providers.forge.images import ForgeImages, ImageStrategy
from providers.forge.lists import PhotoFilter, PhotoList, PhotoSort, PhotoSortField, query_pairs
from providers.forge.records import ListAvailability, Photo, RelatedContent, Tag, utc_text
from providers.keys import PhotoKey
from providers.records import Answer, Image, Owner, Page, Provider
from tests.providers.calls import client_of, scope_of

BASE = "https://forge.test"
KEY = PhotoKey("en-us", "x")
LIST = PhotoList("en-us", PhotoFilter())
THUMBNAIL = "https://images.test/private/w_250/x"
IMAGE = {
    "title": "x.jpg",
    "templateUrl": "https://images.test/private/{formatInstructions}/x",
    "thumbnailUrl": THUMBNAIL,
    "format": "jpg",
    "overriddenFormats": {"a": 1},
}


def cultures(configured: tuple[str, ...] = (), absent_s: float = 30.0) -> Cultures:
    return Cultures(configured, ("en-US", "fr-FR", "fr-CA"), "en-US", absent_s)


@pytest.fixture
async def forge() -> AsyncIterator[ForgeClient]:
    async with client_of(Provider.FORGE, BASE) as client:
        yield ForgeClient(client, ForgeImages(ImageStrategy.DYNAMIC), cultures(), "context.slug")


@pytest.fixture
async def web() -> AsyncIterator[aioresponses]:
    with aioresponses() as mocked:
        yield mocked


async def detail(forge: ForgeClient, web: aioresponses, **payload: Any) -> Photo:
    web.get(f"{BASE}/v2/content/en-us/photos/x", payload={"slug": "x", "image": IMAGE, **payload})
    answer = (await forge.photos([KEY], scope_of()))[KEY]
    assert isinstance(answer, Answer)
    assert answer.value is not None
    return answer.value


async def window(forge: ForgeClient, web: aioresponses, payload: object, **wanted: Any) -> Page[Photo]:
    body = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    web.get(re.compile(re.escape(f"{BASE}/v2/content/en-us/photos?")), body=body)
    photos = PhotoList("en-us", PhotoFilter(**wanted))
    answer = await forge.window(photos, 10, 5, scope_of())
    assert answer.value is not None
    return answer.value


async def test_a_detail_becomes_a_record_field_by_field(forge: ForgeClient, web: aioresponses) -> None:
    photo = await detail(
        forge,
        web,
        type="photo",
        _entityId="e",
        _translationId="t",
        title="X",
        contentDate="2020-07-21T07:33:43.5541234Z",
        lastUpdatedDate="2020-07-21T07:33:43Z",
        createdBy="A",
        lastUpdatedBy="B",
        featured=1,
        _listAvailability=0,
        mimeType="image/jpeg",
        storagePath="p",
        tags=[{"slug": "rome", "neutralSlug": "rome-n", "title": "Rome", "externalSourceName": "cities"}],
        context={"slug": "italy", "extraData": {"k": 1}, "fields": {}},
        fields={"credit": "C"},
        relations=[
            {"type": "story", "slug": "s", "title": "S", "headline": "H", "more": 1},
            {"slug": "typeless"},
        ],
        references={"album": []},
    )
    assert photo.whole
    assert photo.key == KEY
    assert (photo.entity_id, photo.translation_id, photo.title) == ("e", "t", "X")
    assert photo.content_date == "2020-07-21T07:33:43.554123Z"
    assert photo.last_updated_date == "2020-07-21T07:33:43Z"
    assert (photo.created_by, photo.last_updated_by) == ("A", "B")
    assert (photo.featured, photo.availability) == (True, ListAvailability.PUBLIC)
    assert (photo.mime_type, photo.storage_path) == ("image/jpeg", "p")
    assert photo.tags == (
        Tag(
            slug="rome",
            neutral_slug="rome-n",
            title="Rome",
            external_source_name="cities",
            culture="en-us",
        ),
    )
    assert photo.context == Tag(slug="italy", extra_data={"k": 1}, fields={}, culture="en-us")
    assert photo.fields == {"credit": "C"}
    assert photo.relations == (
        RelatedContent(
            type="story",
            slug="s",
            title="S",
            headline="H",
            raw={"type": "story", "slug": "s", "title": "S", "headline": "H", "more": 1},
        ),
    )
    assert photo.references == {"album": []}
    assert photo.image == Image(
        owner=Owner(provider=Provider.FORGE, key=("en-us", "x")),
        url=None,
        title="x.jpg",
        template_url="https://images.test/private/{formatInstructions}/x",
        thumbnail_url=THUMBNAIL,
        format="jpg",
        overridden_formats={"a": 1},
    )


@pytest.mark.parametrize(
    ("sent", "availability"),
    [(0, "PUBLIC"), ("0", "PUBLIC"), (1, "UNLISTED"), ("1", "UNLISTED"), (2, None), (None, None)],
)
async def test_availability_is_read_as_a_number_or_a_text(
    forge: ForgeClient, web: aioresponses, sent: object, availability: str | None
) -> None:
    photo = await detail(forge, web, _listAvailability=sent)
    assert photo.availability == (ListAvailability[availability] if availability else None)


async def test_a_detail_without_its_slug_has_the_one_that_was_asked_for(
    forge: ForgeClient, web: aioresponses
) -> None:
    assert (await detail(forge, web, slug="")).slug == "x"


@pytest.mark.parametrize(
    "image",
    [
        None,
        {},
        {"templateUrl": None, "thumbnailUrl": None},
        {"templateUrl": "https://i.test/{formatName}/x"},
        {"templateUrl": "https://i.test/{formatInstructions}/{formatInstructions}/x"},
        {"templateUrl": "https://i.test/{formatInstructions}/s--abc--/x"},
        {"thumbnailUrl": "javascript:alert(1)"},
        {"thumbnailUrl": "https://i.test/{formatName}"},
    ],
)
async def test_a_detail_without_a_usable_image_is_a_bad_response(
    forge: ForgeClient, web: aioresponses, image: object
) -> None:
    web.get(f"{BASE}/v2/content/en-us/photos/x", payload={"slug": "x", "image": image})
    assert isinstance((await forge.photos([KEY], scope_of()))[KEY], UpstreamBadResponse)


async def test_an_unusable_template_leaves_the_thumbnail(forge: ForgeClient, web: aioresponses) -> None:
    photo = await detail(forge, web, image={"templateUrl": "https://i.test/{no}", "thumbnailUrl": THUMBNAIL})
    assert photo.image is not None
    assert photo.image.thumbnail_url == THUMBNAIL


async def test_every_key_has_its_own_answer(forge: ForgeClient, web: aioresponses) -> None:
    keys = [KEY, PhotoKey("en-us", "y"), PhotoKey("fr-fr", "x")]
    web.get(f"{BASE}/v2/content/en-us/photos/x", payload={"slug": "x", "image": IMAGE})
    web.get(f"{BASE}/v2/content/en-us/photos/y", status=404, payload={"status": 404})
    web.get(f"{BASE}/v2/content/fr-fr/photos/x", payload={"slug": "x", "image": IMAGE})
    found = await forge.photos([*keys, KEY], scope_of())
    cultures_found = [
        answer.value and answer.value.culture for answer in found.values() if isinstance(answer, Answer)
    ]
    assert list(found) == keys
    assert cultures_found == ["en-us", None, "fr-fr"]


async def test_list_items_are_partial_and_bad_ones_keep_their_positions(
    forge: ForgeClient, web: aioresponses
) -> None:
    items = [
        {
            "slug": "a",
            "image": IMAGE,
            "tags": [{"slug": "t"}, {"title": "no slug"}, None, {"slug": ""}, {"slug": None}],
        },
        {"image": IMAGE},
        {"slug": "b", "image": None},
        "no object",
        {"slug": "c", "image": IMAGE, "tags": None, "featured": None, "context": {"slug": None}},
    ]
    page = await window(forge, web, {"items": items})
    assert [item and item.slug for item in page.items] == ["a", None, None, None, "c"]
    first, last = page.items[0], page.items[-1]
    assert first is not None
    assert last is not None
    assert (first.whole, first.relations, first.references, first.availability) == (False, None, None, None)
    assert [tag.slug for tag in first.tags] == ["t"]
    assert (last.tags, last.featured, last.context) == ((), False, None)


@pytest.mark.parametrize(
    "payload", [[], {}, {"items": None}, {"items": {}}, {"items": [], "pagination": 5}, "text"]
)
async def test_a_list_of_another_shape_is_a_bad_response(
    forge: ForgeClient, web: aioresponses, payload: object
) -> None:
    with pytest.raises(UpstreamBadResponse):
        await window(forge, web, payload)


@pytest.mark.parametrize("before", [0, 2**16 - 60, 2**16, 2**16 + 900])
async def test_what_no_record_needs_has_to_be_text_too(
    forge: ForgeClient, web: aioresponses, before: int
) -> None:
    head = b'{"items": [], "more": "' + b"x" * before
    for place in range(4):
        page = await window(forge, web, head + b"x" * place + "é€🌍".encode() * 12 + b'"}')
        assert page.items == ()
    for wrong in (b"\xff", "🌍".encode()[:3], "é".encode()[1:]):
        with pytest.raises(UpstreamBadResponse):
            await window(forge, web, head + wrong + b'"}')
    with pytest.raises(UpstreamBadResponse):
        await window(forge, web, head + "€".encode()[:2])


@pytest.mark.parametrize(
    ("wanted", "tags", "context", "misses"),
    [
        ({"tag_slugs": ("rome",)}, [{"slug": "Rome"}], None, False),
        ({"tag_slugs": ("rome",)}, [{"slug": "paris"}], None, True),
        ({"tag_slugs": ("rome",)}, [], None, False),
        ({"tag_neutral_slugs": ("rome",)}, [{"slug": "rom", "neutralSlug": "rome"}], None, False),
        ({"tag_neutral_slugs": ("rome",)}, [{"slug": "p", "neutralSlug": "paris"}], None, True),
        ({"tag_neutral_slugs": ("rome",)}, [{"slug": "p"}], None, False),
        ({"context_slug": "rome"}, [], {"slug": "rome"}, False),
        ({"context_slug": "rome"}, [], {"slug": "paris"}, True),
        ({"context_slug": "rome"}, [{"slug": "paris"}], None, False),
        ({"context_neutral_slug": "rome"}, [], {"slug": "a", "neutralSlug": "paris"}, True),
        ({"context_neutral_slug": "rome"}, [], {"slug": "a"}, False),
        ({"tag_sources": (("musement", "1"),)}, [{"slug": "paris"}], None, False),
    ],
)
async def test_only_what_is_visibly_outside_the_filter_refuses_the_list(
    forge: ForgeClient, web: aioresponses, wanted: Any, tags: Any, context: Any, *, misses: bool
) -> None:
    items = [{"slug": "a", "image": IMAGE, "tags": tags, "context": context}]
    if misses:
        with pytest.raises(UpstreamBadResponse, match="the filter excludes"):
            await window(forge, web, {"items": items}, **wanted)
    else:
        assert len((await window(forge, web, {"items": items}, **wanted)).items) == 1


async def test_what_was_dropped_is_counted_up_to_what_refuses_a_list(
    forge: ForgeClient, web: aioresponses
) -> None:
    tags = [[{"slug": "rome"}, None], [{"title": "no slug"}, {"slug": "paris"}, {}], [None, None, None]]
    items = [{"slug": str(place), "image": IMAGE, "tags": each} for place, each in enumerate(tags)]
    photos = PhotoList("en-us", PhotoFilter(tag_slugs=("rome",)))
    web.get(re.compile(r".*/photos\?.*"), payload={"items": items})
    scope = scope_of()
    with pytest.raises(UpstreamBadResponse, match="the filter excludes"):
        await forge.window(photos, 0, 10, scope)
    assert scope.dropped_items == 3


@pytest.mark.parametrize(
    ("next_url", "full", "more"),
    [
        (None, True, False),
        ("", True, False),
        ("https://forge.test/v2/content/en-us/photos?$limit=5&$skip=15", False, True),
        ("https://evil.test/?$skip=15", False, True),
        ("https://forge.test/?%24skip=15", False, True),
        ("https://forge.test/?$skip=10", True, True),
        ("https://forge.test/?$skip=10", False, False),
        ("https://forge.test/?$skip=nonsense", True, True),
        ("https://forge.test/?$skip=-5", False, False),
        ("https://forge.test/", True, True),
        ("https://[broken", False, False),
        (f"https://forge.test/?$skip={'9' * 5000}", True, True),
        ("https://forge.test/?$skip=\u0661\u0665", False, False),
    ],
)
def test_a_next_link_is_read_for_its_position_alone(next_url: str | None, *, full: bool, more: bool) -> None:
    assert leads_on(next_url, 10, full=full) is more


async def test_an_empty_page_ends_the_list_whatever_its_link_says(
    forge: ForgeClient, web: aioresponses
) -> None:
    pagination = {"nextUrl": "https://forge.test/?$skip=15"}
    assert (await window(forge, web, {"items": [], "pagination": pagination})).has_next is False
    page = await window(forge, web, {"items": [{"slug": "a", "image": IMAGE}], "pagination": pagination})
    assert page.has_next is True


async def test_a_list_that_is_not_found_teaches_that_the_culture_is_absent(
    forge: ForgeClient, web: aioresponses
) -> None:
    web.get(re.compile(re.escape(f"{BASE}/v2/content/fr-ca/photos?")), status=404, payload={"status": 404})
    assert forge.cultures.candidates("fr-CA") == ["fr-ca", "fr-fr", "en-us"]
    answer = await forge.window(PhotoList("fr-ca", PhotoFilter()), 0, 5, scope_of())
    assert answer.value is None
    assert forge.cultures.is_absent("fr-ca")
    assert forge.cultures.candidates("fr-CA") == ["fr-fr", "en-us"]


def test_configured_cultures_are_the_ones_that_there_are() -> None:
    configured = cultures(("en-us", "it-it"))
    assert configured.is_absent("fr-fr")
    assert not configured.is_absent("it-it")
    assert configured.candidates("fr-FR") == ["en-us"]
    assert configured.candidates("it-CH") == ["it-it", "en-us"]


def test_an_absence_is_forgotten_after_its_time() -> None:
    known = cultures(absent_s=0.0)
    known.note_absent("fr-fr")
    assert not known.is_absent("fr-fr")


def test_a_list_is_written_in_one_fixed_order() -> None:
    wanted = PhotoFilter(
        tag_slugs=("a", "b"),
        tag_neutral_slugs=("n",),
        tag_sources=(("musement", "u:1"),),
        context_slug="c",
        context_neutral_slug="d",
        featured=False,
        slug="s",
        unlisted=True,
    )
    photos = PhotoList("en-us", wanted, PhotoSort(PhotoSortField.TAGS_SLUG, descending=False))
    assert query_pairs(photos, 20, 10, "content.slug") == [
        ("tags.slug", "a"),
        ("tags.slug", "b"),
        ("tags.neutralSlug", "n"),
        ("tags.externalSourceReference", "musement:u:1"),
        ("content.slug", "c"),
        ("context.neutralSlug", "d"),
        ("featured", "0"),
        ("_id", "s"),
        ("_listAvailability", "1"),
        ("$sort", "tags.slug:asc"),
        ("$skip", "20"),
        ("$limit", "10"),
    ]
    assert query_pairs(LIST, 0, 25, "context.slug") == [("$skip", "0"), ("$limit", "25")]


@given(st.datetimes(min_value=dt.datetime(1900, 1, 1), timezones=st.just(dt.UTC)), st.integers(0, 7))  # noqa: DTZ001
def test_a_date_keeps_its_moment_and_its_fraction_up_to_six_digits(moment: dt.datetime, digits: int) -> None:
    fraction = f"{moment:%f}0"[:digits]
    sent = f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"
    written = utc_text(sent)
    assert written is not None
    assert written == sent if digits <= 6 else written == sent[:-2] + "Z"
