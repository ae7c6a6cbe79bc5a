"""What identifies a thing at its provider, checked before any call leaves.

Keys are frozen tuples with the locale in them: loaders, cache and calls in flight share one identity.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from providers.errors import InvalidKey

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# No form is documented; seen are four capitals, with a season behind them, and `product-1` (observed).
_PRODUCT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
# Recorded slugs have letters, digits and hyphens; the other marks are those that RFC 3986 leaves alone in a path.
_SLUG = re.compile(r"[A-Za-z0-9._~-]{1,200}")
_SHOWN = 80
# Of those that fit, all of which are short: the same ones are asked for again and again.
_MOST_REMEMBERED = 4096


class ActivityKey(NamedTuple):
    """A Musement activity as one locale tells it."""

    uuid: str
    locale: str


class ResortKey(NamedTuple):
    """A Club Med product as one locale tells it."""

    product_id: str
    locale: str


# By slug, for Forge finds nothing by its language-independent identities (provider page).
class PhotoKey(NamedTuple):
    """A Forge photo: its culture (lower case) and the slug that it has there."""

    culture: str
    slug: str


@lru_cache(_MOST_REMEMBERED)
def activity_key(uuid: str, locale: str) -> ActivityKey:
    """Make a key, or find it made: the same ones are looked up again and again."""
    return ActivityKey(uuid, locale)


@lru_cache(_MOST_REMEMBERED)
def resort_key(product_id: str, locale: str) -> ResortKey:
    """Make a key, or find it made."""
    return ResortKey(product_id, locale)


def shown(text: str) -> str:
    """Quote what a client sent for an error message: escaped, and cut to a readable length."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


@lru_cache(_MOST_REMEMBERED)
def activity_uuid(text: str) -> str:
    """Return the UUID in lower case; any version is accepted, since Musement uses 1 as well as 4."""
    lowered = text.lower()
    # Refused here, for what Musement answers to a malformed one is not documented.
    if not _UUID.fullmatch(lowered):
        raise InvalidKey(f"wanted a UUID like 7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10, got {shown(text)}")
    return lowered


def product_id(text: str) -> str:
    """Return the product id as it is: Club Med's ids are opaque and case-sensitive."""
    if not _PRODUCT_ID.fullmatch(text):
        raise InvalidKey(f"wanted 1 to 64 letters, digits, _ or -, got {shown(text)}")
    return text


def photo_slug(text: str) -> str:
    """Return the slug as it is."""
    # Some HTTP clients resolve dots on the way: `photos/..` would ask another endpoint.
    if not _SLUG.fullmatch(text) or text in {".", ".."}:
        raise InvalidKey(
            f"wanted 1 to 200 letters, digits or . _ ~ - (and neither . nor ..), got {shown(text)}"
        )
    return text
