"""Answers of Club Med as a rehearsal needs them: what follows from them is the most that can follow."""

from typing import Final

import msgspec

DETAIL: Final = b"{}"

PICTURES: Final = b"[]"
"""No key visual: the cover costs the detail call."""

VIDEOS: Final = b"[]"


def catalog_page(first: int, size: int) -> bytes:
    """Make a full page; a catalogue item has all that the detail has."""
    empty = {
        "resort_id": "",
        "title": "sample",
        "full_title": "",
        "description_title": "",
        "type": None,
        "opening_status": "",
        "destination": None,
        "media": {"immersive_image": "https://sample.invalid/immersive.jpg"},
    }
    return msgspec.json.encode([{"id": f"sample-{first + position}", **empty} for position in range(size)])
