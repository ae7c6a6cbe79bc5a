"""Forge's calls: photos by key, and windows of photo lists."""

import re
import time
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from providers.client import Ask, Call, ProviderClient, Sample, path_segment, query_string
from providers.decoding import ListDecoder
from providers.errors import UpstreamBadResponse
from providers.forge import samples
from providers.forge.images import ForgeImages
from providers.forge.lists import (
    PhotoFilter,
    PhotoList,
    purge_names,
    query_pairs,
    shows_photo,
    visibly_misses,
)
from providers.forge.records import ListWire, PageWire, PaginationWire, Photo, complete, dropped_tags
from providers.keys import PhotoKey
from providers.locales import fallbacks
from providers.lookup import Lookup
from providers.records import Answer, Origin, Page, Provider
from providers.scope import CallScope
from providers.transport import Reply

# The page's maximum; what happens above it is not documented.
LARGEST_PAGE: Final = 100
_CALLS_REMEMBERED: Final = 2048
_LOCALES_REMEMBERED: Final = 256
# More digits than a position has are nonsense, and Python refuses to read thousands of them.
_POSITION = re.compile(r"\d{1,15}", re.ASCII)

LIST_ROUTE: Final = "GET /v2/content/{culture}/photos"

_DETAIL = msgspec.json.Decoder(Photo, strict=False)
_LIST = msgspec.json.Decoder(ListWire, strict=False)
_ITEMS = ListDecoder(list[Photo])
_PAGE = msgspec.json.Decoder(PageWire, strict=False)


class Cultures:
    """Which cultures a tenant has: those that are configured, else what its answers have shown.

    A culture whose list answered 404 is not asked again for ``absent_s`` seconds.
    """

    def __init__(
        self, configured: tuple[str, ...], served: tuple[str, ...], default: str, absent_s: float
    ) -> None:
        self._configured = configured
        self._served = configured or tuple(locale.lower() for locale in served)
        self._default = default.lower()
        self._absent_s = absent_s
        self._absent_until: dict[str, float] = {}
        self._tried = lru_cache(_LOCALES_REMEMBERED)(self._tried_for)

    def candidates(self, locale: str) -> list[str]:
        """List the cultures to try for a locale that nobody insisted on: itself, its language's, the default."""
        present = [culture for culture in self._tried(locale.lower()) if not self.is_absent(culture)]
        return present or [self._default]

    def _tried_for(self, wanted: str) -> tuple[str, ...]:
        # A tenant without a configured list may speak what nobody has listed: asking is the only way to learn it.
        known = [] if self._configured else [wanted]
        return tuple(dict.fromkeys([*known, *fallbacks(wanted, self._served, self._default)]))

    def is_absent(self, culture: str) -> bool:
        """Tell whether the tenant is known not to have the culture."""
        if self._configured:
            return culture not in self._configured
        return self._absent_until.get(culture, 0.0) > time.monotonic()

    def note_absent(self, culture: str) -> None:
        """Take note that the culture's list answered 404."""
        self._absent_until[culture] = time.monotonic() + self._absent_s


class ForgeClient:
    """Photos by key and by list.

    ``photos`` fetches the details; the value is None for a 404: an unknown slug, or an unknown culture.
    """

    def __init__(
        self, client: ProviderClient, images: ForgeImages, cultures: Cultures, context_parameter: str
    ) -> None:
        self.cultures = cultures
        client.purging.shows = shows_photo
        self._client = client
        self._images = images
        self._context_parameter = context_parameter
        self.photos = Lookup(client, _call, self._photo_of)

    def _photo_of(self, scope: CallScope, key: PhotoKey, call: Call) -> Ask[Photo]:
        def decode(reply: Reply, origin: Origin) -> Photo:
            photo = _DETAIL.decode(reply.body)
            if not photo.slug:
                # It was found by that slug, so it has it, told or not.
                msgspec.structs.force_setattr(photo, "slug", key.slug)
            complete((photo,), key.culture, origin, whole=True)
            scope.dropped_items += dropped_tags((photo,))
            if not self._standing((photo,)):
                raise UpstreamBadResponse(Provider.FORGE, "answered a photo without a usable image")
            return photo

        return Ask(call, decode, Sample(partial(samples.photo, key.slug)))

    async def window(self, photos: PhotoList, skip: int, limit: int, scope: CallScope) -> Answer[Page[Photo]]:
        """Fetch 1 to 100 photos of a list from ``skip``; raises ProviderError.

        The value is None where the tenant does not have the culture.
        """
        ask = self._window_of(photos, skip, limit, scope)
        answer = await self._client.get(ask.call, ask.decode, scope, ask.sample)
        # A list that matches nothing is an empty 200 (observed): a 404 is the culture's own (provider's documentation).
        if answer.value is None:
            self.cultures.note_absent(photos.culture)
        return answer

    def window_at_hand(
        self, photos: PhotoList, skip: int, limit: int, scope: CallScope
    ) -> Answer[Page[Photo]] | None:
        """Answer a window as ``window`` does where it was kept; None where it has to be waited for."""
        call = _window_call(photos, skip, limit, self._context_parameter)
        return self._client.at_hand(call, lambda: self._window_of(photos, skip, limit, scope), scope)

    def _window_of(self, photos: PhotoList, skip: int, limit: int, scope: CallScope) -> Ask[Page[Photo]]:
        def decode(reply: Reply, origin: Origin) -> Page[Photo]:
            sent, pagination = _items_and_pagination(reply.body)
            items = self._items(sent, photos, origin, scope)
            scope.dropped_items += items.count(None)
            next_url = pagination.next_url if pagination else None
            return Page(
                items=items, has_next=bool(items) and leads_on(next_url, skip, full=len(items) >= limit)
            )

        sample = Sample(partial(samples.photo_page, photos, skip, limit))
        return Ask(_window_call(photos, skip, limit, self._context_parameter), decode, sample)

    def _items(
        self, sent: Sequence[Photo | None], photos: PhotoList, origin: Origin, scope: CallScope
    ) -> tuple[Photo | None, ...]:
        named = [photo for photo in sent if photo is not None and photo.slug]
        complete(named, photos.culture, origin, whole=False)
        missing = _first_missing(named, photos.filter) if photos.filter.shows else None
        scope.dropped_items += dropped_tags(named[:missing])
        if missing is not None:
            # What a tenant does not know as a parameter it ignores with a 200 (observed).
            raise UpstreamBadResponse(Provider.FORGE, "answered photos that the filter excludes")
        standing = self._standing(named)
        if len(standing) == len(sent):
            return tuple(standing)
        places = {id(photo) for photo in standing}
        return tuple([photo if id(photo) in places else None for photo in sent])

    def _standing(self, photos: Sequence[Photo]) -> Sequence[Photo]:
        images = [photo.image for photo in photos]
        pairs = [None if image is None else (image.template_url, image.thumbnail_url) for image in images]
        unusable = self._images.unusable(pairs)
        if not unusable:
            return photos
        return [photo for photo, pair in zip(photos, pairs, strict=True) if pair not in unusable]


def _first_missing(photos: Sequence[Photo], wanted: PhotoFilter) -> int | None:
    """Count the photos up to the first that shows that a filter was not applied, itself among them."""
    return next((at for at, photo in enumerate(photos, 1) if visibly_misses(photo, wanted)), None)


@lru_cache(_CALLS_REMEMBERED)
def _window_call(photos: PhotoList, skip: int, limit: int, context_parameter: str) -> Call:
    return Call(
        route=LIST_ROUTE,
        path=f"/v2/content/{path_segment(photos.culture)}/photos",
        query=query_string(query_pairs(photos, skip, limit, context_parameter)),
        skip=skip,
        limit=limit,
        tags=purge_names(photos.filter),
    )


def _call(key: PhotoKey) -> Call:
    return Call(
        route=f"{LIST_ROUTE}/{{slug}}",
        path=f"/v2/content/{path_segment(key.culture)}/photos/{path_segment(key.slug)}",
        tags=(f"Photo:{key.slug}",),
    )


def _items_and_pagination(body: bytes) -> tuple[Sequence[Photo | None], PaginationWire | None]:
    try:
        page = _PAGE.decode(body)
    # One item of another shape must not spoil the page: each is looked at alone.
    except msgspec.ValidationError:
        wire = _LIST.decode(body)
        return _ITEMS.decode(wire.items), wire.pagination
    return page.items, page.pagination


def leads_on(next_url: str | None, skip: int, *, full: bool) -> bool:
    """Tell whether a next link says that there is more.

    Only its position is read: the link itself is never followed, for it may name any host. A link without a position
    beyond this page's says nothing, and then a full page is taken to have a successor.
    """
    if not next_url:
        return False
    try:
        sent = dict(parse_qsl(urlsplit(next_url).query)).get("$skip", "")
    except ValueError:
        sent = ""
    if not _POSITION.fullmatch(sent) or int(sent) <= skip:
        return full
    return True
