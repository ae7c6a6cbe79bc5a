"""Musement's calls: activities, their media, and the search."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

import msgspec

from providers.client import Call, ProviderClient, Sample, by_key, path_segment, query_string
from providers.decoding import ListDecoder
from providers.errors import InvalidKey, ProviderError
from providers.keys import ActivityKey, activity_uuid
from providers.locales import fallbacks
from providers.media import distinct
from providers.musement import samples
from providers.musement.records import (
    Activity,
    ActivityWire,
    EnvelopeWire,
    MediaWire,
    activity,
    activity_owner,
    media,
)
from providers.records import Answer, Media, Origin, Page
from providers.scope import CallScope
from providers.transport import Reply

# The reference's maximum.
LARGEST_PAGE: Final = 100

_SAMPLE_DETAIL: Final = Sample(lambda: samples.DETAIL)
_SAMPLE_MEDIA: Final = Sample(lambda: samples.MEDIA)
_DETAIL = msgspec.json.Decoder(ActivityWire, strict=False)
_ITEMS = ListDecoder(list[ActivityWire])
_MEDIA = ListDecoder(list[MediaWire])
_ENVELOPE = msgspec.json.Decoder(EnvelopeWire, strict=False)


class ActivitySearch(msgspec.Struct, frozen=True):
    """What ``GET /activities`` filters by; empty means no filter."""

    locale: str
    text: str | None = None
    city_ids: tuple[int, ...] = ()
    categories: tuple[str, ...] = ()


class MusementClient:
    """Activities by key and by search.

    Every method answers per key: an Answer, whose value is None for a 404, or the ProviderError of that key's call.
    """

    def __init__(self, client: ProviderClient, locales: tuple[str, ...], default_locale: str) -> None:
        self._client = client
        self._locales = locales
        self._default_locale = default_locale

    async def activities(
        self, keys: Iterable[ActivityKey], scope: CallScope
    ) -> Mapping[ActivityKey, Answer[Activity] | ProviderError]:
        """Fetch the details; a 404 means that the activity is unknown."""

        async def one(key: ActivityKey) -> Answer[Activity]:
            answer = await self._client.get(self._call("", key), _detail, scope, _SAMPLE_DETAIL)
            if answer.value is None:
                return Answer(value=None, origin=answer.origin)
            return Answer(value=activity(answer.value, key, answer.origin, whole=True), origin=answer.origin)

        # A call each: no parameter of the reference takes several uuids.
        return await by_key(keys, one)

    async def media(
        self, keys: Iterable[ActivityKey], scope: CallScope
    ) -> Mapping[ActivityKey, Answer[tuple[Media, ...]] | ProviderError]:
        """Fetch the media lists: images and videos mixed, in the provider's order, each picture once.

        A 404 means "no media", not "no activity".
        """

        async def one(key: ActivityKey) -> Answer[tuple[Media, ...]]:
            owner = activity_owner(key.uuid)

            def decode(reply: Reply, origin: Origin) -> tuple[Media, ...]:
                del origin
                wires = _MEDIA.decode(reply.body)
                found = [item for wire in wires if wire and (item := media(wire, owner))]
                scope.dropped_items += len(wires) - len(found)
                return distinct(found)

            return await self._client.get(self._call("/media", key), decode, scope, _SAMPLE_MEDIA)

        return await by_key(keys, one)

    async def search(
        self, search: ActivitySearch, offset: int, limit: int, scope: CallScope
    ) -> Answer[Page[Activity]]:
        """Fetch one page of the search: 1 to 100 items from ``offset``; raises ProviderError."""
        pairs = [("text", search.text)] if search.text else []
        if search.city_ids:
            # One parameter with commas (provider's guide).
            pairs.append(("city_in", ",".join(map(str, search.city_ids))))
        if search.categories:
            pairs.append(("category_in", ",".join(search.categories)))
        # Always sent: the default is 10 in the reference and about 100 in the guide.
        pairs += [("limit", str(limit)), ("offset", str(offset))]
        call = Call(
            route="GET /activities",
            path="/activities",
            query=query_string(pairs),
            headers=self._language(search.locale),
            variant=search.locale,
            tags=("MUSEMENT:lists",),
            skip=offset,
            limit=limit,
        )

        def decode(reply: Reply, origin: Origin) -> Page[Activity]:
            wires, total = _items_and_total(reply.body)
            items = tuple(_item(wire, search.locale, origin) for wire in wires)
            scope.dropped_items += items.count(None)
            # Without a total a full page is the only hint, for the guide ends a list with a page that is not full.
            more = offset + len(items) < total if total is not None else len(items) >= limit
            return Page(items=items, has_next=more and bool(items), total=total)

        sample = Sample(partial(samples.search_page, offset, limit))
        return await self._client.get(call, decode, scope, sample)

    def _call(self, below: str, key: ActivityKey) -> Call:
        return Call(
            route=f"GET /activities/{{uuid}}{below}",
            path=f"/activities/{path_segment(key.uuid)}{below}",
            headers=self._language(key.locale),
            tags=(f"Activity:{key.uuid}",),
        )

    def _language(self, locale: str) -> tuple[tuple[str, str], ...]:
        return (("accept-language", fallbacks(locale, self._locales, self._default_locale)[0]),)


def _detail(reply: Reply, origin: Origin) -> ActivityWire:
    del origin
    return _DETAIL.decode(reply.body)


def _items_and_total(body: bytes) -> tuple[list[ActivityWire | None], int | None]:
    # The reference declares an object here; sister lists were recorded in both shapes (observed).
    if body.lstrip()[:1] == b"[":
        return _ITEMS.decode(body), None
    envelope = _ENVELOPE.decode(body)
    return _ITEMS.decode(envelope.data), envelope.meta.count if envelope.meta else None


def _item(wire: ActivityWire | None, locale: str, origin: Origin) -> Activity | None:
    if wire is None or wire.uuid is None:
        return None
    try:
        key = ActivityKey(activity_uuid(wire.uuid), locale)
    except InvalidKey:
        return None
    return activity(wire, key, origin, whole=False)
