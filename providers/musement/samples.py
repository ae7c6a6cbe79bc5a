"""Answers of Musement as a rehearsal needs them: what follows from them is the most that can follow."""

import uuid
from typing import Final

import msgspec

DETAIL: Final = b"{}"
"""An activity without a cover URL: its cover costs the media call."""

MEDIA: Final = b"[]"

_ENDLESS: Final = 1_000_000


def search_page(offset: int, limit: int) -> bytes:
    """Make a full page of items with the keys that the search is known to carry; others cost the detail call."""
    items = [
        {
            "uuid": str(uuid.UUID(int=offset + position)),
            "title": "sample",
            "url": "https://sample.invalid/",
            "cover_image_url": "https://sample.invalid/cover.jpeg",
            "city": {"id": 1},
        }
        for position in range(limit)
    ]
    return msgspec.json.encode({"meta": {"count": _ENDLESS}, "data": items})
