"""What Postcards' JSON becomes."""

import msgspec

from providers.records import Origin


class CardWire(msgspec.Struct, frozen=True):
    """A card as the wire carries it."""

    title: str | None = None
    picture: str | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A card; ``picture_url`` is None where it has none."""

    code: str
    origin: Origin
    title: str | None = None
    picture_url: str | None = None
