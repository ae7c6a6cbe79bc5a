"""Relay connections over lists in hand and over windows: arguments, edges, page info."""

from collections.abc import Mapping, Sequence
from typing import Final, Generic, TypeVar

import msgspec

from providers.records import Lasting, Origin
from resolvers.cursors import Binding, cursor, positions
from resolvers.errors import BadUserInput

N = TypeVar("N")

# Five pages of a provider, which none gives with more than a hundred items.
LARGEST_WINDOW: Final = 500
DEFAULT_WINDOW: Final = 25


Place = tuple[int, ...]
"""Where an item stands: one position, or, in a merged list, those of every branch before it and after it."""

PagingValue = int | str | None
"""The value of one of the four paging arguments, as a resolver receives it by name."""


class Paging(msgspec.Struct, frozen=True):
    """The four arguments of a connection, as the client sent them."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @staticmethod
    def of(arguments: Mapping[str, PagingValue]) -> "Paging":
        """Make it of the arguments that a resolver received."""
        return msgspec.convert(arguments, Paging) if arguments else NOT_PAGED

    @property
    def is_unset(self) -> bool:
        """Whether no argument was given, so that nothing can be wrong with them."""
        return self is NOT_PAGED

    def checked(self) -> "Paging":
        """Return itself; raises BadUserInput where a count is out of bounds or both counts are given."""
        for name, count in (("first", self.first), ("last", self.last)):
            if count is not None and not 1 <= count <= LARGEST_WINDOW:
                raise BadUserInput(f"wanted 1 to {LARGEST_WINDOW} items, got {count}", argument=name)
        if self.first is not None and self.last is not None:
            raise BadUserInput("wanted first or last, got both", argument="last")
        return self

    def bounds(self, bound: Binding) -> tuple[int, int | None]:
        """Read the cursors: the first position that may stand, and the one before which it must end, if any."""
        low = positions(self.after, bound, argument="after")[0] + 1 if self.after is not None else 0
        high = positions(self.before, bound, argument="before")[0] if self.before is not None else None
        return low, high

    def window(self, bound: Binding, *, default: int) -> tuple[int, int]:
        """Read the window of a list whose length is not known: the first position, and how many; 0 for an empty one.

        Raises BadUserInput for ``last`` without ``before``: the end of such a list is found by a crawl alone.
        """
        self.checked()
        low, high = self.bounds(bound)
        if self.last is not None and high is None:
            raise BadUserInput("wanted before with last, since the provider tells no total", argument="last")
        if self.last is not None and high is not None:
            low = max(low, high - self.last)
            return low, max(0, high - low)
        count = self.first or default
        return low, count if high is None else max(0, min(count, high - low))


NOT_PAGED: Final = Paging()
"""What ``Paging.of`` makes of no arguments."""


class PageInfo(msgspec.Struct, frozen=True):
    """Where a window stands in its list; the cursors are written when they are read."""

    has_next_page: bool
    has_previous_page: bool
    bound: Binding
    start: Place | None
    end: Place | None

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first position; None for an empty window."""
        return cursor(self.bound, *self.start) if self.start else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last position, also where its item was dropped; None for an empty window."""
        return cursor(self.bound, *self.end) if self.end else None


class Edge(msgspec.Struct, Generic[N], frozen=True):
    """An item and where it stands."""

    node: N
    place: Place
    bound: Binding

    @property
    def cursor(self) -> str:
        """The cursor that continues after or before the item."""
        return cursor(self.bound, *self.place)


class Connection(Lasting, Generic[N], frozen=True, kw_only=True):
    """A window of a list: its items by position from ``start``, None for a dropped one."""

    items: Sequence[N | None]
    bound: Binding
    start: int
    has_next_page: bool
    origin: Origin
    total_count: int | None = None

    @property
    def nodes(self) -> list[N]:
        """The items that stand."""
        return [item for item in self.items if item is not None]

    @property
    def edges(self) -> list[Edge[N]]:
        """The items that stand, with their positions."""
        return [
            Edge(node=item, place=(position,), bound=self.bound)
            for position, item in enumerate(self.items, self.start)
            if item is not None
        ]

    @property
    def page_info(self) -> PageInfo:
        """Where the window stands in its list."""
        return PageInfo(
            has_next_page=self.has_next_page,
            has_previous_page=self.start > 0,
            bound=self.bound,
            start=(self.start,) if self.items else None,
            end=(self.start + len(self.items) - 1,) if self.items else None,
        )


def empty_connection(bound: Binding, start: int, now: float) -> Connection[N]:
    """Make the connection of a window that holds no position: no call was made for it."""
    return Connection(
        items=(),
        bound=bound,
        start=start,
        # The window ends before a cursor, and a cursor was given for an item.
        has_next_page=True,
        origin=Origin(stored_at=now, fresh_until=now),
    )


class ListWindow(msgspec.Struct, frozen=True):
    """The window of a whole list that checked arguments ask for."""

    bound: Binding
    low: int
    high: int | None
    first: int | None
    last: int | None

    def cut(self, items: Sequence[N], origin: Origin) -> Connection[N]:
        """Cut the window out of the list, as Relay's algorithm does."""
        end = len(items) if self.high is None else min(self.high, len(items))
        start = min(self.low, end)
        if self.last is not None:
            start = max(start, end - self.last)
        else:
            # An owner's media are short lists and answered whole; the bound is for a provider that sends thousands.
            end = min(end, start + (self.first or LARGEST_WINDOW))
        return Connection(
            items=items[start:end],
            bound=self.bound,
            start=start,
            has_next_page=end < len(items),
            origin=origin,
            total_count=len(items),
        )


def list_window(paging: Paging, bound: Binding) -> ListWindow:
    """Check the arguments before anything is fetched for them; raises BadUserInput."""
    paging.checked()
    low, high = paging.bounds(bound)
    return ListWindow(bound=bound, low=low, high=high, first=paging.first, last=paging.last)
