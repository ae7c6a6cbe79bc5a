"""Musement's calls: activities, their media, and the search."""

from functools import partial
from typing import Final

import msgspec

from providers.client import Ask, Call, ProviderClient, Sample, path_segment, query_string
from providers.decoding import ListDecoder
from providers.errors import InvalidKey
from providers.keys import ActivityKey, activity_uuid
from providers.locales import nearest
from providers.lookup import Lookup
from providers.media import usable
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

    ``activities`` fetches the details; a 404 means that the activity is unknown. ``media`` fetches the media lists:
    images and videos mixed, in the provider's order, each picture once; a 404 means "no media", not "no activity".
    """

    def __init__(
        self,
        client: ProviderClient,
        locales: tuple[str, ...],
        default_locale: str,
        image_hosts: frozenset[str] = frozenset(),
    ) -> None:
        client.purging.shows = shows_activity
        self._client = client
        self._image_hosts = image_hosts

        self._language = partial(nearest, spoken=locales, default=default_locale)
        # A call each: no parameter of the reference takes several uuids.
        self.activities = Lookup(client, partial(self._call, ""), self._detail_of, _in_locale_of)
        self.media = Lookup(client, partial(self._call, "/media"), self._media_of)

    def _media_of(self, scope: CallScope, key: ActivityKey, call: Call) -> Ask[tuple[Media, ...]]:
        owner = activity_owner(key.uuid)

        def decode(reply: Reply, origin: Origin) -> tuple[Media, ...]:
            del origin
            return usable(
                _MEDIA.decode(reply.body), partial(media, owner=owner, hosts=self._image_hosts), scope
            )

        return Ask(call, decode, _SAMPLE_MEDIA)

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
            headers=(("accept-language", self._language(search.locale)),),
            variant=search.locale,
            skip=offset,
            limit=limit,
        )

        def decode(reply: Reply, origin: Origin) -> Page[Activity]:
            wires, total = _items_and_total(reply.body)
            items = tuple(_item(wire, search.locale, origin, self._image_hosts) for wire in wires)
            scope.dropped_items += items.count(None)
            # Without a total a full page is the only hint, for the guide ends a list with a page that is not full.
            more = offset + len(items) < total if total is not None else len(items) >= limit
            return Page(items=items, has_next=more and bool(items), total=total)

        sample = Sample(partial(samples.search_page, offset, limit))
        return await self._client.get(call, decode, scope, sample)

    def _detail_of(self, scope: CallScope, key: ActivityKey, call: Call) -> Ask[Activity]:
        del scope

        def decode(reply: Reply, origin: Origin) -> Activity:
            return activity(_DETAIL.decode(reply.body), key, origin, self._image_hosts, whole=True)

        return Ask(call, decode, _SAMPLE_DETAIL)

    def _call(self, below: str, key: ActivityKey) -> Call:
        return Call(
            route=f"GET /activities/{{uuid}}{below}",
            path=f"/activities/{path_segment(key.uuid)}{below}",
            headers=(("accept-language", self._language(key.locale)),),
            tags=(f"Activity:{key.uuid}",),
        )


def _in_locale_of(key: ActivityKey, answer: Answer[Activity]) -> Answer[Activity]:
    # Locales that the provider does not speak share the call of the one that stands in for them.
    if answer.value is None or answer.value.locale == key.locale:
        return answer
    # The same each time, so that what it looks like can be kept.
    value = answer.once(key.locale, partial(msgspec.structs.replace, answer.value, locale=key.locale))
    return Answer(value=value, origin=answer.origin)


def shows_activity(value: object, kind: str, key: str) -> bool:
    """Tell whether a page of a search shows an activity, or left out what may be one."""
    items = value.items if isinstance(value, Page) else ()
    return kind == "Activity" and any(item is None or item.uuid == key for item in items)


def _items_and_total(body: bytes) -> tuple[list[ActivityWire | None], int | None]:
    # The reference declares an object here; sister lists were recorded in both shapes (observed).
    if body.lstrip()[:1] == b"[":
        return _ITEMS.decode(body), None
    envelope = _ENVELOPE.decode(body)
    return _ITEMS.decode(envelope.data), envelope.meta.count if envelope.meta else None


def _item(wire: ActivityWire | None, locale: str, origin: Origin, hosts: frozenset[str]) -> Activity | None:
    if wire is None or wire.uuid is None:
        return None
    try:
        key = ActivityKey(activity_uuid(wire.uuid), locale)
    except InvalidKey:
        return None
    return activity(wire, key, origin, hosts, whole=False)
