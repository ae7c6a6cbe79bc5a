"""Calls in flight, shared by every request that needs their answer."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Generic, TypeVar

from providers.call_record import CallRecord
from providers.deadlines import Deadlines
from providers.errors import NotAsked, ProviderError, UpstreamTimeout, UpstreamUnavailable
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

    @property
    def is_over(self) -> bool:
        """Whether its time has run out: what is in flight is about to end, and no deadline can be put off any more."""
        return any(timeout.expired() for timeout in self._timeouts)

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
    """One call in flight. It is cancelled when nobody waits for it any more, unless it renews what is kept.

    ``landed_at`` is the time of the event loop when it ended, 0 before.
    """

    task: asyncio.Task[T]

    def __init__(self, scope: FlightScope, *, renews: bool) -> None:
        self.scope = scope
        self.renews = renews
        self.waits: list[Wait] = []
        self.landed_at = 0.0

    @property
    def is_refused(self) -> bool:
        """Whether it ended without having asked, for want of the time of those who waited."""
        task = self.task
        return task.done() and not task.cancelled() and isinstance(task.exception(), NotAsked)

    def outcome(self, provider: Provider) -> T | ProviderError:
        """Tell how it ended, with a copy of its failure for each who asks; for who asks too early, it is late."""
        if not self.task.done():
            return UpstreamTimeout(provider, "did not answer before the request's deadline")
        if self.task.cancelled():
            return UpstreamUnavailable(provider, "was not waited for: the graph stops")
        error = self.task.exception()
        if isinstance(error, ProviderError):
            return error.again()
        return self.task.result()


class Flights:
    """The calls in flight of one provider, by identity."""

    def __init__(self) -> None:
        self._by_key: dict[Hashable, Flight[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._deadlines = Deadlines()

    def __len__(self) -> int:
        """Count the calls in flight."""
        return len(self._tasks)

    def find(self, key: Hashable) -> Flight[Any] | None:
        """Find the call in flight whose answer is wanted; not one whose time has just run out."""
        flight = self._by_key.get(key)
        return None if flight is None or flight.scope.is_over or flight.is_refused else flight

    def start(
        self,
        key: Hashable,
        scope: CallScope,
        fetch: Callable[[Flight[T]], Coroutine[object, object, T]],
        *,
        renews: bool = False,
    ) -> Flight[T]:
        """Begin a call. The flight is handed to ``fetch``, which must end by the deadline of its scope."""
        flight: Flight[T] = Flight(FlightScope(scope), renews=renews)
        self._by_key[key] = flight
        flight.task = asyncio.get_running_loop().create_task(fetch(flight))
        self._tasks.add(flight.task)
        flight.task.add_done_callback(partial(self._land, key, flight))
        return flight

    def is_current(self, key: Hashable, flight: Flight[T]) -> bool:
        """Tell whether the flight's answer may be kept: it may not after a purge that came meanwhile."""
        return self._by_key.get(key) is flight

    def disown(self, concerns: Callable[[Hashable], bool]) -> None:
        """Let the calls in flight serve those who wait, and nobody who comes now."""
        for key in [key for key in self._by_key if concerns(key)]:
            del self._by_key[key]

    def join(self, key: Hashable, flight: Flight[T], wait: "Wait") -> None:
        """Let a request wait for a flight, and the flight for it."""
        # Two keys can come to one call.
        if wait.add(key, flight):
            flight.waits.append(wait)
            flight.scope.extend(wait.deadline)

    async def wait(self, wait: "Wait") -> None:
        """Wait until all flights of a request have landed, or its deadline; being cancelled harms no other request."""
        landing = wait.begin()
        if landing is None:
            return
        self._deadlines.watch(wait, wait.deadline + _GRACE_S)
        try:
            await landing
        finally:
            self._deadlines.forget(wait)
            for key, flight in wait.left():
                self._part(key, flight, wait)

    async def close(self) -> None:
        """Cancel every call in flight."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._deadlines.close()

    def _part(self, key: Hashable, flight: Flight[T], wait: "Wait") -> None:
        flight.waits.remove(wait)
        if not flight.waits and not flight.renews and not flight.task.done():
            self._leave(key, flight)
            flight.task.cancel()

    def _land(self, key: Hashable, flight: Flight[T], task: asyncio.Task[T]) -> None:
        self._tasks.discard(task)
        self._leave(key, flight)
        # Read once, so that the failure of a call that nobody waits for any more is not reported as never retrieved.
        if not task.cancelled():
            task.exception()
        flight.landed_at = asyncio.get_running_loop().time()
        for wait in flight.waits:
            wait.note(flight)

    def _leave(self, key: Hashable, flight: Flight[T]) -> None:
        if self._by_key.get(key) is flight:
            del self._by_key[key]


def traced(
    fetch: Callable[[Flight[T]], Coroutine[object, object, T]], record: CallRecord, tracer: Tracer
) -> Callable[[Flight[T]], Coroutine[object, object, T]]:
    """Let a flight's work be traced, and what is sent for it carry the trace."""

    async def fly(flight: Flight[T]) -> T:
        def work(headers: TraceHeaders) -> Coroutine[object, object, T]:
            flight.scope.trace_headers = headers
            return fetch(flight)

        return await tracer.traced(record, work)

    return fly


class Wait:
    """A request that waits for flights: one timer and one wake-up for all of them."""

    __slots__ = ("_landing", "_left", "deadline")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self._left: dict[Flight[Any], Hashable] = {}
        self._landing: asyncio.Future[None] | None = None

    def add(self, key: Hashable, flight: Flight[Any]) -> bool:
        """Wait for that one too; False where it is waited for already."""
        is_new = flight not in self._left
        self._left[flight] = key
        return is_new

    def left(self) -> list[tuple[Hashable, Flight[Any]]]:
        """List what has not landed."""
        return [(key, flight) for flight, key in self._left.items()]

    def begin(self) -> asyncio.Future[None] | None:
        """Give what is done once all have landed; None where nothing is waited for."""
        if self._left:
            self._landing = asyncio.get_running_loop().create_future()
        return self._landing

    def note(self, flight: Flight[Any]) -> None:
        """Take note that a flight has landed."""
        del self._left[flight]
        if not self._left:
            self.expire()

    def expire(self) -> None:
        """Wait no longer."""
        if self._landing is not None and not self._landing.done():
            self._landing.set_result(None)
