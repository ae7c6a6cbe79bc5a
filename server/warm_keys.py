"""Keys of a list for ``mediagraph warm``: what a line names, and the operation that reads all of it."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from providers.errors import InvalidKey
from providers.keys import activity_uuid, photo_slug, product_id
from providers.locales import culture_tag, language_tag
from server.operations.requests import GraphQLRequest

_OPERATIONS: Final[Mapping[str, str]] = {
    "activity": (
        "query WarmActivity($uuid: ID!, $locale: Locale) {"
        " entity: activity(uuid: $uuid, locale: $locale) { title gallery(first: 1) { totalCount } } }"
    ),
    "resortProduct": (
        "query WarmResortProduct($productId: ID!, $locale: Locale) {"
        " entity: resortProduct(productId: $productId, locale: $locale) {"
        " title gallery(first: 1) { totalCount } videos(first: 1) { totalCount } } }"
    ),
    "photo": (
        "query WarmPhoto($culture: String!, $slug: ID!) {"
        " entity: photoByKey(culture: $culture, slug: $slug) { title } }"
    ),
}
WANTED: Final = "a UUID, a product id or culture/slug, perhaps with a locale behind it, or a request as JSON"


class KeyLine(msgspec.Struct, forbid_unknown_fields=True):
    """A key as JSON: one of the three, and a locale where it is no photo."""

    activity: str = ""
    resort_product: str = msgspec.field(default="", name="resortProduct")
    photo: str = ""
    locale: str | None = None


def key_request(line: bytes) -> GraphQLRequest:
    """Make the operation that reads all of a key; raises ValueError for a line that names none."""
    try:
        key = msgspec.json.decode(line, type=KeyLine) if line.startswith(b"{") else _plain(line)
        kinds = {"activity": key.activity, "resortProduct": key.resort_product, "photo": key.photo}
        ((kind, text),) = ((kind, text) for kind, text in kinds.items() if text)
        locale = language_tag(key.locale) if key.locale else None
        return GraphQLRequest(_OPERATIONS[kind], variables=_variables(kind, text, locale))
    except (InvalidKey, ValueError, msgspec.DecodeError):
        raise ValueError(f"wanted {WANTED}") from None


def _plain(line: bytes) -> KeyLine:
    text, *locale = line.decode().split()
    if len(locale) > 1:
        raise ValueError(locale)
    key = KeyLine(locale=locale[0] if locale else None)
    if "/" in text:
        key.photo = text
    elif re.fullmatch(r"[0-9A-Fa-f]{8}-.*", text):
        key.activity = text
    else:
        key.resort_product = text
    return key


def _variables(kind: str, text: str, locale: str | None) -> dict[str, str | None]:
    if kind == "activity":
        return {"uuid": activity_uuid(text), "locale": locale}
    if kind == "resortProduct":
        return {"productId": product_id(text), "locale": locale}
    culture, _, slug = text.partition("/")
    # A photo's culture is its key's: a locale beside it would say the same thing twice, or contradict it.
    if locale:
        raise ValueError(locale)
    return {"culture": culture_tag(culture), "slug": photo_slug(slug)}
