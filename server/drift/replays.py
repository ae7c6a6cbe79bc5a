"""The calls that the graph makes of each provider, made once more, with the bodies that come back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec

from providers.errors import InvalidKey, ProviderError
from providers.forge.lists import PhotoFilter, PhotoList
from providers.keys import ActivityKey, PhotoKey, ResortKey, activity_uuid, photo_slug, product_id
from providers.musement.client import ActivitySearch
from providers.registry import Providers
from providers.scope import CallScope
from server.drift.listening import Listener


class Asker(msgspec.Struct, frozen=True):
    """Who asks: the providers, the locale, how many items of a list, and how long it may take."""

    providers: Providers
    locale: str
    items: int
    patience_s: float

    def scope(self) -> CallScope:
        """Bound one round of calls."""
        now = asyncio.get_running_loop().time()
        return CallScope("drift", now, now + self.patience_s)

    @property
    def culture(self) -> str:
        """The culture of Forge that is tried first, of those that have not answered 404."""
        return self.providers.forge.cultures.candidates(self.locale)[0]


Ask = Callable[[Asker, Sequence[str]], Awaitable[Iterable[object]]]
"""Makes the calls of one route for keys, where it takes some: what each came to."""


class Replay(msgspec.Struct, frozen=True):
    """What is asked of one provider: a list, and by the keys of its items every other route.

    ``folder`` is the adapter's, ``key`` the name under which items have theirs, and ``checked`` refuses one that must
    not leave in a URL.
    """

    folder: str
    listing: tuple[str, Ask]
    key: str
    checked: Callable[[str], str]
    others: tuple[tuple[str, Ask], ...]


class Heard(msgspec.Struct, frozen=True):
    """What came for one route: JSON values, and why a call brought none."""

    route: str
    documents: tuple[object, ...] = ()
    problem: str = ""


async def _activities(asker: Asker, _: Sequence[str]) -> Iterable[object]:
    search = ActivitySearch(asker.locale)
    return [await asker.providers.musement.search(search, 0, asker.items, asker.scope())]


async def _activity(asker: Asker, keys: Sequence[str]) -> Iterable[object]:
    wanted = [ActivityKey(key, asker.locale) for key in keys]
    return (await asker.providers.musement.activities(wanted, asker.scope())).values()


async def _media(asker: Asker, keys: Sequence[str]) -> Iterable[object]:
    wanted = [ActivityKey(key, asker.locale) for key in keys]
    return (await asker.providers.musement.media(wanted, asker.scope())).values()


async def _products(asker: Asker, _: Sequence[str]) -> Iterable[object]:
    return [await asker.providers.clubmed.catalog(asker.locale, 0, asker.items, asker.scope())]


async def _product(asker: Asker, keys: Sequence[str]) -> Iterable[object]:
    wanted = [ResortKey(key, asker.locale) for key in keys]
    return (await asker.providers.clubmed.resorts(wanted, asker.scope())).values()


async def _pictures(asker: Asker, keys: Sequence[str]) -> Iterable[object]:
    wanted = [ResortKey(key, asker.locale) for key in keys]
    return (await asker.providers.clubmed.pictures(wanted, asker.scope())).values()


async def _videos(asker: Asker, keys: Sequence[str]) -> Iterable[object]:
    wanted = [ResortKey(key, asker.locale) for key in keys]
    return (await asker.providers.clubmed.videos(wanted, asker.scope())).values()


async def _photos(asker: Asker, _: Sequence[str]) -> Iterable[object]:
    # Each culture that answers 404 is noted as absent, which makes the next one the first.
    for _try in asker.providers.forge.cultures.candidates(asker.locale):
        photos = PhotoList(asker.culture, PhotoFilter())
        answer = await asker.providers.forge.window(photos, 0, asker.items, asker.scope())
        if answer.value is not None:
            break
    return [answer]


async def _photo(asker: Asker, keys: Sequence[str]) -> Iterable[object]:
    wanted = [PhotoKey(asker.culture, key) for key in keys]
    return (await asker.providers.forge.photos(wanted, asker.scope())).values()


REPLAYS: Final[Mapping[str, Replay]] = {
    "MUSEMENT": Replay(
        "musement",
        ("GET /activities", _activities),
        "uuid",
        activity_uuid,
        (("GET /activities/{uuid}", _activity), ("GET /activities/{uuid}/media", _media)),
    ),
    "CLUB_MED": Replay(
        "clubmed",
        ("GET /v2/products", _products),
        "id",
        product_id,
        (
            ("GET /v2/products/{id}", _product),
            ("GET /v1/products/{id}/pictures", _pictures),
            ("GET /v0/products/{id}/videos", _videos),
        ),
    ),
    "FORGE": Replay(
        "forge",
        ("GET /v2/content/{culture}/photos", _photos),
        "slug",
        photo_slug,
        (("GET /v2/content/{culture}/photos/{slug}", _photo),),
    ),
}


async def replayed(replay: Replay, asker: Asker, listener: Listener) -> list[Heard]:
    """Ask for the list, then every other route for the keys that came."""
    asked = partial(_asked, asker, listener)
    heard = [await asked(*replay.listing, ())]
    keys = list(_keys(replay, heard[0].documents))
    for route, ask in replay.others:
        if keys:
            heard.append(await asked(route, ask, keys))
        else:
            heard.append(Heard(route, problem=f"no {replay.key!r} in the answer to {replay.listing[0]}"))
    return heard


async def _asked(asker: Asker, listener: Listener, route: str, ask: Ask, keys: Sequence[str]) -> Heard:
    listener.bodies.clear()
    try:
        results = await ask(asker, keys)
    except ProviderError as error:
        results = [error]
    problem = next((str(each) for each in results if isinstance(each, ProviderError)), "")
    documents: list[object] = []
    for body in listener.bodies:
        try:
            documents.append(msgspec.json.decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError):
            problem = problem or "answered what is no JSON"
    return Heard(route, tuple(documents), problem)


def _keys(replay: Replay, documents: Iterable[object]) -> Iterator[str]:
    for item in _items(documents):
        key = item.get(replay.key)
        if isinstance(key, str):
            with suppress(InvalidKey):
                yield replay.checked(key)


def _items(documents: Iterable[object]) -> Iterator[dict[str, object]]:
    """Find the items of a list: the array itself, or the one that an envelope holds."""
    for document in documents:
        arrays = document.values() if isinstance(document, dict) else [document]
        yield from (
            item for each in arrays if isinstance(each, list) for item in each if isinstance(item, dict)
        )
