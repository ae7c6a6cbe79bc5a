"""Calls in flight, shared by every request that needs their answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from providers.call_record import CallRecord
from providers.errors import ProviderError, UpstreamTimeout, UpstreamUnavailable
from providers.records import Provider
from providers.scope import CallScope
from providers.tracing import TraceHeaders, Tracer

T = TypeVar("T")

_GRACE_S = 0.02
"""How much later than a flight a waiter of the same deadline gives up, so that the flight tells why it ended."""


class FlightScope(CallScope):
    """The bounds of a call in flight: its deadline is the latest of those who wait for it.

    What is sent for it stands in the list of calls of the request that began it. ``owner`` is that request, for
    fairness.
    """

    __slots__ = ("_timeouts", "owner")

    def __init__(self, began_by: CallScope) -> None:
        super().__init__(began_by.request_id, began_by.began, began_by.deadline, began_by.trace_headers)
        self.calls = began_by.calls
        self.tracer = began_by.tracer
        self.owner: int = id(began_by)
        self._timeouts: set[asyncio.Timeout] = set()

    def extend(self, deadline: float) -> None:
        """Allow as much time as the most patient waiter has."""
        if deadline > self.deadline:
            self.deadline = deadline
            for timeout in self._timeouts:
                timeout.reschedule(deadline)

    @asynccontextmanager
    async def bounded(self) -> AsyncIterator[None]:
        """Raise TimeoutError at the deadline, also where that is extended meanwhile."""
        async with asyncio.timeout_at(self.deadline) as timeout:
            self._timeouts.add(timeout)
            try:
                yield
            finally:
                self._timeouts.discard(timeout)


class Flight(Generic[T]):
    """One call in flight. It is cancelled when nobody waits for it any more, unless it renews what is kept."""

    def __init__(
        self, scope: FlightScope, fetch: Callable[["Flight[T]"], Awaitable[T]], *, renews: bool
    ) -> None:
        self.scope = scope
        self.renews = renews
        self.waiting = 0
        self.task: asyncio.Task[T] = asyncio.ensure_future(_run(fetch, self))
        self.task.add_done_callback(_retrieved)


class Flights:
    """The calls in flight of one provider, by identity."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._by_key: dict[Hashable, Flight[Any]] = {}
        self._tasks: set[asyncio.Task[object]] = set()

    def __len__(self) -> int:
        """Count the calls in flight."""
        return len(self._tasks)

    def find(self, key: Hashable) -> Flight[Any] | None:
        """Find the call in flight whose answer is wanted."""
        return self._by_key.get(key)

    def start(
        self,
        key: Hashable,
        scope: CallScope,
        fetch: Callable[[Flight[T]], Awaitable[T]],
        *,
        renews: bool = False,
    ) -> Flight[T]:
        """Begin a call. The flight is handed to ``fetch``, which must end by the deadline of its scope."""
        flight = Flight(FlightScope(scope), fetch, renews=renews)
        self._by_key[key] = flight
        self._tasks.add(flight.task)

        def landed(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            self._leave(key, flight)

        flight.task.add_done_callback(landed)
        return flight

    def is_current(self, key: Hashable, flight: Flight[T]) -> bool:
        """Tell whether the flight's answer may be kept: it may not after a purge that came meanwhile."""
        return self._by_key.get(key) is flight

    def disown(self, concerns: Callable[[Hashable], bool]) -> None:
        """Let the calls in flight serve those who wait, and nobody who comes now."""
        for key in [key for key in self._by_key if concerns(key)]:
            del self._by_key[key]

    async def wait(self, key: Hashable, flight: Flight[T], scope: CallScope) -> T:
        """Wait for a flight until the request's own deadline; being cancelled harms no other waiter.

        Raises ProviderError, a copy for each waiter.
        """
        flight.waiting += 1
        flight.scope.extend(scope.deadline)
        try:
            async with asyncio.timeout_at(scope.deadline + _GRACE_S):
                return await asyncio.shield(flight.task)
        except TimeoutError:
            raise UpstreamTimeout(self._provider, "did not answer before the request's deadline") from None
        except ProviderError as error:
            raise error.again() from None
        except asyncio.CancelledError:
            if flight.task.cancelled() and not _is_cancelled():
                raise UpstreamUnavailable(self._provider, "was not waited for: the graph stops") from None
            raise
        finally:
            self._wait_no_more(key, flight)

    async def close(self) -> None:
        """Cancel every call in flight."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wait_no_more(self, key: Hashable, flight: Flight[T]) -> None:
        flight.waiting -= 1
        if not flight.waiting and not flight.renews and not flight.task.done():
            self._leave(key, flight)
            flight.task.cancel()

    def _leave(self, key: Hashable, flight: Flight[T]) -> None:
        if self._by_key.get(key) is flight:
            del self._by_key[key]


def traced(
    fetch: Callable[[Flight[T]], Awaitable[T]], record: CallRecord, tracer: Tracer
) -> Callable[[Flight[T]], Awaitable[T]]:
    """Let a flight's work be traced, and what is sent for it carry the trace."""

    async def fly(flight: Flight[T]) -> T:
        def work(headers: TraceHeaders) -> Awaitable[T]:
            flight.scope.trace_headers = headers
            return fetch(flight)

        return await tracer.traced(record, work)

    return fly


async def _run(fetch: Callable[[Flight[T]], Awaitable[T]], flight: Flight[T]) -> T:
    return await fetch(flight)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _retrieved(task: asyncio.Task[object]) -> None:
    # Read once, so that the failure of a call that nobody waits for any more is not reported as never retrieved.
    if not task.cancelled():
        task.exception()
