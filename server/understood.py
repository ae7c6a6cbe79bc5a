"""What was understood of bodies, so that the same bytes need not be read twice."""

from typing import Final

import msgspec

from server.batch import Batch
from server.operations.kept import Kept
from server.operations.preparation import ENTRY_CHARACTERS

MOST_BYTES: Final = 256 * 1024
LONGEST_KEPT: Final = 16 * 1024

# The router may ask for what others may not: what was prepared for it is not theirs.
_Key = tuple[bytes, bool]


class _Entry(msgspec.Struct):
    batch: Batch
    is_slow: bool = False


class Understood:
    """The batches that were prepared of bodies, for the router and for others; those that come again are kept."""

    def __init__(self) -> None:
        self._entries: Kept[_Key, _Entry] = Kept(MOST_BYTES)

    def __len__(self) -> int:
        """Count the bodies."""
        return len(self._entries)

    def find(self, body: bytes, *, is_router: bool) -> Batch | None:
        """Find what a body asks."""
        entry = self._entries.find((body, is_router))
        return entry.batch if entry is not None else None

    def find_quick(self, body: bytes, *, is_router: bool) -> Batch | None:
        """Find what a body asks that needs nothing but calls to take time, as far as is known."""
        entry = self._entries.find((body, is_router))
        return entry.batch if entry is not None and not entry.is_slow and entry.batch.is_repeatable else None

    def note_slow(self, body: bytes, *, is_router: bool) -> None:
        """Note that a body took time all the same."""
        entry = self._entries.find((body, is_router))
        if entry is not None:
            entry.is_slow = True

    def keep(self, body: bytes, batch: Batch, *, is_router: bool) -> None:
        """Keep what a body asks whenever it comes."""
        key = (body, is_router)
        # Another request may have brought the same meanwhile.
        if len(body) <= LONGEST_KEPT and self._entries.find(key) is None:
            self._entries.keep(key, _Entry(batch), len(body) + ENTRY_CHARACTERS)
