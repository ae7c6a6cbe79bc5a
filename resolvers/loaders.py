"""Batching and per-request memory: every value by its key, each key asked once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Generic, TypeVar, cast

from aiodataloader import DataLoader

from providers.clubmed.records import Resort
from providers.errors import ProviderError
from providers.forge.lists import PhotoList
from providers.forge.records import Photo
from providers.keys import ActivityKey, PhotoKey, ResortKey
from providers.musement.client import ActivitySearch
from providers.musement.records import Activity
from providers.records import Answer, Image, Media, Video
from providers.registry import Providers
from providers.scope import CallScope
from resolvers.windows import Window, WindowAnswer, calls_saved, fetch_windows

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BatchCancelled(Exception):
    """The batch that a value was to come from was cancelled before it came."""


class SafeLoader(DataLoader[K, V], Generic[K, V]):
    """A loader whose shared futures survive the cancellation of one of their waiters.

    graphql-core 3.3 cancels the siblings of a failed non-null field. A sibling that waits for a loader's future would
    cancel it for every other waiter too, and the cancelled future would stay in the loader's memory: so every waiter
    gets a shield, cancelled futures are forgotten, and a cancelled batch is an error, not a hang.

    ``fetch`` answers a mapping with one value or exception a key. ``repeats`` counts the loads whose key had been
    loaded before: each would have been a call of its own. Make one loader a request, inside its event loop.
    """

    def __init__(self, fetch: Callable[[list[K]], Awaitable[Mapping[K, V | Exception]]]) -> None:
        super().__init__()
        self.repeats = 0
        # Kept beside the library's memory, where a key that was only started looks the same as one that was used.
        self._used: set[K] = set()
        self._fetch = fetch
        self._batches: set[asyncio.Task[Mapping[K, V | Exception]]] = set()
        self._closed = False

    def load(self, key: K) -> "asyncio.Future[V]":
        """Wait for the value of a key; the returned future may be cancelled without harm to others."""
        if key in self._used:
            self.repeats += 1
        self._used.add(key)
        return self.outcome(key)

    def outcome(self, key: K) -> "asyncio.Future[V]":
        """Wait as ``load`` does, to decide something: it is no further use of the value."""
        return asyncio.shield(self._shared(key))

    def start(self, key: K) -> None:
        """Let the value of a key be fetched, beside what the caller does next; its failure shows where it is loaded."""
        self._shared(key)

    def _shared(self, key: K) -> "asyncio.Future[V]":
        known = self._cache.get(key)
        if known is not None:
            if not known.cancelled():
                return known
            del self._cache[key]
        future = super().load(key)
        future.add_done_callback(_retrieved)
        return future

    async def batch_load_fn(self, keys: list[K]) -> list[V]:
        """Fetch a batch; called by the library."""
        if self._closed:
            raise BatchCancelled("the request ended before its data was asked for")
        batch = asyncio.ensure_future(self._fetch(keys))
        self._batches.add(batch)
        try:
            found = await batch
        except asyncio.CancelledError as cancelled:
            raise BatchCancelled("the request ended before its data came") from cancelled
        finally:
            self._batches.discard(batch)
        # The library takes an exception for the failure of its key alone, though its types do not say so.
        return [cast("V", found[key]) for key in keys]

    def close(self) -> None:
        """Cancel what is still being fetched: the request that asked for it has ended."""
        self._closed = True
        # The library lets a batch run on when all who waited for it are gone.
        for batch in self._batches:
            batch.cancel()


def _retrieved(future: "asyncio.Future[V]") -> None:
    # Read once, so that the failure of a value that nobody waits for any more is not reported as never retrieved.
    if not future.cancelled():
        future.exception()


class Loaders:
    """The loaders of one request; each is named by what it gives and by what it is found.

    ``calls_merged`` counts the calls that merging windows has saved.
    """

    def __init__(self, providers: Providers, scope: CallScope) -> None:
        self.calls_merged = 0
        musement, clubmed, forge = providers.musement, providers.clubmed, providers.forge

        async def photo_windows(
            windows: Iterable[Window[PhotoList]],
        ) -> Mapping[Window[PhotoList], WindowAnswer[Photo] | None | ProviderError]:
            self.calls_merged += calls_saved(windows)
            return await fetch_windows(windows, partial(forge.window, scope=scope), _photo_identity)

        async def search_windows(
            windows: Iterable[Window[ActivitySearch]],
        ) -> Mapping[Window[ActivitySearch], WindowAnswer[Activity] | None | ProviderError]:
            self.calls_merged += calls_saved(windows)
            return await fetch_windows(windows, partial(musement.search, scope=scope), lambda item: item.uuid)

        async def catalog_windows(
            windows: Iterable[Window[str]],
        ) -> Mapping[Window[str], WindowAnswer[Resort] | None | ProviderError]:
            self.calls_merged += calls_saved(windows)
            # Club Med's pages are numbered: a window there cannot start anywhere.
            return await fetch_windows(
                windows, partial(clubmed.catalog, scope=scope), lambda item: item.product_id, numbered=True
            )

        self.activity = SafeLoader[ActivityKey, Answer[Activity]](partial(musement.activities, scope=scope))
        self.activity_media = SafeLoader[ActivityKey, Answer[tuple[Media, ...]]](
            partial(musement.media, scope=scope)
        )
        self.activity_window = SafeLoader(search_windows)
        self.resort = SafeLoader[ResortKey, Answer[Resort]](partial(clubmed.resorts, scope=scope))
        self.resort_pictures = SafeLoader[ResortKey, Answer[tuple[Image, ...]]](
            partial(clubmed.pictures, scope=scope)
        )
        self.resort_videos = SafeLoader[ResortKey, Answer[tuple[Video, ...]]](
            partial(clubmed.videos, scope=scope)
        )
        self.resort_window = SafeLoader(catalog_windows)
        self.photo = SafeLoader[PhotoKey, Answer[Photo]](partial(forge.photos, scope=scope))
        self.photo_window = SafeLoader(photo_windows)

    @property
    def repeats(self) -> int:
        """How many loads found their key already asked for."""
        return sum(loader.repeats for loader in self._every())

    def close(self) -> None:
        """Cancel what is still being fetched."""
        for loader in self._every():
            loader.close()

    def _every(self) -> Iterator[SafeLoader[Any, Any]]:
        return (each for each in vars(self).values() if isinstance(each, SafeLoader))


def _photo_identity(photo: Photo) -> str:
    # A slug can be edited while a list is paged through; this identity stays (provider page).
    return photo.entity_id or photo.slug
