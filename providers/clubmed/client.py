"""Club Med's calls: products, their pictures and videos, and the catalogue."""

import re
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Final

import msgspec

from providers.client import Ask, Call, ProviderClient, Sample, path_segment, query_string
from providers.clubmed import samples
from providers.clubmed.records import (
    PictureWire,
    ProductWire,
    Resort,
    picture,
    resort,
    resort_owner,
    video,
)
from providers.decoding import ListDecoder
from providers.errors import InvalidKey, UpstreamRejected
from providers.keys import ResortKey, product_id
from providers.locales import nearest
from providers.lookup import Lookup
from providers.media import usable
from providers.records import Answer, Image, Origin, Page, Video
from providers.scope import CallScope
from providers.transport import Reply

# Our own bound: no maximum is documented, and an item is some 4.5 kB (observed).
LARGEST_PAGE: Final = 100

_SAMPLE_DETAIL: Final = Sample(lambda: samples.DETAIL)
_SAMPLE_PICTURES: Final = Sample(lambda: samples.PICTURES)
_SAMPLE_VIDEOS: Final = Sample(lambda: samples.VIDEOS)
# Beyond every offset, so that a rehearsed page never ends the list.
_SAMPLE_TOTAL: Final = 1_000_000
_DETAIL = msgspec.json.Decoder(ProductWire, strict=False)
_ITEMS = ListDecoder(list[ProductWire])
_PICTURES = ListDecoder(list[PictureWire])
_VIDEOS = ListDecoder(list[str])
# Recorded without a unit, as `0-2/782`; HTTP wants one, so it may yet come.
_CONTENT_RANGE = re.compile(r"(?:\w+\s+)?(\d{1,15})-(\d{1,15})/(\d{1,15}|\*)", re.ASCII)


class Slice(msgspec.Struct, frozen=True):
    """Items of one numbered page: the position of the first, and the total where the provider tells it."""

    first: int
    items: tuple[Resort | None, ...]
    total: int | None
    has_next: bool


class ClubMedClient:
    """Products by key and by catalogue.

    ``resorts`` fetches the details, ``pictures`` and ``videos`` those lists in the provider's order, each item once.
    """

    def __init__(
        self,
        client: ProviderClient,
        locales: tuple[str, ...],
        default_locale: str,
        image_hosts: frozenset[str] = frozenset(),
    ) -> None:
        client.purging.shows = shows_product
        self._client = client
        self._image_hosts = image_hosts

        self._language = partial(nearest, spoken=locales, default=default_locale)
        self.resorts = Lookup(
            client, partial(self._call, "GET /v2/products/{id}"), self._detail_of, _in_locale_of
        )
        self.pictures = Lookup(
            client, partial(self._call, "GET /v1/products/{id}/pictures"), self._pictures_of
        )
        self.videos = Lookup(client, partial(self._call, "GET /v0/products/{id}/videos"), self._videos_of)

    def _pictures_of(self, scope: CallScope, key: ResortKey, call: Call) -> Ask[tuple[Image, ...]]:
        owner = resort_owner(key.product_id)

        def decode(reply: Reply, origin: Origin) -> tuple[Image, ...]:
            del origin
            read = partial(picture, owner=owner, hosts=self._image_hosts)
            return usable(_PICTURES.decode(reply.body), read, scope)

        return Ask(call, decode, _SAMPLE_PICTURES)

    def _videos_of(self, scope: CallScope, key: ResortKey, call: Call) -> Ask[tuple[Video, ...]]:
        owner = resort_owner(key.product_id)

        def decode(reply: Reply, origin: Origin) -> tuple[Video, ...]:
            del origin
            return usable(_VIDEOS.decode(reply.body), partial(video, owner=owner), scope)

        return Ask(call, decode, _SAMPLE_VIDEOS)

    async def catalog(self, locale: str, offset: int, limit: int, scope: CallScope) -> Answer[Page[Resort]]:
        """Fetch the products from ``offset``, 1 to 100 of them; raises ProviderError.

        The provider numbers its pages, so the page size is chosen to cover the window with one page where a size up
        to 100 does; else two neighbouring pages are fetched.
        """
        size, numbers = covering_pages(offset, limit)
        slices: list[Slice] = []
        origin: Origin | None = None
        for number in numbers:
            answer = await self._page(locale, number, size, scope)
            # A window is as old as its oldest page.
            origin = answer.origin if origin is None or answer.origin.stored_at < origin.stored_at else origin
            if answer.value is None:
                break
            slices.append(answer.value)
            if not answer.value.has_next:
                break
        if origin is None:
            raise AssertionError("a window has at least one page")
        return Answer(value=cut(slices, offset, limit), origin=origin)

    async def _page(self, locale: str, number: int, size: int, scope: CallScope) -> Answer[Slice]:
        first = (number - 1) * size
        call = Call(
            route="GET /v2/products",
            path="/v2/products",
            # Never without a limit: the answer would be the whole catalogue, some 3.5 MB. Pages are counted, since
            # the provider's Link header holds the key in clear (both observed).
            query=query_string([("limit", str(size)), ("page", str(number))]),
            headers=(("accept-language", self._language(locale)),),
            variant=locale,
            skip=first,
            limit=size,
        )

        def decode(reply: Reply, origin: Origin) -> Slice:
            items = tuple(
                _item(wire, locale, origin, self._image_hosts) for wire in _ITEMS.decode(reply.body)
            )
            scope.dropped_items += items.count(None)
            return _slice(reply, items, first, size)

        content_range = f"{first}-{first + size - 1}/{_SAMPLE_TOTAL}"
        sample = Sample(partial(samples.catalog_page, first, size), (("content-range", content_range),))
        try:
            return await self._client.get(call, decode, scope, sample)
        except UpstreamRejected as error:
            # The reference lists 416 without its case. Taken for a page past the end, it is an empty page, no failure.
            if error.status != HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                raise
            nothing = Slice(first=first, items=(), total=None, has_next=False)
            return Answer(value=nothing, origin=Origin(stored_at=scope.now(), fresh_until=scope.now()))

    def _detail_of(self, scope: CallScope, key: ResortKey, call: Call) -> Ask[Resort]:
        del scope

        def decode(reply: Reply, origin: Origin) -> Resort:
            return resort(_DETAIL.decode(reply.body), key, origin, self._image_hosts, whole=True)

        return Ask(call, decode, _SAMPLE_DETAIL)

    def _call(self, route: str, key: ResortKey) -> Call:
        return Call(
            route=route,
            path=route.removeprefix("GET ").replace("{id}", path_segment(key.product_id)),
            headers=(("accept-language", self._language(key.locale)),),
            tags=(f"ResortProduct:{key.product_id}",),
        )


def _in_locale_of(key: ResortKey, answer: Answer[Resort]) -> Answer[Resort]:
    # Locales that the provider does not speak share the call of the one that stands in for them.
    if answer.value is None or answer.value.locale == key.locale:
        return answer
    # The same each time, so that what it looks like can be kept.
    value = answer.once(key.locale, partial(msgspec.structs.replace, answer.value, locale=key.locale))
    return Answer(value=value, origin=answer.origin)


def covering_pages(offset: int, limit: int) -> tuple[int, tuple[int, ...]]:
    """Choose a page size, and the one-based numbers of the one or two pages that cover the window."""
    for size in range(limit, LARGEST_PAGE + 1):
        if offset // size == (offset + limit - 1) // size:
            return size, (offset // size + 1,)
    return limit, (offset // limit + 1, offset // limit + 2)


def cut(slices: Iterable[Slice], offset: int, limit: int) -> Page[Resort]:
    """Cut the window out of the pages that came."""
    items: list[Resort | None] = []
    total: int | None = None
    more = False
    for each in slices:
        start, end = max(offset - each.first, 0), max(offset + limit - each.first, 0)
        items += each.items[start:end]
        total = each.total if each.total is not None else total
        more = each.has_next or len(each.items) > end
    if total is not None:
        more = offset + limit < total
    return Page(items=tuple(items), has_next=more, total=total)


def shows_product(value: object, kind: str, key: str) -> bool:
    """Tell whether a page of the catalogue shows a product, or left out what may be one."""
    items = value.items if isinstance(value, Slice) else ()
    return kind == "ResortProduct" and any(item is None or item.product_id == key for item in items)


def _item(wire: ProductWire | None, locale: str, origin: Origin, hosts: frozenset[str]) -> Resort | None:
    if wire is None or wire.id is None:
        return None
    try:
        key = ResortKey(product_id(wire.id), locale)
    except InvalidKey:
        return None
    return resort(wire, key, origin, hosts, whole=False)


def _slice(reply: Reply, items: tuple[Resort | None, ...], first: int, size: int) -> Slice:
    found = _CONTENT_RANGE.fullmatch(reply.headers.get("content-range", "").strip())
    if found is None:
        # A longer answer than asked for is the whole catalogue: its first item is the catalogue's first.
        whole = len(items) > size
        return Slice(
            first=0 if whole else first,
            items=items,
            total=len(items) if whole else None,
            has_next=not whole and len(items) == size,
        )
    total = None if found[3] == "*" else int(found[3])
    has_next = int(found[2]) + 1 < total if total is not None else len(items) == size
    return Slice(first=int(found[1]), items=items, total=total, has_next=has_next)
