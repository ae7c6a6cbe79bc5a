"""A list of photos as a field asks for it: which lists at the provider, which window, in which culture."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from strawberry import UNSET

from providers.errors import UpstreamRejected
from providers.forge.lists import PhotoFilter, PhotoList, PhotoSort, PhotoSortField
from providers.forge.records import Photo
from providers.records import Origin, Provider, Remembering
from resolvers.branches import MOST_BRANCHES, ListAbsent, Merge, MergedWindow
from resolvers.connections import (
    DEFAULT_WINDOW,
    Connection,
    Edge,
    PageInfo,
    Paging,
    PagingValue,
    empty_connection,
)
from resolvers.context import Context, Info
from resolvers.cursors import Binding, binding, positions
from resolvers.errors import BadUserInput
from resolvers.photo_filters import NO_JOIN, FilterInput, checked_branches, checked_sort
from resolvers.windows import Window, WindowAnswer

_DATES: Final = frozenset({PhotoSortField.CONTENT_DATE, PhotoSortField.LAST_UPDATED_DATE})


class MergedConnection(msgspec.Struct, frozen=True):
    """A window of a merged list, as a connection."""

    window: MergedWindow
    bound: Binding
    origin: Origin

    @property
    def nodes(self) -> list[Photo]:
        """The photos."""
        return [item.photo for item in self.window.items]

    @property
    def edges(self) -> list[Edge[Photo]]:
        """The photos with their places."""
        return [
            Edge(node=item.photo, place=(*item.before, *item.after), bound=self.bound)
            for item in self.window.items
        ]

    @property
    def page_info(self) -> PageInfo:
        """Where the window stands in the merged list."""
        edges = self.edges
        return PageInfo(
            has_next_page=self.window.has_next,
            has_previous_page=self.window.has_previous,
            bound=self.bound,
            start=edges[0].place if edges else None,
            end=edges[-1].place if edges else None,
        )


class PhotoListField(Remembering, frozen=True):
    """The checked arguments of a photo list.

    ``branches`` has one filter, or those of ``anyOf``; ``culture`` is the one asked for, which need not be the one that
    answers, unless the client ``insists`` on it.
    """

    culture: str
    branches: tuple[PhotoFilter, ...]
    sort: PhotoSort | None
    paging: Paging
    insists: bool

    @property
    def bound(self) -> Binding:
        """What the list's cursors are bound to."""
        return self.once(
            "bound", lambda: binding(Provider.FORGE.value, self.culture, self.branches, self.sort)
        )

    def lists(self, culture: str) -> list[PhotoList]:
        """Name the provider's lists, one a branch."""
        return [PhotoList(culture=culture, filter=each, sort=self.sort) for each in self.branches]

    def window(self) -> tuple[int, int]:
        """Read the window of a list with one branch: first position and size; raises BadUserInput."""
        return self.once("window", lambda: self.paging.window(self.bound, default=DEFAULT_WINDOW))

    def only_window(self, culture: str) -> Window[PhotoList]:
        """Name the window of a list with one branch; raises BadUserInput."""
        return self.once(("list", culture), lambda: Window(self.lists(culture)[0], *self.window()))

    def places(self) -> tuple[tuple[int, ...], tuple[int, ...] | None]:
        """Read the cursors of a merged list: where to start, and where to end; raises BadUserInput."""
        count, paging = len(self.branches), self.paging.checked()
        if paging.last is not None and paging.before is None:
            raise BadUserInput("wanted before with last, since the provider tells no total", argument="last")
        low: tuple[int, ...] = (0,) * count
        high: tuple[int, ...] | None = None
        if paging.after is not None:
            low = positions(paging.after, self.bound, count=2 * count, argument="after")[count:]
        if paging.before is not None:
            high = positions(paging.before, self.bound, count=2 * count, argument="before")[:count]
        return low, high

    def first_windows(self) -> list[tuple[int, int]]:
        """Read which window of each branch a merged list needs first: position and size; raises BadUserInput."""
        low, high = self.places()
        last = self.paging.last
        if last is not None and high is not None:
            return [
                (max(skip, end - last), min(last, end - skip)) for skip, end in zip(low, high, strict=True)
            ]
        count = self.paging.first or DEFAULT_WINDOW
        ends = high or tuple(skip + count for skip in low)
        return [(skip, min(count, end - skip)) for skip, end in zip(low, ends, strict=True)]

    def cultures(self, context: Context) -> list[str]:
        """List the cultures to ask until one is there: the one insisted on, else the known ones, nearest first."""
        if self.insists:
            return [self.culture]
        return context.providers.forge.cultures.candidates(self.culture)


def photo_list_field(
    context: Context,
    locale: str,
    arguments: Mapping[str, Any],
    *,
    insists: bool,
    join: PhotoFilter = NO_JOIN,
) -> PhotoListField:
    """Check the arguments of a photo list, by their Python names; ``join`` has the tags that the field adds.

    Raises BadUserInput, and Forbidden for unlisted photos that the operator does not show.
    """
    wanted: FilterInput | None = arguments.get("filter") or None
    sort = checked_sort(arguments.get("sort") or None)
    paging: dict[str, PagingValue] = {
        name: value
        for name, value in arguments.items()
        if name not in {"filter", "sort"} and value is not UNSET
    }
    branches = checked_branches(wanted, context.rules, join)
    if wanted and wanted.any_of:
        _check_any_of(len(wanted.any_of), sort)
    field = PhotoListField(locale.lower(), branches, sort, Paging.of(paging), insists)
    # The cursors and counts are read once here, so that a bad one refuses the field before anything is fetched.
    _ = field.window() if len(branches) == 1 else field.places()
    return field


def _check_any_of(count: int, sort: PhotoSort | None) -> None:
    # Branches can be merged by what every item carries: the two dates, not the tags or contexts of other sorts.
    if sort is None or sort.field not in _DATES:
        raise BadUserInput(
            "wanted a sort by CONTENT_DATE or LAST_UPDATED_DATE with filter.anyOf", argument="sort"
        )
    if count > MOST_BRANCHES:
        raise BadUserInput(f"wanted at most {MOST_BRANCHES} filters, got {count}", argument="filter.anyOf")


def start(context: Context, field: PhotoListField) -> None:
    """Start the windows that the field's first calls are for."""
    lists = field.lists(field.cultures(context)[0])
    if len(lists) == 1:
        skip, limit = field.window()
        if limit:
            context.loaders.photo_window.start(Window(lists[0], skip, limit))
        return
    for each, (skip, limit) in zip(lists, field.first_windows(), strict=True):
        if limit > 0:
            context.loaders.photo_window.start(Window(each, skip, limit))


async def connected(info: Info, field: PhotoListField) -> Connection[Photo] | MergedConnection:
    """Load the window; where the tenant lacks a culture that the client did not insist on, the next one is asked."""
    forge = info.context.providers.forge
    for culture in field.cultures(info.context):
        # What an answer has taught need not be asked again.
        if field.insists and forge.cultures.is_absent(culture):
            break
        try:
            if len(field.branches) == 1:
                return await _plain(info, field, culture)
            return await _merged(info, field, culture)
        except ListAbsent:
            continue
    if field.insists:
        raise BadUserInput(f"wanted a locale that Forge has, got {field.culture!r}", argument="locale")
    raise UpstreamRejected(Provider.FORGE, "has no photos in any culture that was tried", status=404)


async def _plain(info: Info, field: PhotoListField, culture: str) -> Connection[Photo]:
    context = info.context
    loader, window = context.loaders.photo_window, field.only_window(culture)
    if not window.limit:
        return empty_connection(field.bound, window.skip, context.scope.now())
    answer = loader.at_hand(window) or await loader.load(window)
    if answer is None:
        raise ListAbsent
    if answer.cut_short is not None:
        context.warn(answer.cut_short, info.path)
    return answer.made.get(field.culture) or answer.once(
        field.culture, lambda: _connection(answer, field.bound, window.skip)
    )


def _connection(answer: WindowAnswer[Photo], bound: Binding, skip: int) -> Connection[Photo]:
    return Connection(
        items=answer.items,
        bound=bound,
        start=skip,
        has_next_page=answer.has_next,
        origin=answer.origin,
    )


async def _merged(info: Info, field: PhotoListField, culture: str) -> MergedConnection:
    context = info.context
    low, high = field.places()
    merge = Merge(field.lists(culture), context.loaders.photo_window.load, low, high)
    if field.paging.last is not None:
        window = await merge.backward(field.paging.last)
    else:
        window = await merge.forward(field.paging.first or DEFAULT_WINDOW)
    if window.cut_short is not None:
        context.warn(window.cut_short, info.path)
    now = context.scope.now()
    return MergedConnection(
        window=window, bound=field.bound, origin=window.origin or Origin(stored_at=now, fresh_until=now)
    )
