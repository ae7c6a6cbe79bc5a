"""A loader of keys that cost a call each: nothing is batched, and every call leaves in the step that asks for it."""

import asyncio
from collections.abc import Hashable, Iterable
from functools import partial
from typing import TypeVar

from providers.arrival import Arrival
from providers.lookup import Lookup
from providers.records import Answer
from providers.scope import CallScope
from resolvers.loader import Loader
from resolvers.safe_loader import BatchCancelled, retrieved

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class KeyLoader(Loader[K, Answer[T]]):
    """Calls for each key by itself: whoever waits is told in the step in which the answer comes.

    For requests that may begin at once (``ProviderClient.may_begin``).
    """

    def __init__(self, lookup: Lookup[K, T], scope: CallScope) -> None:
        super().__init__()
        self.lookup = lookup
        self._scope = scope
        self._waiting: dict[K, list[asyncio.Future[Answer[T]]]] = {}
        self._failures: dict[K, Exception] = {}
        self._arrivals: dict[K, Arrival[T]] = {}

    def lacks_all(self, keys: Iterable[K]) -> bool:
        """Tell whether none of some keys was ever asked for, and all may be."""
        if not (self._values or self._waiting or self._failures):
            return not self._closed
        known = (self._values, self._waiting, self._failures)
        return not self._closed and all(each.keys().isdisjoint(keys) for each in known)

    def put_all(self, keys: Iterable[K], values: Iterable[Answer[T]]) -> None:
        """Take values that were found for keys that were never asked for."""
        self._values.update(zip(keys, values, strict=True))

    def there(self, key: K) -> Answer[T] | None:
        """Give a value that need not be waited for, to decide something; any other is called for from now on."""
        value = self._values.get(key)
        if value is not None or key in self._waiting or key in self._failures:
            return value
        if self._closed:
            self._failures[key] = BatchCancelled("the request ended before its data was asked for")
            return None
        value = self.lookup.at_hand(self._scope, key)
        if value is not None:
            self._values[key] = value
            return value
        self._waiting[key] = []
        # None where the request's time is over: the key has its failure already.
        arrival = self.lookup.begin(self._scope, key, partial(self._tell, key))
        if arrival is not None:
            self._arrivals[key] = arrival
        return None

    def outcome(self, key: K) -> asyncio.Future[Answer[T]]:
        """Wait as ``load`` does, to decide something: it is no further use of the value."""
        future: asyncio.Future[Answer[T]] = asyncio.get_running_loop().create_future()
        value = self.there(key)
        if value is not None:
            future.set_result(value)
        elif key in self._failures:
            _fail(future, self._failures[key])
        else:
            self._waiting[key].append(future)
        return future

    def close(self) -> None:
        """Cancel what is still being called for: the request that asked for it has ended."""
        self._closed = True
        if not self._arrivals:
            return
        arrivals, self._arrivals = self._arrivals, {}
        for key, arrival in arrivals.items():
            arrival.cancel()
            self._tell(key, BatchCancelled("the request ended before its data came"))

    def _tell(self, key: K, outcome: Answer[T] | Exception) -> None:
        self._arrivals.pop(key, None)
        waiting = self._waiting.pop(key)
        if isinstance(outcome, Exception):
            self._failures[key] = outcome
            for future in waiting:
                # Whoever waits may have been cancelled.
                if not future.done():
                    _fail(future, outcome)
            return
        value = self._values[key] = self.lookup.fitted(key, outcome)
        for future in waiting:
            if not future.done():
                future.set_result(value)


def _fail(future: "asyncio.Future[Answer[T]]", failure: Exception) -> None:
    future.set_exception(failure)
    # So that a failure that nobody waits for any more is not reported as never retrieved.
    retrieved(future)
