"""A loader on aiodataloader whose futures survive whoever stops waiting for them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

from aiodataloader import DataLoader

from resolvers.loader import Loader

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BatchCancelled(Exception):
    """The batch that a value was to come from was cancelled before it came."""


class SafeLoader(Loader[K, V]):
    """A loader whose shared futures survive the cancellation of one of their waiters.

    graphql-core 3.3 cancels the siblings of a failed non-null field. A sibling that waits for a loader's future would
    cancel it for every other waiter too, and the cancelled future would stay in the loader's memory: so every waiter
    gets a future of its own, cancelled futures are forgotten, and a cancelled batch is an error, not a hang.

    ``fetch`` answers a mapping with one value or exception a key. ``at_hand`` answers what need not be waited for, None
    for all else: such a value is there at once, without a batch.
    """

    def __init__(
        self,
        fetch: Callable[[list[K]], Awaitable[Mapping[K, V | Exception]]],
        at_hand: Callable[[K], V | None] | None = None,
    ) -> None:
        super().__init__()
        self._fetch = fetch
        self._at_hand = at_hand
        # The futures of what is waited for; what is there is among the values.
        self._memory: dict[K, asyncio.Future[V]] = {}
        self._batching: DataLoader[K, V] | None = None
        self._batches: set[asyncio.Task[Any] | None] = set()

    def there(self, key: K) -> V | None:
        """Give a value as every loader does; any other is fetched with the next batch."""
        value = self._values.get(key)
        if value is not None:
            return value
        known = self._memory.get(key)
        if known is None or known.cancelled():
            value = self._at_hand(key) if self._at_hand and not self._closed else None
            if value is None:
                self._memory[key] = self._batched(key)
            else:
                self._values[key] = value
        elif known.done() and known.exception() is None:
            value = self._values[key] = known.result()
        return value

    def outcome(self, key: K) -> "asyncio.Future[V]":
        """Wait as ``load`` does, to decide something: it is no further use of the value."""
        shared = self._shared(key)
        # What is done cannot be cancelled any more.
        if shared.done():
            return shared
        waiting: asyncio.Future[V] = asyncio.get_running_loop().create_future()
        shared.add_done_callback(partial(_hand_on, waiting))
        return waiting

    def _shared(self, key: K) -> "asyncio.Future[V]":
        value = self.there(key)
        if value is not None:
            done = self._memory[key] = asyncio.get_running_loop().create_future()
            done.set_result(value)
        return self._memory[key]

    def _batched(self, key: K) -> "asyncio.Future[V]":
        if self._batching is None:
            # Its own memory would keep cancelled futures.
            self._batching = DataLoader(self._batch, cache=False)
        return self._batching.load(key)

    async def _batch(self, keys: list[K]) -> list[V]:
        if self._closed:
            self._forget(keys)
            raise BatchCancelled("the request ended before its data was asked for")
        # The library runs each batch in a task of its own.
        batch = asyncio.current_task()
        self._batches.add(batch)
        try:
            found = await self._fetch(keys)
            values = [found[key] for key in keys]
        except asyncio.CancelledError as cancelled:
            self._forget(keys)
            raise BatchCancelled("the request ended before its data came") from cancelled
        except Exception:
            self._forget(keys)
            raise
        finally:
            self._batches.discard(batch)
        self._read_once(key for key, value in zip(keys, values, strict=True) if isinstance(value, Exception))
        # The library takes an exception for the failure of its key alone, though its types do not say so.
        return cast("list[V]", values)

    def _forget(self, keys: list[K]) -> None:
        # A failure of the whole batch is no answer of any key.
        self._read_once(keys)
        for key in keys:
            self._memory.pop(key, None)

    def _read_once(self, keys: Iterable[K]) -> None:
        # So that the failure of a value that nobody waits for any more is not reported as never retrieved.
        for key in keys:
            future = self._memory.get(key)
            if future is not None:
                future.add_done_callback(retrieved)

    def close(self) -> None:
        """Cancel what is still being fetched: the request that asked for it has ended."""
        self._closed = True
        # It holds this loader, which holds it: only the garbage collector would end a request's data.
        self._batching = None
        # The library lets a batch run on when all who waited for it are gone.
        for batch in self._batches:
            if batch is not None:
                batch.cancel()


def _hand_on(waiting: "asyncio.Future[V]", shared: "asyncio.Future[V]") -> None:
    # As asyncio.shield does, in a third of the time: it would also look out for the cancellation of who waits.
    if waiting.cancelled() or shared.cancelled():
        waiting.cancel()
        return
    error = shared.exception()
    if error is None:
        waiting.set_result(shared.result())
        return
    waiting.set_exception(error)
    retrieved(waiting)


def retrieved(future: "asyncio.Future[V]") -> None:
    """Look at a future's failure, so that it is not reported as never retrieved."""
    if not future.cancelled():
        future.exception()
