"""A bounded table that keeps what is used again: what is used once only passes through a small part of it."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

MOST_SEEN: Final = 10_000
NEW_PART: Final = 32


class Kept(Generic[K, V]):
    """Values by key, each with a size, up to ``most`` of it altogether.

    A new value has its place among the newest, a small part of the table, until it is used again; then it is among the
    used ones, and only others that are used too push it out. Of a value that was pushed out before it was used again a
    number is left, by which it is known when it comes back. Without ``recalls`` there is none: for keys that may stand
    for another value later.
    """

    def __init__(self, most: int, *, recalls: bool = True) -> None:
        self._recalls = recalls
        self._used: _Part[K, V] = _Part(most)
        self._new: _Part[K, V] = _Part(max(most // NEW_PART, 1))
        # By their hashes: whoever is mistaken for another is kept a little sooner.
        self._seen: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self._used.values) + len(self._new.values)

    def find(self, key: K) -> V | None:
        """Find a value, which is hereby used."""
        found = self._used.values.get(key)
        if found is not None:
            self._used.values.move_to_end(key)
            return found[0]
        found = self._new.values.get(key)
        if found is None:
            return None
        self._new.drop(key)
        self._used.add(key, found)
        return found[0]

    def keep(self, key: K, value: V, size: int) -> None:
        """Keep a value that was not found."""
        seen = hash(key)
        if seen in self._seen:
            del self._seen[seen]
            self._used.add(key, (value, size))
            return
        for gone in self._new.add(key, (value, size)):
            self._seen[hash(gone)] = None
        while len(self._seen) > (MOST_SEEN if self._recalls else 0):
            del self._seen[next(iter(self._seen))]


class _Part(Generic[K, V]):
    """Values with their sizes, the one that was put in first pushed out first."""

    def __init__(self, most: int) -> None:
        self.values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._most = most
        self._size = 0

    def add(self, key: K, sized: tuple[V, int]) -> list[K]:
        """Add a value that is not here yet, and tell whose place it took."""
        self.values[key] = sized
        self._size += sized[1]
        gone = []
        while self._size > self._most:
            pushed, (_, size) = self.values.popitem(last=False)
            self._size -= size
            gone.append(pushed)
        return gone

    def drop(self, key: K) -> None:
        """Take a value out."""
        self._size -= self.values.pop(key)[1]
