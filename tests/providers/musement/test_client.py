"""What Musement's JSON becomes: details, media and both shapes of the search."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aioresponses import aioresponses
from msgspec import UNSET

from providers.auth import StaticHeaders
from providers.calls import CallPolicy
from providers.errors import ProviderError, UpstreamBadResponse, UpstreamUnavailable
from providers.keys import ActivityKey
from providers.musement.client import ActivitySearch, MusementClient
from providers.musement.records import Activity, City, activity_owner
from providers.records import Answer, Image, OtherMedia, Page, Provider, Video
from tests.providers.calls import client_of, scope_of

BASE = "https://musement.test/api/v3"
UUID = "0f5ca2e8-2046-11e7-9cc9-06a7e332783f"
OTHER = "b00dcdb2-69e6-427f-8728-226d80e97e52"
KEY = ActivityKey(UUID, "en-US")
OWNER = activity_owner(UUID)
HEADERS = {"x-musement-application": "tests", "x-musement-version": "3.4.0"}


@pytest.fixture
async def musement() -> AsyncIterator[MusementClient]:
    async with client_of(Provider.MUSEMENT, BASE, StaticHeaders(HEADERS)) as client:
        yield MusementClient(client, ("en-US", "it-IT"), "en-US")


@pytest.fixture
async def web() -> AsyncIterator[aioresponses]:
    with aioresponses() as mocked:
        yield mocked


async def detail(musement: MusementClient, web: aioresponses, payload: object) -> Activity:
    web.get(f"{BASE}/activities/{UUID}", payload=payload)
    answer = (await musement.activities([KEY], scope_of()))[KEY]
    assert isinstance(answer, Answer)
    assert answer.value is not None
    return answer.value


async def search(
    musement: MusementClient, web: aioresponses, payload: object, limit: int = 2, offset: int = 0
) -> Page[Activity]:
    web.get(f"{BASE}/activities?limit={limit}&offset={offset}", payload=payload)
    answer = await musement.search(ActivitySearch("en-US"), offset, limit, scope_of())
    assert answer.value is not None
    return answer.value


async def test_a_detail_becomes_a_record_field_by_field(musement: MusementClient, web: aioresponses) -> None:
    payload = {
        "uuid": UUID,
        "title": "A walk",
        "description": "Two hours.",
        "url": "https://musement.test/us/rome/a-walk-88080/",
        "status": "ONLINE",
        "latitude": 41.9,
        "longitude": "12.5",
        "cover_image_url": "https://images.test/cover.jpeg?w=540",
        "city": {
            "id": 2,
            "name": "Rome",
            "cover_image_url": "https://images.test/rome.jpeg",
            "country": {"id": 82, "iso_code": "IT"},
        },
        "supplier": {},
        "categories": [{"level": "1"}],
    }
    record = await detail(musement, web, payload)
    assert record == Activity(
        uuid=UUID,
        locale="en-US",
        origin=record.origin,
        title="A walk",
        description="Two hours.",
        url="https://musement.test/us/rome/a-walk-88080/",
        status="ONLINE",
        latitude=41.9,
        longitude=12.5,
        city=City(
            city_id="2", name="Rome", country_code="IT", cover_image_url="https://images.test/rome.jpeg"
        ),
        cover_image_url="https://images.test/cover.jpeg?w=540",
    )
    assert record.key == KEY


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"title": None, "city": None, "cover_image_url": None, "latitude": None},
        {"cover_image_url": "", "url": "javascript:alert(1)", "city": {}},
    ],
)
async def test_what_a_detail_lacks_is_none(
    musement: MusementClient, web: aioresponses, payload: dict[str, Any]
) -> None:
    record = await detail(musement, web, payload)
    assert record == Activity(
        uuid=UUID,
        locale="en-US",
        origin=record.origin,
        title=None,
        description=None,
        url=None,
        status=None,
        latitude=None,
        longitude=None,
        city=None,
        cover_image_url=None,
    )


async def test_a_city_is_read_without_its_country_and_with_a_text_for_its_id(
    musement: MusementClient, web: aioresponses
) -> None:
    record = await detail(musement, web, {"city": {"id": "2", "country": None, "cover_image_url": "nowhere"}})
    assert record.city == City(city_id="2", name=None, country_code=None, cover_image_url=None)


@pytest.mark.parametrize("payload", [[], "text", {"title": 5}, {"city": []}, {"latitude": "north"}])
async def test_a_detail_of_another_shape_is_a_bad_response(
    musement: MusementClient, web: aioresponses, payload: object
) -> None:
    web.get(f"{BASE}/activities/{UUID}", payload=payload)
    answer = (await musement.activities([KEY], scope_of()))[KEY]
    assert isinstance(answer, UpstreamBadResponse)


async def test_every_key_has_its_own_answer(musement: MusementClient, web: aioresponses) -> None:
    keys = [KEY, ActivityKey(OTHER, "en-US"), ActivityKey(UUID, "it-IT")]
    web.get(f"{BASE}/activities/{UUID}", payload={"title": "T"}, repeat=2)
    web.get(f"{BASE}/activities/{OTHER}", status=404, payload={"code": "1404", "message": "none"})
    found = await musement.activities([*keys, KEY], scope_of())
    assert list(found) == keys
    titles = [answer.value and answer.value.title for answer in found.values() if isinstance(answer, Answer)]
    assert titles == ["T", None, "T"]
    languages = [
        call.kwargs["headers"]["accept-language"] for calls in web.requests.values() for call in calls
    ]
    assert sorted(languages) == ["en-US", "en-US", "it-IT"]
    assert all(
        call.kwargs["headers"].items() >= HEADERS.items() for calls in web.requests.values() for call in calls
    )


async def test_a_language_that_stands_in_for_another_one_gives_the_same_record_each_time(
    web: aioresponses,
) -> None:
    web.get(f"{BASE}/activities/{UUID}", payload={"uuid": UUID, "title": "A walk"})
    key = ActivityKey(UUID, "en-GB")
    async with client_of(Provider.MUSEMENT, BASE, StaticHeaders(HEADERS), CallPolicy()) as client:
        musement = MusementClient(client, ("en-US", "it-IT"), "en-US")
        other, first, again = [
            (await musement.activities([each], scope_of()))[each] for each in (KEY, key, key)
        ]
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert isinstance(other, Answer)
    assert first.value is not None
    assert first.value is again.value
    assert (first.value.locale, first.value.title) == ("en-GB", "A walk")
    assert first.value.origin is other.origin


async def test_one_key_s_failure_stands_at_that_key(musement: MusementClient, web: aioresponses) -> None:
    other = ActivityKey(OTHER, "en-US")
    web.get(f"{BASE}/activities/{UUID}/media", status=503)
    web.get(f"{BASE}/activities/{OTHER}/media", payload=[])
    found = await musement.media([KEY, other], scope_of())
    assert isinstance(found[KEY], UpstreamUnavailable)
    assert not isinstance(found[other], ProviderError)


async def test_media_become_images_videos_and_others_by_their_type(
    musement: MusementClient, web: aioresponses
) -> None:
    payload = [
        {"id": 1, "title": "T", "type": "image", "is_cover": True, "url": "https://i.test/1.jpeg?w=750"},
        {"id": "2", "title": "", "type": "video", "url": "https://i.test/2.mp4", "external_identifier": "x"},
        {"id": 3, "type": "360", "url": "https://i.test/3"},
        {"url": "https://i.test/4.jpeg"},
        {"id": 5, "type": "image", "url": ""},
        {"id": 6, "type": "image"},
        7,
        {"id": 8, "type": "image", "url": "https://i.test/1.jpeg?w=100"},
        {"id": 9, "type": "video", "url": "https://i.test/1.jpeg"},
    ]
    web.get(f"{BASE}/activities/{UUID}/media", payload=payload)
    scope = scope_of()
    answer = (await musement.media([KEY], scope))[KEY]
    assert isinstance(answer, Answer)
    assert answer.value == (
        Image(owner=OWNER, provider_id="1", title="T", url="https://i.test/1.jpeg?w=750", is_cover=True),
        Video(owner=OWNER, provider_id="2", title=None, url="https://i.test/2.mp4"),
        OtherMedia(owner=OWNER, provider_id="3", title=None, url="https://i.test/3", provider_kind="360"),
        Image(owner=OWNER, provider_id=None, title=None, url="https://i.test/4.jpeg", is_cover=False),
        # The same address as another kind is another item.
        Video(owner=OWNER, provider_id="9", title=None, url="https://i.test/1.jpeg"),
    )
    assert scope.dropped_items == 3


@pytest.mark.parametrize("payload", [{"data": []}, "nonsense", None])
async def test_media_that_are_no_array_are_a_bad_response(
    musement: MusementClient, web: aioresponses, payload: object
) -> None:
    web.get(f"{BASE}/activities/{UUID}/media", payload=payload)
    assert isinstance((await musement.media([KEY], scope_of()))[KEY], UpstreamBadResponse)


async def test_an_item_of_a_list_keeps_apart_what_it_lacks_and_what_it_has_not(
    musement: MusementClient, web: aioresponses
) -> None:
    page = await search(
        musement, web, {"meta": {"count": 9}, "data": [{"uuid": UUID.upper(), "title": None}]}
    )
    (item,) = page.items
    assert item is not None
    assert (item.uuid, item.title, item.description, item.city) == (UUID, None, UNSET, UNSET)
    assert (item.cover_image_url, item.locale) == (UNSET, "en-US")


@pytest.mark.parametrize(
    ("payload", "count", "has_next", "total"),
    [
        ({"meta": {"count": 3}, "data": [{"uuid": UUID}, {"uuid": OTHER}]}, 2, True, 3),
        ({"meta": {"count": 2}, "data": [{"uuid": UUID}, {"uuid": OTHER}], "facets": None}, 2, False, 2),
        ({"meta": {"count": 5}, "data": [{"uuid": UUID}]}, 1, True, 5),
        ({"meta": None, "data": [{"uuid": UUID}, {"uuid": OTHER}]}, 2, True, None),
        ({"data": [{"uuid": UUID}]}, 1, False, None),
        ({"meta": {"count": 7, "match_ids": ["57"]}, "data": []}, 0, False, 7),
        ([{"uuid": UUID}, {"uuid": OTHER}], 2, True, None),
        ([{"uuid": UUID}], 1, False, None),
        ([], 0, False, None),
    ],
)
async def test_both_shapes_tell_whether_there_is_more(
    musement: MusementClient,
    web: aioresponses,
    payload: object,
    count: int,
    *,
    has_next: bool,
    total: int | None,
) -> None:
    page = await search(musement, web, payload)
    assert (len(page.items), page.has_next, page.total) == (count, has_next, total)


async def test_items_that_cannot_stand_keep_their_positions(
    musement: MusementClient, web: aioresponses
) -> None:
    page = await search(
        musement, web, [{"title": "no uuid"}, {"uuid": "none"}, None, {"uuid": UUID}], limit=4
    )
    assert [item and item.uuid for item in page.items] == [None, None, None, UUID]


@pytest.mark.parametrize("payload", [{}, {"data": None}, {"data": {}}, "text", {"data": [], "meta": []}])
async def test_a_search_of_another_shape_is_a_bad_response(
    musement: MusementClient, web: aioresponses, payload: object
) -> None:
    with pytest.raises(UpstreamBadResponse):
        await search(musement, web, payload)


async def test_the_filters_of_a_search_are_sent_as_the_provider_wants_them(
    musement: MusementClient, web: aioresponses
) -> None:
    web.get(
        f"{BASE}/activities?text=a+%26+b&city_in=2,57&category_in=museums,tours&limit=20&offset=40",
        payload=[],
    )
    wanted = ActivitySearch("it-IT", "a & b", (2, 57), ("museums", "tours"))
    answer = await musement.search(wanted, 40, 20, scope_of())
    assert answer.value == Page(items=(), has_next=False)
