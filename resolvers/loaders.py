"""Per-request memory: every value by its key, each key asked once, windows merged in batches."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from providers.clubmed.records import Resort
from providers.errors import ProviderError
from providers.forge.lists import PhotoList
from providers.forge.records import Photo
from providers.keys import ActivityKey, PhotoKey, ResortKey
from providers.lookup import Lookup
from providers.musement.client import ActivitySearch
from providers.musement.records import Activity
from providers.records import Answer, Image, Media, Video
from providers.registry import Providers
from providers.scope import CallScope
from resolvers.key_loader import KeyLoader
from resolvers.loader import AnyLoader, Loader
from resolvers.photo_windows import PhotoWindow, PhotoWindows
from resolvers.safe_loader import SafeLoader
from resolvers.windows import Window, WindowAnswer, calls_saved, fetch_windows

H = TypeVar("H", bound=Hashable)
M = TypeVar("M", bound=AnyLoader)
T = TypeVar("T")

Windows = Mapping[Window[H], WindowAnswer[T] | None | ProviderError]


class made_once(Generic[M]):  # noqa: N801 - a decorator
    """A loader that is made when it is first wanted. Before Python 3.12 the library's own takes a lock for that."""

    def __init__(self, make: Callable[[Any], M]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: "Loaders", owner: type) -> M:
        made = instance.__dict__[self._name] = self._make(instance)
        instance.made.append(made)
        return made


class Loaders:
    """The loaders of one request: each is named by what it gives and how that is found, and made when it is wanted.

    ``spans`` are as for ``PhotoWindows``; ``made`` has the loaders that were wanted.
    """

    def __init__(self, providers: Providers, scope: CallScope, spans: dict[PhotoWindow, PhotoWindow]) -> None:
        self._providers = providers
        self._scope = scope
        self._photo_windows = PhotoWindows(providers.forge, scope, spans)
        self._calls_saved: list[int] = []
        self.made: list[AnyLoader] = []

    @property
    def calls_merged(self) -> int:
        """How many calls merging windows has saved."""
        return sum(self._calls_saved) + self._photo_windows.calls_merged

    @property
    def repeats(self) -> int:
        """How many loads found their key already asked for."""
        return sum([loader.repeats for loader in self.made])

    @made_once
    def activity(self) -> Loader[ActivityKey, Answer[Activity]]:
        """Details of activities."""
        return self._by_key(self._providers.musement.activities)

    @made_once
    def activity_media(self) -> Loader[ActivityKey, Answer[tuple[Media, ...]]]:
        """Media lists of activities."""
        return self._by_key(self._providers.musement.media)

    @made_once
    def activity_window(self) -> Loader[Window[ActivitySearch], WindowAnswer[Activity] | None]:
        """Windows of searches."""
        search, saved = partial(self._providers.musement.search, scope=self._scope), self._calls_saved

        async def fetch(windows: Iterable[Window[ActivitySearch]]) -> Windows[ActivitySearch, Activity]:
            saved.append(calls_saved(windows))
            return await fetch_windows(windows, search, lambda item: item.uuid)

        return SafeLoader(fetch)

    @made_once
    def resort(self) -> Loader[ResortKey, Answer[Resort]]:
        """Details of products."""
        return self._by_key(self._providers.clubmed.resorts)

    @made_once
    def resort_pictures(self) -> Loader[ResortKey, Answer[tuple[Image, ...]]]:
        """Pictures of products."""
        return self._by_key(self._providers.clubmed.pictures)

    @made_once
    def resort_videos(self) -> Loader[ResortKey, Answer[tuple[Video, ...]]]:
        """Videos of products."""
        return self._by_key(self._providers.clubmed.videos)

    @made_once
    def resort_window(self) -> Loader[Window[str], WindowAnswer[Resort] | None]:
        """Windows of the catalogue, by locale."""
        catalog, saved = partial(self._providers.clubmed.catalog, scope=self._scope), self._calls_saved

        async def fetch(windows: Iterable[Window[str]]) -> Windows[str, Resort]:
            saved.append(calls_saved(windows))
            # Club Med's pages are numbered: a window there cannot start anywhere.
            return await fetch_windows(windows, catalog, lambda item: item.product_id, numbered=True)

        return SafeLoader(fetch)

    @made_once
    def photo(self) -> Loader[PhotoKey, Answer[Photo]]:
        """Details of photos."""
        return self._by_key(self._providers.forge.photos)

    @made_once
    def photo_window(self) -> Loader[Window[PhotoList], WindowAnswer[Photo] | None]:
        """Windows of photo lists."""
        return SafeLoader(self._photo_windows.fetch, self._photo_windows.at_hand)

    def close(self) -> None:
        """Cancel what is still being fetched."""
        for loader in self.made:
            loader.close()

    def _by_key(self, lookup: Lookup[H, T]) -> Loader[H, Answer[T]]:
        if lookup.client.may_begin(self._scope):
            return KeyLoader(lookup, self._scope)
        return SafeLoader(partial(lookup, scope=self._scope), partial(lookup.at_hand, self._scope))
