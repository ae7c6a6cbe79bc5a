"""Photos that match any of several filters: branches of one list, merged in sort order, each photo once.

The provider has no OR. Every branch is a list of its own, all sorted alike, so the merged list is their k-way merge.
A place in it is one position in each branch: that is what its cursors carry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import msgspec

from providers.errors import ProviderError
from providers.forge.lists import PhotoList, PhotoSortField, visibly_fits
from providers.forge.records import Photo, utc_text
from providers.records import Origin
from resolvers.windows import Window, WindowAnswer

MOST_BRANCHES: Final = 8

Load = Callable[[Window[PhotoList]], Awaitable[WindowAnswer[Photo] | None]]


class ListAbsent(Exception):
    """The provider does not have the list's culture."""


class Merged(NamedTuple):
    """A photo of the merged list, and the positions of all branches before and after it."""

    photo: Photo
    before: tuple[int, ...]
    after: tuple[int, ...]


class MergedWindow(msgspec.Struct, frozen=True):
    """A window of the merged list.

    ``origin`` is None where no call was needed; ``cut_short`` is the failure that ended the window early.
    """

    items: tuple[Merged, ...]
    has_next: bool
    has_previous: bool
    origin: Origin | None
    cut_short: ProviderError | None = None


class Order(NamedTuple):
    """Where a photo stands: those with a date first, by date in the list's direction, then by slug."""

    is_undated: bool
    moment: int
    slug: str


def order_of(photo: Photo, photos: PhotoList) -> Order:
    """Read a photo's place in a list that is sorted by one of the two dates."""
    sort = photos.sort
    by_content = sort is not None and sort.field is PhotoSortField.CONTENT_DATE
    sent = photo.sent_content_date if by_content else photo.sent_last_updated_date
    written = utc_text(sent)
    if sent is None or written is None:
        return Order(is_undated=True, moment=0, slug=photo.slug)
    # The provider's seventh digit counts too, though the graph shows six.
    exact = sent if sent.endswith("Z") else written
    whole, _, fraction = exact.removesuffix("Z").partition(".")
    moment = int("".join(filter(str.isdigit, whole)) + fraction.ljust(9, "0")[:9])
    return Order(is_undated=False, moment=-moment if sort and sort.descending else moment, slug=photo.slug)


class Branch:
    """One list of the merge, with what has been fetched of it by position."""

    def __init__(self, photos: PhotoList, earlier: Sequence[PhotoList], load: Load) -> None:
        self.photos = photos
        self.origins: list[Origin] = []
        self._earlier = earlier
        self._load = load
        self._items: dict[int, Photo | None] = {}
        self._end: int | None = None

    def knows(self, position: int) -> bool:
        """Tell whether it is known what stands at a position, or that the list has ended before."""
        return position in self._items or self.ends_at(position)

    def ends_at(self, position: int) -> bool:
        """Tell whether the list is known to end at or before a position."""
        return self._end is not None and position >= self._end

    async def fetch(self, skip: int, limit: int) -> None:
        """Fetch a window; raises ProviderError, or ListAbsent for a list that the provider does not have."""
        answer = await self._load(Window(self.photos, skip, limit))
        if answer is None:
            raise ListAbsent
        self.origins.append(answer.origin)
        self._items.update(enumerate(answer.items, skip))
        if not answer.has_next:
            self._end = skip + len(answer.items)
        elif not answer.items and answer.cut_short is not None:
            raise answer.cut_short

    def leads_on(self, position: int) -> bool:
        """Tell whether a photo stands at a position or after it.

        What has not been fetched counts: a photo that an earlier branch has stands in that branch too.
        """
        while position in self._items:
            if self.photo(position) is not None:
                return True
            position += 1
        return not self.ends_at(position)

    def leads_back(self, position: int, low: int) -> bool:
        """Tell whether a photo stands before a position, from ``low`` on; what has not been fetched counts."""
        while position > low and position - 1 in self._items:
            position -= 1
            if self.photo(position) is not None:
                return True
        return position > low

    def photo(self, position: int) -> Photo | None:
        """Give the photo at a position; None for a dropped one and for one that an earlier branch has."""
        photo = self._items.get(position)
        if photo is None or any(visibly_fits(photo, each.filter) for each in self._earlier):
            return None
        return photo


class Merge:
    """The k-way merge of branches, forward from one place or backward from another.

    ``low`` and ``high`` hold one position a branch: nothing before ``low`` or from ``high`` on is looked at; ``high``
    is None for a list that goes on to its end.
    """

    def __init__(
        self, lists: Sequence[PhotoList], load: Load, low: tuple[int, ...], high: tuple[int, ...] | None
    ) -> None:
        self._branches = [Branch(each, lists[:index], load) for index, each in enumerate(lists)]
        self._low = low
        self._high = high

    async def forward(self, count: int) -> MergedWindow:
        """Take the first items."""
        places = list(self._low)
        items: list[Merged] = []
        try:
            while len(items) < count and (heads := await self._heads(places, count - len(items))):
                first = min(heads.values(), key=self._order)
                before = tuple(places)
                for index in _same(heads, first):
                    places[index] += 1
                items.append(Merged(first, before, tuple(places)))
        except ProviderError as error:
            return self._cut_short(items, error)
        more = self._high is not None or any(
            branch.leads_on(place) for branch, place in zip(self._branches, places, strict=True)
        )
        return self._window(items, has_next=more, has_previous=any(self._low))

    async def backward(self, count: int) -> MergedWindow:
        """Take the last items before ``high``, which must be given."""
        places = list(self._high or ())
        items: list[Merged] = []
        while len(items) < count and (tails := await self._tails(places, count - len(items))):
            last = max(tails.values(), key=self._order)
            after = tuple(places)
            for index in _same(tails, last):
                places[index] -= 1
            items.append(Merged(last, tuple(places), after))
        earlier = zip(self._branches, places, self._low, strict=True)
        more = any(branch.leads_back(place, low) for branch, place, low in earlier)
        return self._window(items[::-1], has_next=True, has_previous=more or any(self._low))

    def _order(self, photo: Photo) -> Order:
        return order_of(photo, self._branches[0].photos)

    async def _heads(self, places: list[int], wanted: int) -> dict[int, Photo]:
        """Find the next photo of every branch, moving its place past what does not count."""

        async def head(index: int) -> Photo | None:
            branch, high = self._branches[index], self._high[index] if self._high else None
            while high is None or places[index] < high:
                at = places[index]
                if not branch.knows(at):
                    size = max(wanted, 1) if high is None else min(max(wanted, 1), high - at)
                    await branch.fetch(at, size)
                    continue
                if branch.ends_at(at):
                    return None
                photo = branch.photo(at)
                if photo is not None:
                    return photo
                places[index] += 1
            return None

        return await self._found(head)

    async def _tails(self, places: list[int], wanted: int) -> dict[int, Photo]:
        """Find the previous photo of every branch, moving its place past what does not count."""

        async def tail(index: int) -> Photo | None:
            branch, low = self._branches[index], self._low[index]
            while places[index] > low:
                at = places[index] - 1
                if not branch.knows(at):
                    skip = max(low, places[index] - max(wanted, 1))
                    await branch.fetch(skip, places[index] - skip)
                    if not branch.knows(at):
                        places[index] = at
                    continue
                photo = branch.photo(at)
                if photo is not None:
                    return photo
                places[index] -= 1
            return None

        return await self._found(tail)

    async def _found(self, find: Callable[[int], Awaitable[Photo | None]]) -> dict[int, Photo]:
        # All at once, so that the windows of all branches leave together.
        photos = await asyncio.gather(*(find(index) for index in range(len(self._branches))))
        return {index: photo for index, photo in enumerate(photos) if photo is not None}

    def _cut_short(self, items: list[Merged], error: ProviderError) -> MergedWindow:
        if not items:
            raise error
        return self._window(items, has_next=True, has_previous=any(self._low), cut_short=error)

    def _window(
        self,
        items: list[Merged],
        *,
        has_next: bool,
        has_previous: bool,
        cut_short: ProviderError | None = None,
    ) -> MergedWindow:
        origins = [origin for branch in self._branches for origin in branch.origins]
        return MergedWindow(
            items=tuple(items),
            has_next=has_next,
            has_previous=has_previous,
            origin=min(origins, key=lambda origin: origin.fresh_until, default=None),
            cut_short=cut_short,
        )


def _same(found: dict[int, Photo], photo: Photo) -> list[int]:
    """List the branches at whose place the same photo stands."""
    return [index for index, other in found.items() if other.slug == photo.slug]
