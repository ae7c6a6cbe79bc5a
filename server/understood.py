"""What was understood of bodies, so that the same bytes need not be read twice."""

from collections import OrderedDict
from typing import Final

from server.batch import Batch

MOST_KEPT: Final = 500
MOST_SEEN: Final = 2000
LONGEST_KEPT: Final = 16 * 1024


_Key = tuple[bytes, bool]


class Understood:
    """The batches that were prepared of bodies that came again, for the router and for others; the last are kept."""

    def __init__(self) -> None:
        self._batches: OrderedDict[_Key, Batch] = OrderedDict()
        self._slow: set[_Key] = set()
        self._seen: OrderedDict[int, None] = OrderedDict()

    def __len__(self) -> int:
        """Count the bodies."""
        return len(self._batches)

    def find(self, body: bytes, *, is_router: bool) -> Batch | None:
        """Find what a body asks."""
        key = (body, is_router)
        batch = self._batches.get(key)
        if batch is not None:
            self._batches.move_to_end(key)
        return batch

    def find_quick(self, body: bytes, *, is_router: bool) -> Batch | None:
        """Find what a body asks that needs no call, nor anything else that takes time as far as is known."""
        batch = None if (body, is_router) in self._slow else self.find(body, is_router=is_router)
        return batch if batch is not None and batch.is_without_calls else None

    def note_slow(self, body: bytes, *, is_router: bool) -> None:
        """Note that a body took time all the same."""
        if (body, is_router) in self._batches:
            self._slow.add((body, is_router))

    def keep(self, body: bytes, batch: Batch, *, is_router: bool) -> None:
        """Keep what a body asks that comes for the second time, and asks the same whenever it comes."""
        if len(body) > LONGEST_KEPT or not self._was_seen(body):
            return
        self._batches[body, is_router] = batch
        if len(self._batches) > MOST_KEPT:
            oldest, _ = self._batches.popitem(last=False)
            self._slow.discard(oldest)

    def _was_seen(self, body: bytes) -> bool:
        # What is asked only once, as by who writes values into documents, would push out what is asked again.
        seen = hash(body)
        if seen in self._seen:
            return True
        self._seen[seen] = None
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        return False
