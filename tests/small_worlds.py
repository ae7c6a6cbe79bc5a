"""Small worlds for the emulators: as many photos, activities, products and media as a test wants."""

from collections.abc import Iterable, Sequence
from typing import Any

from providers.clubmed.emulator import ClubMedEmulator
from providers.emulation.emulator import Emulator
from providers.forge.emulator import ForgeEmulator
from providers.musement.emulator import MusementEmulator

Payload = dict[str, Any]

DATE = "2024-05-01T00:00:00Z"


def uuid_of(number: int) -> str:
    """Name an activity."""
    return f"00000000-0000-4000-8000-{number:012}"


def slug_of(number: int) -> str:
    """Name a photo; slugs sort as their numbers do."""
    return f"p{number:04}"


def product_of(number: int) -> str:
    """Name a product."""
    return f"P{number:04}"


def tag(slug: str, source: tuple[str, str] | None = None) -> Payload:
    """Write a tag; ``source`` is its external source's name and its id there."""
    reference = {"sourceName": source[0], "sourceId": source[1]} if source else {}
    return {"slug": slug, "neutralSlug": slug, "title": slug, "externalSourceReference": reference}


def photo(
    slug: str,
    *,
    tags: Iterable[Payload] = (),
    content_date: str | None = DATE,
    updated: str | None = DATE,
    **others: Any,
) -> Payload:
    """Write a photo; of equal dates the provider puts the smaller slug first."""
    return {
        "type": "photo",
        "_entityId": f"entity-{slug}",
        "slug": slug,
        "title": slug,
        "tags": list(tags),
        "contentDate": content_date,
        "lastUpdatedDate": updated,
        "featured": 0,
        "image": {
            "title": slug,
            "templateUrl": f"https://images.acme.org/image/private/{{formatInstructions}}/forge/{slug}",
            "thumbnailUrl": f"https://images.acme.org/image/private/w_250/forge/{slug}",
            "format": "jpg",
        },
        "relations": [],
        "references": {},
        "_listAvailability": 0,
        **others,
    }


def fill_photos(forge: Emulator, photos: Sequence[Payload], culture: str = "en-us") -> None:
    """Let these be all photos of a culture."""
    assert isinstance(forge, ForgeEmulator)
    forge.world.photos[culture] = [*photos]


def numbered_photos(count: int, *, tags: Iterable[Payload] = ()) -> list[Payload]:
    """Write photos whose order in every list is that of their numbers."""
    return [photo(slug_of(number), tags=tags) for number in range(count)]


def activity(uuid: str, **others: Any) -> Payload:
    """Write an activity as its detail and as an item of the search."""
    return {
        "uuid": uuid,
        "title": f"Activity {uuid[-4:]}",
        "description": "",
        "url": f"https://www.musement.com/{uuid}",
        "status": "ONLINE",
        "latitude": 1.5,
        "longitude": 2.5,
        "city": {"id": 1, "name": "Firenze", "country": {"iso_code": "IT"}},
        "cover_image_url": f"https://images.musement.com/cover/{uuid}.jpeg?w=540",
        **others,
    }


def fill_activities(musement: Emulator, activities: Iterable[Payload]) -> None:
    """Let these be all activities."""
    assert isinstance(musement, MusementEmulator)
    musement.world.activities.clear()
    musement.world.activities.update({each["uuid"]: each for each in activities})


def fill_media(musement: Emulator, uuid: str, kinds: Sequence[str]) -> None:
    """Give an activity media of these kinds, numbered from 0 by their ids."""
    assert isinstance(musement, MusementEmulator)
    musement.world.media[uuid] = [
        {"id": number, "title": kind, "url": f"https://images.musement.com/{number}", "type": kind}
        for number, kind in enumerate(kinds)
    ]


def product(product_id: str, **others: Any) -> Payload:
    """Write a product as its detail and as an item of the catalogue."""
    return {
        "id": product_id,
        "resort_id": product_id,
        "title": f"Product {product_id}",
        "full_title": product_id,
        "description_title": "",
        "type": {"id": "VILLAGE"},
        "opening_status": "OPEN",
        "destination": {"countries": [{"id": "FR"}]},
        "media": {"immersive_image": f"https://ns.clubmed.com/immersive/{product_id}.jpg"},
        **others,
    }


def fill_products(clubmed: Emulator, products: Iterable[Payload], locale: str = "en-US") -> None:
    """Let these be all products of a locale."""
    assert isinstance(clubmed, ClubMedEmulator)
    clubmed.world.products[locale] = {each["id"]: each for each in products}


def fill_pictures(clubmed: Emulator, product_id: str, keywords: Sequence[Sequence[str]]) -> None:
    """Give a product pictures with these keywords, numbered from 0 by their URLs."""
    assert isinstance(clubmed, ClubMedEmulator)
    clubmed.world.pictures[product_id] = [
        {"url": f"https://ns.clubmed.com/{number}.jpg", "keywords": list(each)}
        for number, each in enumerate(keywords)
    ]


def fill_films(clubmed: Emulator, product_id: str, count: int) -> None:
    """Give a product videos, numbered from 0 by their URLs."""
    assert isinstance(clubmed, ClubMedEmulator)
    clubmed.world.videos[product_id] = [f"https://ns.clubmed.com/{number}.mp4" for number in range(count)]
