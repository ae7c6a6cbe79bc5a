"""Windows of photo lists, for the loader of one request."""

from collections.abc import Iterable, Mapping

from providers.errors import ProviderError
from providers.forge.client import ForgeClient
from providers.forge.lists import PhotoList
from providers.forge.records import Photo
from providers.records import Answer, Page
from providers.scope import CallScope
from resolvers.windows import (
    Segment,
    Window,
    WindowAnswer,
    calls_of,
    calls_saved,
    cut,
    fetch_windows,
    spans_in,
)

PhotoWindow = Window[PhotoList]
PhotoAnswer = WindowAnswer[Photo]


class PhotoWindows:
    """Fetches windows in batches, and finds those that were kept without one.

    ``spans`` tells for each window in which span it was last fetched for this operation: a window that is asked for
    alone would not find the page that it was merged into, and cost a call. ``calls_merged`` counts the calls that
    merging has saved.
    """

    def __init__(self, forge: ForgeClient, scope: CallScope, spans: dict[PhotoWindow, PhotoWindow]) -> None:
        self.calls_merged = 0
        self._forge = forge
        self._scope = scope
        self._spans = spans
        self._counted: set[PhotoWindow] = set()

    async def fetch(
        self, windows: Iterable[PhotoWindow]
    ) -> Mapping[PhotoWindow, PhotoAnswer | None | ProviderError]:
        """Fetch many windows with the fewest calls: None for a list that does not exist."""
        self.calls_merged += calls_saved(windows)
        answers = await fetch_windows(windows, self._page, photo_identity)
        # A span of several pages has no one call to be found by.
        self._spans.update(each for each in spans_in(windows) if calls_of(each[1].limit) == 1)
        return answers

    def at_hand(self, window: PhotoWindow) -> PhotoAnswer | None:
        """Cut a window out of the page that was kept of its span; None where it has to be waited for."""
        span = self._spans.get(window)
        kept = self._forge.window_at_hand(*span, self._scope) if span else None
        if span is None or kept is None or kept.value is None:
            return None
        if kept.value.has_next and len(kept.value.items) < span.limit:
            # The provider's own pages are smaller than the span: it takes several of them.
            del self._spans[window]
            return None
        found = kept.once((window.skip, window.end), lambda: _cut(window, span, kept))
        if not isinstance(found, WindowAnswer):
            return None
        self.calls_merged += int(span in self._counted)
        self._counted.add(span)
        return found

    async def _page(self, photos: PhotoList, skip: int, limit: int) -> Answer[Page[Photo]]:
        return await self._forge.window(photos, skip, limit, self._scope)


def _cut(
    window: PhotoWindow, span: PhotoWindow, kept: Answer[Page[Photo]]
) -> PhotoAnswer | None | ProviderError:
    segments = [Segment(start=span.skip, size=span.limit, answer=kept)]
    return cut(segments, window.skip, window.end, photo_identity)


def photo_identity(photo: Photo) -> str:
    """Tell photos of one list apart, whatever is edited while it is paged through."""
    # A slug can be edited meanwhile; this identity stays (provider page).
    return photo.entity_id or photo.slug
