"""What the fields of this graph cost: which calls feed them, how many items they answer, which keys they look up."""

import json
from collections.abc import Callable, Hashable, Sequence
from typing import Final

from resolvers.connections import DEFAULT_WINDOW, LARGEST_WINDOW
from resolvers.windows import LARGEST_PAGE
from server.operations.tariff import Arguments, FieldPrice, Prices

_DETAIL: Final = frozenset({"detail"})
_MEDIA: Final = frozenset({"media"})
_PICTURES: Final = frozenset({"pictures"})
_VIDEOS: Final = frozenset({"videos"})


def window(arguments: Arguments) -> int:
    """Size a connection by its arguments; what is out of bounds costs nothing, for it is refused."""
    asked = next((arguments[name] for name in ("first", "last") if arguments.get(name) is not None), None)
    size = DEFAULT_WINDOW if asked is None else int(asked)
    return size if 1 <= size <= LARGEST_WINDOW else 0


def _values(name: str) -> Callable[[Arguments], Sequence[Hashable]]:
    """Read the keys out of an argument: one or many, with the locale that they are looked up in."""

    def keys(arguments: Arguments) -> Sequence[Hashable]:
        given = arguments.get(name)
        values = given if isinstance(given, list) else [given]
        locale = str(arguments.get("locale")).lower()
        return [(_identity(value), locale) for value in values]

    return keys


def _identity(value: object) -> str:
    return value.lower() if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _product_media(arguments: Arguments) -> frozenset[str]:
    kinds = {getattr(kind, "name", kind) for kind in arguments.get("kinds") or ("IMAGE", "VIDEO")}
    return frozenset(call for kind, call in (("IMAGE", "pictures"), ("VIDEO", "videos")) if kind in kinds)


def _widths(arguments: Arguments) -> int:
    return len(arguments.get("widths") or ())


def _fed(type_: str, feeds: frozenset[str], *names: str) -> dict[tuple[str, str], FieldPrice]:
    return {(type_, name): FieldPrice(feeds=feeds) for name in names}


_LOOKUPS: Final = {
    "node": "id",
    "nodes": "ids",
    "activity": "uuid",
    "activities": "uuids",
    "resortProduct": "productId",
    "resortProducts": "productIds",
    "photo": "slug",
    "photosByKey": "keys",
    "_entities": "representations",
}
_JOIN: Final = FieldPrice(size=window, page=LARGEST_PAGE, carries=_DETAIL)
_LISTED_PHOTO: Final = frozenset({"lean detail"})

PRICES: Final = Prices(
    fields={
        **{("Query", field): FieldPrice(keys=_values(argument)) for field, argument in _LOOKUPS.items()},
        ("Query", "photoByKey"): FieldPrice(
            keys=lambda arguments: [(arguments.get("culture"), arguments.get("slug"))]
        ),
        ("Query", "photos"): _JOIN,
        ("Query", "activitySearch"): _JOIN,
        ("Query", "resortCatalog"): _JOIN,
        **_fed("Activity", _DETAIL, "title", "description", "url", "status", "latitude", "longitude", "city"),
        ("Activity", "cover"): FieldPrice(feeds=_DETAIL | _MEDIA),
        ("Activity", "gallery"): FieldPrice(feeds=_MEDIA, size=window),
        ("Activity", "videos"): FieldPrice(feeds=_MEDIA, size=window),
        ("Activity", "media"): FieldPrice(feeds=_MEDIA, size=window),
        ("Activity", "photos"): _JOIN,
        **_fed("ResortProduct", _DETAIL, "resortId", "title", "fullTitle", "description", "productType"),
        **_fed("ResortProduct", _DETAIL, "openingStatus", "countryCodes", "immersiveImage"),
        ("ResortProduct", "cover"): FieldPrice(feeds=_DETAIL | _PICTURES),
        ("ResortProduct", "gallery"): FieldPrice(feeds=_PICTURES, size=window),
        ("ResortProduct", "videos"): FieldPrice(feeds=_VIDEOS, size=window),
        ("ResortProduct", "media"): FieldPrice(feeds=_product_media, size=window),
        ("ResortProduct", "photos"): _JOIN,
        # A photo of a list carries all but these two; by its key it costs its detail call whatever is selected.
        **_fed("Photo", _LISTED_PHOTO, "relations", "references"),
        ("Photo", "media"): FieldPrice(size=lambda arguments: min(1, window(arguments))),
        ("Tag", "photos"): _JOIN,
        ("Image", "srcSet"): FieldPrice(size=_widths),
        ("__Schema", "types"): FieldPrice(size=lambda _: 100),
        ("__Field", "args"): FieldPrice(size=lambda _: 5),
        ("__Directive", "args"): FieldPrice(size=lambda _: 5),
    },
    alone={"Activity": "detail", "ResortProduct": "detail", "Photo": "detail"},
)
"""The prices of every field that costs more than nothing."""
