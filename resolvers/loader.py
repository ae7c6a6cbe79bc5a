"""The values of one kind that one request has asked for, each by its key and each asked for once."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loader(ABC, Generic[K, V]):
    """Gives values by key: what is at hand in the step that asks for it, all else to those who wait.

    Make one a request, inside its event loop.
    """

    def __init__(self) -> None:
        # Kept beside the values, where a key that was only started looks the same as one that was used.
        self._uses: list[K] = []
        self._values: dict[K, V] = {}
        self._closed = False

    @property
    def repeats(self) -> int:
        """How many uses were of keys that had been used before: each would have been a call of its own."""
        return len(self._uses) - len(set(self._uses))

    def at_hand(self, key: K) -> V | None:
        """Use the value of a key that need not be waited for; any other is fetched from now on, and is None."""
        value = self._values.get(key) or self.there(key)
        if value is not None:
            self._uses.append(key)
        return value

    def all_at_hand(self, keys: Sequence[K]) -> list[V]:
        """Use the values of keys that are there; raises KeyError where one is not."""
        values = self.all_there(keys)
        self._uses += keys
        return values

    def all_there(self, keys: Iterable[K]) -> list[V]:
        """Give the values of keys that are there, to decide something; raises KeyError where one is not."""
        return [*map(self._values.__getitem__, keys)]

    def load(self, key: K) -> "asyncio.Future[V]":
        """Wait for the value of a key; the returned future may be cancelled without harm to others."""
        self._uses.append(key)
        return self.outcome(key)

    def use(self, key: K) -> "Callable[[], asyncio.Future[V]]":
        """Let the value of a key be fetched; what is returned waits for it, however often, as one use."""
        self._uses.append(key)
        self.start(key)
        return partial(self.outcome, key)

    def start(self, key: K) -> None:
        """Let the value of a key be fetched, beside what the caller does next; its failure shows where it is loaded."""
        self.there(key)

    @abstractmethod
    def there(self, key: K) -> V | None:
        """Give a value that need not be waited for, to decide something; any other is fetched from now on."""

    @abstractmethod
    def outcome(self, key: K) -> "asyncio.Future[V]":
        """Wait as ``load`` does, to decide something: it is no further use of the value."""

    @abstractmethod
    def close(self) -> None:
        """Cancel what is still being fetched: the request that asked for it has ended."""


AnyLoader = Loader[Any, Any]
"""A loader of any kind of keys and values."""
