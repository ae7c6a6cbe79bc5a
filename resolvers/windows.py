"""Windows of one list: merged where that saves calls, fetched once, cut apart again."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from providers.errors import ProviderError
from providers.records import Answer, Origin, Page, Remembering
from resolvers.begun import together

L = TypeVar("L", bound=Hashable)
T = TypeVar("T")

LARGEST_GAP: Final = 10
"""Positions between two windows that are fetched along, to save a call."""

MOST_MERGED: Final = 100
"""Windows apart that one span bridges at the most, so that a thousand of them are merged in no time."""

LARGEST_PAGE: Final = 100
"""Items that every provider gives in one page at the most."""

FetchPage = Callable[[L, int, int], Awaitable[Answer[Page[T]]]]


class Window(NamedTuple, Generic[L]):
    """Positions ``skip`` to ``skip + limit`` of one list."""

    list: L
    skip: int
    limit: int

    @property
    def end(self) -> int:
        """The position after the last one."""
        return self.skip + self.limit


class WindowAnswer(Remembering, Generic[T], frozen=True):
    """What stands in a window, by position: None for an item that was dropped.

    Fewer items than asked mean that the list ended, or, with ``has_next``, that the answer did: ``cut_short`` is then
    the failure of the page that would have come next, where there was one.
    """

    items: tuple[T | None, ...]
    has_next: bool
    origin: Origin
    total: int | None = None
    cut_short: ProviderError | None = None


class Span(msgspec.Struct):
    """Windows of one list that are fetched together."""

    skip: int
    end: int

    @property
    def calls(self) -> int:
        """How many pages the span takes at the most."""
        return calls_of(self.end - self.skip)

    def holds(self, window: tuple[int, int]) -> bool:
        """Tell whether the whole of a window, given as (skip, end), is fetched with the span."""
        return self.skip <= window[0] and window[1] <= self.end

    def start_with_a_page(self) -> None:
        """Begin where a page of the provider's does, if the span takes several."""
        if self.calls > 1:
            self.skip -= self.skip % LARGEST_PAGE


class Segment(msgspec.Struct, Generic[T], frozen=True):
    """One page of a span: where it starts, how many positions were asked for, and what came."""

    start: int
    size: int
    answer: Answer[Page[T]] | ProviderError

    @property
    def end(self) -> int:
        """The position after the last one asked for."""
        return self.start + self.size

    @property
    def page(self) -> Page[T]:
        """What came; an empty page where nothing did."""
        came = self.answer.value if isinstance(self.answer, Answer) else None
        return came or Page(items=(), has_next=False)


def calls_of(size: int) -> int:
    """Count the pages of at most 100 that a window of a size takes."""
    return -(-size // LARGEST_PAGE)


def spans_of(windows: Iterable[tuple[int, int]]) -> list[Span]:
    """Merge windows, given as (skip, end), that touch, overlap or leave a small gap, unless that costs more calls.

    Of all ways to merge, one with the fewest calls is taken, and of those the one with the fewest spans. Judged on the
    sizes asked for, since the length of the list is not known.
    """
    runs = _touching(windows)
    # The cheapest way to fetch the first so many runs: calls, spans, and the run at which its last span starts.
    ways: list[tuple[int, int, int]] = [(0, 0, 0)]
    for count in range(1, len(runs) + 1):
        end = runs[count - 1].end
        choices = []
        for start in range(count - 1, max(-1, count - 1 - MOST_MERGED), -1):
            calls, spans, _ = ways[start]
            choices.append((calls + calls_of(end - runs[start].skip), spans + 1, start))
            if start and runs[start].skip > runs[start - 1].end + LARGEST_GAP:
                break
        ways.append(min(choices))
    chosen: list[Span] = []
    count = len(runs)
    while count:
        start = ways[count][2]
        chosen.append(Span(skip=runs[start].skip, end=runs[count - 1].end))
        count = start
    return chosen[::-1]


def _touching(windows: Iterable[tuple[int, int]]) -> list[Span]:
    """Merge windows that touch or overlap: two pages never cost less apart."""
    runs: list[Span] = []
    for skip, end in sorted(set(windows)):
        if runs and skip <= runs[-1].end:
            runs[-1].end = max(runs[-1].end, end)
        else:
            runs.append(Span(skip=skip, end=end))
    return runs


def calls_saved(windows: Iterable[Window[L]]) -> int:
    """Count the calls that merging saves, by the sizes asked for, against fetching each window alone."""
    lists = _by_list(windows).values()
    alone = sum(calls_of(end - skip) for many in lists for skip, end in many)
    return alone - sum(span.calls for many in lists for span in spans_of(many))


def spans_in(windows: Iterable[Window[L]]) -> Iterator[tuple[Window[L], Window[L]]]:
    """Tell each window with the span that it is fetched in, as a window too."""
    for one, many in _by_list(windows).items():
        for span in spans_of(many):
            whole = Window(one, span.skip, span.end - span.skip)
            for skip, end in filter(span.holds, many):
                yield Window(one, skip, end - skip), whole


async def fetch_windows(
    windows: Iterable[Window[L]],
    fetch: FetchPage[L, T],
    identity: Callable[[T], Hashable],
    *,
    numbered: bool = False,
) -> Mapping[Window[L], WindowAnswer[T] | None | ProviderError]:
    """Fetch many windows with the fewest calls.

    Answers per window: None where the list does not exist, a ProviderError where its first page failed. An item whose
    identity came before in the same window is dropped: an insertion at the provider moved it between two pages.
    ``numbered`` is for a provider that numbers its pages: a span of several pages then starts where a page does, since
    each page of it would else cost two calls.
    """
    by_list = _by_list(windows)
    spans = [(one, span) for one, many in by_list.items() for span in spans_of(many)]
    if numbered:
        for _, span in spans:
            span.start_with_a_page()
    fetched = await together([_segments(one, span, fetch) for one, span in spans])
    answers: dict[Window[L], WindowAnswer[T] | None | ProviderError] = {}
    for (one, span), segments in zip(spans, fetched, strict=True):
        for skip, end in filter(span.holds, by_list[one]):
            answers[Window(one, skip, end - skip)] = cut(segments, skip, end, identity)
    return answers


def _by_list(windows: Iterable[Window[L]]) -> dict[L, list[tuple[int, int]]]:
    by_list: dict[L, list[tuple[int, int]]] = defaultdict(list)
    for window in windows:
        by_list[window.list].append((window.skip, window.end))
    return by_list


async def _segments(one: L, span: Span, fetch: FetchPage[L, T]) -> list[Segment[T]]:
    async def page(start: int, size: int) -> Segment[T]:
        try:
            return Segment(start=start, size=size, answer=await fetch(one, start, size))
        except ProviderError as error:
            return Segment(start=start, size=size, answer=error)

    first = await page(span.skip, min(span.end - span.skip, LARGEST_PAGE))
    came = first.answer.value if isinstance(first.answer, Answer) else None
    if came is None or not came.has_next or not came.items:
        return [first]
    # A page shorter than asked, with more to come, tells the provider's own page size.
    step = min(len(came.items), first.size)
    first = Segment(start=first.start, size=step, answer=first.answer)
    start = first.start + step
    rest = [page(at, min(step, span.end - at)) for at in range(start, span.end, step)]
    return [first, *await together(rest)]


def cut(
    segments: Sequence[Segment[T]], skip: int, end: int, identity: Callable[[T], Hashable]
) -> WindowAnswer[T] | None | ProviderError:
    """Cut the window from ``skip`` to ``end`` out of the pages of its span."""
    first = segments[0].answer
    if isinstance(first, ProviderError):
        return first
    if first.value is None:
        return None
    items: list[T | None] = []
    pages = [first]
    has_next, cut_short = False, None
    for segment in _holding(segments, skip, end):
        if isinstance(segment.answer, ProviderError):
            has_next, cut_short = True, segment.answer
            break
        page = segment.page
        pages.append(segment.answer)
        items += page.items[: segment.size][max(skip - segment.start, 0) : end - segment.start]
        has_next = page.has_next or len(page.items) > end - segment.start
    if cut_short is not None and not items:
        return cut_short
    return _answer(items, pages, has_next=has_next, cut_short=cut_short, identity=identity)


def _holding(segments: Iterable[Segment[T]], skip: int, end: int) -> Iterator[Segment[T]]:
    """Find the pages that a window has a part of, up to the one that is not full: the list ends there."""
    for segment in segments:
        if segment.start < end and skip < segment.end:
            yield segment
            if len(segment.page.items) < segment.size:
                return


def _drop_repeats(items: list[T | None], identity: Callable[[T], Hashable]) -> None:
    standing = [item for item in items if item is not None]
    if len(set(map(identity, standing))) == len(standing):
        return
    seen: set[Hashable] = set()
    for position, item in enumerate(items):
        if item is None:
            continue
        known = identity(item)
        if known in seen:
            items[position] = None
        seen.add(known)


def _answer(
    items: list[T | None],
    pages: Sequence[Answer[Page[T]]],
    *,
    has_next: bool,
    cut_short: ProviderError | None,
    identity: Callable[[T], Hashable],
) -> WindowAnswer[T]:
    _drop_repeats(items, identity)
    totals = [page.value.total for page in pages if page.value and page.value.total is not None]
    return WindowAnswer(
        items=tuple(items),
        has_next=has_next,
        origin=min((page.origin for page in pages), key=lambda origin: origin.fresh_until),
        total=totals[-1] if totals else None,
        cut_short=cut_short,
    )
