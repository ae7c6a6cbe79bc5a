"""JSON of a provider into records, one bad list item at a time."""

from typing import Generic, TypeVar, get_args

import msgspec

W = TypeVar("W")


class ListDecoder(Generic[W]):
    """Decodes a JSON array whose single bad items must not spoil the list.

    ``decode`` answers one entry an item, None for an item of another shape; it raises msgspec.DecodeError for what
    is no JSON array.
    """

    def __init__(self, list_type: type[list[W]]) -> None:
        # Not strict: a number was seen as text where the reference declares an integer (Musement, observed).
        self._whole = msgspec.json.Decoder(list_type, strict=False)
        self._raw = msgspec.json.Decoder(list[msgspec.Raw])
        item_type: type[W] = get_args(list_type)[0]
        self._one = msgspec.json.Decoder(item_type, strict=False)

    def decode(self, body: bytes | msgspec.Raw) -> list[W | None]:
        """Decode the array: at once where every item fits, else item by item."""
        try:
            return [*self._whole.decode(body)]
        # Only the shape of one item is forgiven; what is no JSON or no UTF-8 is none for the whole list.
        except msgspec.ValidationError:
            return [self._tolerated(item) for item in self._raw.decode(body)]

    def _tolerated(self, item: msgspec.Raw) -> W | None:
        try:
            return self._one.decode(item)
        except msgspec.ValidationError:
            return None


def text_or_none(text: str | msgspec.UnsetType | None) -> str | None:
    """Read an optional text: absent, null and empty all mean that the provider has none."""
    # Club Med writes an empty text, Musement leaves the key out (observed).
    return text or None
