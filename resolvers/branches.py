"""Photos that match any of several filters: branches of one list, merged in sort order, each photo once.

The provider has no OR. Every branch is a list of its own, all sorted alike, so the merged list is their k-way merge.
A place in it is one position in each branch: that is what its cursors carry.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from providers.errors import ProviderError
from providers.forge.lists import PhotoList, PhotoSortField, visibly_fits
from providers.forge.records import Photo, utc_text
from providers.records import Origin
from resolvers.windows import Window, WindowAnswer

MOST_BRANCHES: Final = 8

Load = Callable[[Window[PhotoList]], Awaitable[WindowAnswer[Photo] | None]]
Find = Callable[[int, list[int], int], Awaitable[Photo | None]]


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
    moment = _moment(sent, written)
    return Order(is_undated=False, moment=-moment if sort and sort.descending else moment, slug=photo.slug)


def _moment(sent: str, written: str) -> int:
    # The provider's seventh digit counts too, though the graph shows six.
    exact = sent if sent.endswith("Z") and sent.startswith(written[:19] + ".") else written
    whole, _, fraction = exact.removesuffix("Z").partition(".")
    return int("".join(filter(str.isdigit, whole)) + fraction.ljust(9, "0")[:9])


class Branch:
    """One list of the merge, with what has been fetched of it by position."""

    def __init__(self, photos: PhotoList, earlier: Sequence[PhotoList], load: Load) -> None:
        self.photos = photos
        self.origins: list[Origin] = []
        self._earlier = earlier
        self._load = load
        self._items: dict[int, Photo | None] = {}
        self._end: int | None = None
        self._cut_short: ProviderError | None = None

    @property
    def is_cut_short(self) -> bool:
        """Whether a failure has ended what can be fetched."""
        return self._cut_short is not None

    def knows(self, position: int) -> bool:
        """Tell whether it is known what stands at a position, or that the list has ended before."""
        return position in self._items or self.ends_at(position)

    def ends_at(self, position: int) -> bool:
        """Tell whether the list is known to end at or before a position."""
        return self._end is not None and position >= self._end

    async def fetch(self, skip: int, limit: int) -> None:
        """Fetch a window; raises ProviderError, or ListAbsent for a list that the provider does not have.

        A failure that cut an earlier window short is raised again, and not tried again.
        """
        if self._cut_short is not None:
            raise self._cut_short
        answer = await self._load(Window(self.photos, skip, limit))
        if answer is None:
            raise ListAbsent
        self.origins.append(answer.origin)
        self._items.update(enumerate(answer.items, skip))
        self._cut_short = answer.cut_short
        if not answer.has_next or not (answer.items or answer.cut_short):
            self._end = skip + len(answer.items)

    def leads_on(self, position: int) -> bool:
        """Tell whether a photo stands at a position or after it.

        What has not been fetched counts: a photo that an earlier branch has stands in that branch too.
        """
        while position in self._items:
            if self.owns(self.photo(position)):
                return True
            position += 1
        return not self.ends_at(position)

    def leads_back(self, position: int, low: int) -> bool:
        """Tell whether a photo stands before a position, from ``low`` on; what has not been fetched counts."""
        while position > low and position - 1 in self._items:
            position -= 1
            if self.owns(self.photo(position)):
                return True
        return position > low

    def photo(self, position: int) -> Photo | None:
        """Give the photo at a position; None for a dropped one."""
        return self._items.get(position)

    def owns(self, photo: Photo | None) -> bool:
        """Tell whether a photo is this branch's to give: no earlier branch has it, by its tags."""
        return photo is not None and not any(visibly_fits(photo, each.filter) for each in self._earlier)


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
        heads: dict[int, Photo] = {}
        moved: Iterable[int] = range(len(places))
        try:
            while len(items) < count:
                heads |= await self._found(self._head, moved, places, count - len(items))
                if not heads:
                    break
                first, moved = self._taken(heads, min(heads.values(), key=self._order))
                before = tuple(places)
                for index in moved:
                    places[index] += 1
                if first is not None:
                    items.append(Merged(first, before, tuple(places)))
        except ProviderError as error:
            return self._cut_short(items, error, has_previous=any(self._low))
        more = self._high is not None or any(
            branch.leads_on(place) for branch, place in zip(self._branches, places, strict=True)
        )
        return self._window(items, has_next=more, has_previous=any(self._low))

    async def backward(self, count: int) -> MergedWindow:
        """Take the last items before ``high``, which must be given."""
        places = list(self._high or ())
        items: list[Merged] = []
        tails: dict[int, Photo] = {}
        moved: Iterable[int] = range(len(places))
        try:
            while len(items) < count:
                tails |= await self._found(self._tail, moved, places, count - len(items))
                if not tails:
                    break
                last, moved = self._taken(tails, max(tails.values(), key=self._order))
                after = tuple(places)
                for index in moved:
                    places[index] -= 1
                if last is not None:
                    items.append(Merged(last, tuple(places), after))
        except ProviderError as error:
            return self._cut_short(items[::-1], error, has_previous=True)
        return self._window(items[::-1], has_next=True, has_previous=self._leads_back(places))

    def _leads_back(self, places: Iterable[int]) -> bool:
        earlier = zip(self._branches, places, self._low, strict=True)
        return any(self._low) or any(branch.leads_back(place, low) for branch, place, low in earlier)

    def _order(self, photo: Photo) -> Order:
        return order_of(photo, self._branches[0].photos)

    def _taken(self, found: dict[int, Photo], photo: Photo) -> tuple[Photo | None, list[int]]:
        """Take a photo from every branch at whose place it stands, and list those.

        It is None where the first of them does not own it: its owner gives it at another place.
        """
        same = [index for index, other in found.items() if other.slug == photo.slug]
        for index in same:
            del found[index]
        return (photo if self._branches[min(same)].owns(photo) else None), same

    async def _found(
        self, find: Find, indexes: Iterable[int], places: list[int], wanted: int
    ) -> dict[int, Photo]:
        # All at once, so that the windows of all branches leave together.
        asked = list(indexes)
        photos = await asyncio.gather(*(find(index, places, wanted) for index in asked))
        return {index: photo for index, photo in zip(asked, photos, strict=True) if photo is not None}

    async def _head(self, index: int, places: list[int], wanted: int) -> Photo | None:
        """Find the next photo of a branch, moving its place past dropped ones."""
        branch, high = self._branches[index], self._high[index] if self._high else None
        while high is None or places[index] < high:
            at = places[index]
            if not branch.knows(at):
                await branch.fetch(at, wanted if high is None else min(wanted, high - at))
                continue
            if branch.ends_at(at):
                return None
            photo = branch.photo(at)
            if photo is not None:
                return photo
            places[index] += 1
        return None

    async def _tail(self, index: int, places: list[int], wanted: int) -> Photo | None:
        """Find the previous photo of a branch, moving its place past dropped ones."""
        branch, low = self._branches[index], self._low[index]
        while places[index] > low:
            at = places[index] - 1
            if not branch.knows(at):
                skip = max(low, places[index] - wanted)
                await branch.fetch(skip, places[index] - skip)
                if not branch.knows(at) and not branch.is_cut_short:
                    places[index] = at  # The provider's page was short though it is not the last one.
                continue
            photo = branch.photo(at)
            if photo is not None:
                return photo
            places[index] -= 1
        return None

    def _cut_short(self, items: list[Merged], error: ProviderError, *, has_previous: bool) -> MergedWindow:
        if not items:
            raise error
        return self._window(items, has_next=True, has_previous=has_previous, cut_short=error)

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
