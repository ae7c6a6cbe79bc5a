"""What Club Med's JSON becomes: products, pictures, bare addresses of videos, and pages of the catalogue."""

from collections.abc import AsyncIterator

import pytest
from aioresponses import aioresponses
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from providers.auth import StaticHeaders
from providers.calls import CallPolicy
from providers.clubmed.client import LARGEST_PAGE, ClubMedClient, Slice, covering_pages, cut
from providers.clubmed.records import Resort, resort_owner
from providers.errors import UpstreamBadResponse, UpstreamRejected
from providers.keys import ResortKey
from providers.records import Answer, Image, ImageRole, Page, Provider, Video
from tests.providers.calls import client_of, scope_of

BASE = "https://clubmed.test"
KEY = ResortKey("CHAC_WINTER", "fr-FR")
OWNER = resort_owner("CHAC_WINTER")
IMMERSIVE = "https://assets.test/immersive.jpg"


@pytest.fixture
async def clubmed() -> AsyncIterator[ClubMedClient]:
    async with client_of(Provider.CLUB_MED, BASE, StaticHeaders({"x-api-key": "k"})) as client:
        yield ClubMedClient(client, ("fr-FR", "en-US"), "en-US")


@pytest.fixture
async def web() -> AsyncIterator[aioresponses]:
    with aioresponses() as mocked:
        yield mocked


async def detail(clubmed: ClubMedClient, web: aioresponses, payload: object) -> Resort:
    web.get(f"{BASE}/v2/products/CHAC_WINTER", payload=payload)
    answer = (await clubmed.resorts([KEY], scope_of()))[KEY]
    assert isinstance(answer, Answer)
    assert answer.value is not None
    return answer.value


async def test_a_detail_becomes_a_record_field_by_field(clubmed: ClubMedClient, web: aioresponses) -> None:
    payload = {
        "id": "CHAC_WINTER",
        "resort_id": "CHAC",
        "title": "Charlevoix",
        "full_title": "Charlevoix - Canada",
        "description_title": "Snow.",
        "type": {"id": "VILLAGE", "label": "Resorts"},
        "opening_status": "OPEN",
        "destination": {"countries": [{"id": "CA", "label": "Canada"}, {"id": ""}, None, {"id": "FR"}]},
        "media": {"immersive_image": IMMERSIVE, "surroundings_images": []},
        "sibling_id": "",
    }
    record = await detail(clubmed, web, payload)
    assert record == Resort(
        product_id="CHAC_WINTER",
        locale="fr-FR",
        origin=record.origin,
        resort_id="CHAC",
        title="Charlevoix",
        full_title="Charlevoix - Canada",
        description="Snow.",
        product_type="VILLAGE",
        opening_status="OPEN",
        country_codes=("CA", "FR"),
        immersive_image=Image(owner=OWNER, url=IMMERSIVE, role=ImageRole.IMMERSIVE),
    )
    ((call,),) = web.requests.values()
    assert call.kwargs["headers"]["x-api-key"] == "k"
    assert call.kwargs["headers"]["accept-language"] == "fr-FR"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"title": "", "type": {}, "destination": None, "media": {"immersive_image": ""}},
        {"title": None, "type": None, "media": None, "resort_id": ""},
        {"media": {"immersive_image": "no address"}, "type": {"id": ""}},
    ],
)
async def test_absent_null_and_empty_all_mean_that_there_is_none(
    clubmed: ClubMedClient, web: aioresponses, payload: object
) -> None:
    record = await detail(clubmed, web, payload)
    assert record == Resort(
        product_id="CHAC_WINTER",
        locale="fr-FR",
        origin=record.origin,
        resort_id=None,
        title=None,
        full_title=None,
        description=None,
        product_type=None,
        opening_status=None,
        country_codes=None,
        immersive_image=None,
    )


async def test_a_destination_without_countries_is_a_list_of_none(
    clubmed: ClubMedClient, web: aioresponses
) -> None:
    assert (await detail(clubmed, web, {"destination": {"countries": None}})).country_codes == ()


async def test_a_detail_of_another_shape_is_a_bad_response(clubmed: ClubMedClient, web: aioresponses) -> None:
    web.get(f"{BASE}/v2/products/CHAC_WINTER", payload=[{"id": "CHAC_WINTER"}])
    assert isinstance((await clubmed.resorts([KEY], scope_of()))[KEY], UpstreamBadResponse)


async def test_a_language_that_stands_in_for_another_one_gives_the_same_record_each_time(
    web: aioresponses,
) -> None:
    web.get(f"{BASE}/v2/products/CHAC_WINTER", payload={"id": "CHAC_WINTER", "title": "Charlevoix"})
    key = ResortKey("CHAC_WINTER", "fr-CA")
    async with client_of(Provider.CLUB_MED, BASE, StaticHeaders({"x-api-key": "k"}), CallPolicy()) as client:
        clubmed = ClubMedClient(client, ("fr-FR", "en-US"), "en-US")
        other, first, again = [(await clubmed.resorts([each], scope_of()))[each] for each in (KEY, key, key)]
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert isinstance(other, Answer)
    assert first.value is not None
    assert first.value is again.value
    assert (first.value.locale, first.value.title) == ("fr-CA", "Charlevoix")
    assert first.value.origin is other.origin


async def test_pictures_keep_their_order_and_keywords(clubmed: ClubMedClient, web: aioresponses) -> None:
    payload = [
        {"url": "http://image.jpg", "keywords": ["MAIN_KEY_VISUAL", "NEW"]},
        {"url": "https://assets.test/2.jpg"},
        {"keywords": ["POOL"]},
        {"url": "https://assets.test/3.jpg", "keywords": [None, "", "POOL"]},
        {"url": "https://assets.test/4.jpg", "keywords": "POOL"},
        {"url": "https://assets.test/2.jpg", "keywords": ["AGAIN"]},
    ]
    web.get(f"{BASE}/v1/products/CHAC_WINTER/pictures", payload=payload)
    scope = scope_of()
    answer = (await clubmed.pictures([KEY], scope))[KEY]
    assert isinstance(answer, Answer)
    assert answer.value == (
        Image(owner=OWNER, url="http://image.jpg", keywords=("MAIN_KEY_VISUAL", "NEW"), is_cover=True),
        Image(owner=OWNER, url="https://assets.test/2.jpg"),
        Image(owner=OWNER, url="https://assets.test/3.jpg", keywords=("POOL",)),
    )
    assert scope.dropped_items == 2


async def test_videos_are_bare_addresses(clubmed: ClubMedClient, web: aioresponses) -> None:
    payload = ["http://image.jpg", "", None, {"url": "x"}, "nowhere", "https://v.test/2", "http://image.jpg"]
    web.get(f"{BASE}/v0/products/CHAC_WINTER/videos", payload=payload)
    scope = scope_of()
    answer = (await clubmed.videos([KEY], scope))[KEY]
    assert isinstance(answer, Answer)
    assert answer.value == (
        Video(owner=OWNER, url="http://image.jpg"),
        Video(owner=OWNER, url="https://v.test/2"),
    )
    assert scope.dropped_items == 4


@pytest.mark.parametrize("path", ["v1/products/CHAC_WINTER/pictures", "v0/products/CHAC_WINTER/videos"])
async def test_media_that_are_no_array_are_a_bad_response_and_a_404_has_no_value(
    clubmed: ClubMedClient, web: aioresponses, path: str
) -> None:
    fetch = clubmed.pictures if path.endswith("pictures") else clubmed.videos
    web.get(f"{BASE}/{path}", payload={"url": "http://image.jpg"})
    assert isinstance((await fetch([KEY], scope_of()))[KEY], UpstreamBadResponse)
    web.get(f"{BASE}/{path}", status=404, payload={"status_code": 404})
    answer = (await fetch([KEY], scope_of()))[KEY]
    assert isinstance(answer, Answer)
    assert answer.value is None


def products(first: int, count: int) -> list[dict[str, str]]:
    return [{"id": f"P{number}", "title": str(number)} for number in range(first, first + count)]


def ids(page: Page[Resort] | None) -> list[str | None]:
    assert page is not None
    return [item.product_id if item else None for item in page.items]


@pytest.mark.parametrize(
    ("header", "has_next", "total"),
    [
        ("0-2/782", True, 782),
        ("0-2/3", False, 3),
        ("products 0-2/782", True, 782),
        ("0-2/*", True, None),
        ("nonsense", True, None),
        ("", True, None),
    ],
)
async def test_the_total_comes_from_the_content_range(
    clubmed: ClubMedClient, web: aioresponses, header: str, *, has_next: bool, total: int | None
) -> None:
    web.get(
        f"{BASE}/v2/products?limit=3&page=1",
        status=206,
        payload=products(0, 3),
        headers={"Content-Range": header, "Link": "<https://elsewhere.test/?api_key=k>; rel=next"},
    )
    page = (await clubmed.catalog("fr-FR", 0, 3, scope_of())).value
    assert page is not None
    assert ids(page) == ["P0", "P1", "P2"]
    assert (page.has_next, page.total) == (has_next, total)


async def test_a_whole_catalogue_that_was_not_asked_for_is_cut(
    clubmed: ClubMedClient, web: aioresponses
) -> None:
    web.get(f"{BASE}/v2/products?limit=3&page=2", payload=products(0, 10))
    page = (await clubmed.catalog("fr-FR", 3, 3, scope_of())).value
    assert page is not None
    assert ids(page) == ["P3", "P4", "P5"]
    assert (page.has_next, page.total) == (True, 10)


async def test_a_page_past_the_end_is_an_empty_one(clubmed: ClubMedClient, web: aioresponses) -> None:
    web.get(f"{BASE}/v2/products?limit=10&page=9", status=416, payload={"status_code": 416})
    page = (await clubmed.catalog("fr-FR", 80, 10, scope_of())).value
    assert page == Page(items=(), has_next=False, total=None)


async def test_another_refusal_of_a_page_is_a_failure(clubmed: ClubMedClient, web: aioresponses) -> None:
    web.get(f"{BASE}/v2/products?limit=10&page=1", status=400, payload={"status_code": 400})
    with pytest.raises(UpstreamRejected):
        await clubmed.catalog("fr-FR", 0, 10, scope_of())


async def test_items_keep_their_positions_and_what_they_lack_is_not_known(
    clubmed: ClubMedClient, web: aioresponses
) -> None:
    payload = [{"id": "A", "title": ""}, {"title": "no id"}, {"id": "../x"}, None, {"id": "E"}]
    web.get(f"{BASE}/v2/products?limit=5&page=1", payload=payload)
    scope = scope_of()
    page = (await clubmed.catalog("en-US", 0, 5, scope)).value
    assert ids(page) == ["A", None, None, None, "E"]
    assert page is not None
    first = page.items[0]
    assert first is not None
    assert (first.title, first.full_title, first.immersive_image) == (None, UNSET, UNSET)
    assert (first.locale, scope.dropped_items) == ("en-US", 3)


@given(st.integers(0, 3000), st.integers(1, LARGEST_PAGE))
def test_one_or_two_pages_cover_every_window(offset: int, limit: int) -> None:
    size, numbers = covering_pages(offset, limit)
    covered = [position for number in numbers for position in range((number - 1) * size, number * size)]
    assert limit <= size <= LARGEST_PAGE
    assert set(range(offset, offset + limit)) <= set(covered)
    assert len(numbers) <= 2
    # Whoever starts at a multiple of the window gets exactly the window.
    assert offset % limit != 0 or (size, numbers) == (limit, (offset // limit + 1,))


@given(st.integers(0, 250), st.integers(1, LARGEST_PAGE), st.integers(0, 300))
def test_what_is_cut_out_of_the_pages_is_the_window_of_the_list(offset: int, limit: int, total: int) -> None:
    size, numbers = covering_pages(offset, limit)
    whole = [Resort(product_id=f"P{number}", locale="en-US") for number in range(total)]
    slices = [
        Slice(
            first=(number - 1) * size,
            items=tuple(whole[(number - 1) * size : number * size]),
            total=total,
            has_next=number * size < total,
        )
        for number in numbers
    ]
    page = cut(slices, offset, limit)
    assert list(page.items) == whole[offset : offset + limit]
    assert (page.has_next, page.total) == (offset + limit < total, total)
