"""Answers of Forge as a rehearsal needs them: what follows from them is the most that can follow."""

from typing import Final

import msgspec

from providers.forge.lists import PhotoList
from providers.records import Json

MOST_TAGS: Final = 25
"""Tags that a photo is taken to have at the most; the provider names no bound."""


def photo(slug: str) -> bytes:
    """Make a detail."""
    return msgspec.json.encode(_photo(slug, ()))


def photo_page(photos: PhotoList, skip: int, limit: int) -> bytes:
    """Make a full page of a list, with another after it."""
    items = [_photo(f"sample-{position}", photos.filter.tag_slugs) for position in range(skip, skip + limit)]
    next_url = f"https://sample.invalid/?$skip={skip + limit}"
    return msgspec.json.encode({"pagination": {"nextUrl": next_url}, "items": items})


def _photo(slug: str, tags: tuple[str, ...]) -> dict[str, Json]:
    filling = (f"sample-{number}" for number in range(MOST_TAGS - len(tags)))
    return {
        "slug": slug,
        "contentDate": "2020-01-01T00:00:00Z",
        "lastUpdatedDate": "2020-01-01T00:00:00Z",
        "image": {"thumbnailUrl": "https://sample.invalid/thumbnail.jpg"},
        "tags": [{"slug": tag} for tag in (*tags, *filling)],
    }
