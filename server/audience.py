"""Whom an answer may be kept for."""

from collections.abc import Iterator, Mapping

import msgspec

from server.access import ROUTER_HEADER
from server.operations import ftv1
from server.reading import PREFLIGHT_HEADERS
from server.receipt import HEADER
from server.settings import Settings


class Audience(msgspec.Struct, frozen=True):
    """The headers of requests by which an answer may differ, and whether its client alone may keep it."""

    vary: str
    is_private: bool

    @property
    def own_vary(self) -> str:
        """What it varies by where its client alone may keep it: one program may ask for several."""
        return f"{self.vary}, Authorization, X-Api-Key"


def audiences_of(settings: Settings) -> Mapping[bool, Audience]:
    """Tell it by whether the router asks, who may see what others may not."""
    vary = ", ".join(_varying(settings))
    has_keys = bool(settings.client_keys)
    return {is_router: Audience(vary, is_private=is_router or has_keys) for is_router in (False, True)}


def _varying(settings: Settings) -> Iterator[str]:
    yield from ("Accept", "Accept-Language", ftv1.HEADER.title())
    if settings.router_secret:
        yield ROUTER_HEADER.title()
    if settings.explain:
        yield HEADER.title()
    if settings.limits.require_preflight:
        yield from (name.title() for name in PREFLIGHT_HEADERS)
