"""Calls in flight, shared by every request that needs their answer."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextvars import Context
from functools import partial
from typing import TypeVar

from providers.call_record import CallRecord
from providers.deadlines import Deadlines
from providers.flight import AnyFlight, Flight, Waits, end_of
from providers.scope import CallScope
from providers.tracing import TraceHeaders, Tracer

T = TypeVar("T")

_GRACE_S = 0.02
"""How much later than a flight a waiter of the same deadline gives up, so that the flight tells why it ended."""


class Flights:
    """The calls in flight of one provider, by identity.

    None is to begin while ``is_closing``.
    """

    def __init__(self) -> None:
        self.is_closing = False
        self._by_key: dict[Hashable, AnyFlight] = {}
        self._aloft: set[AnyFlight] = set()
        self._deadlines = Deadlines()

    def __len__(self) -> int:
        """Count the calls in flight."""
        return len(self._aloft)

    def find(self, key: Hashable) -> AnyFlight | None:
        """Find the call in flight whose answer is wanted; not one whose time has just run out."""
        flight = self._by_key.get(key)
        return None if flight is None or flight.is_over or flight.is_refused else flight

    def start(
        self,
        key: Hashable,
        scope: CallScope,
        fetch: Callable[[Flight[T]], Coroutine[object, object, T]],
        *,
        renews: bool = False,
    ) -> Flight[T]:
        """Begin a call. The flight is handed to ``fetch``, which must end by the deadline of its scope."""
        flight: Flight[T] = Flight(key, scope, renews=renews)
        self.enter(flight)
        self.go_on(flight, fetch(flight))
        return flight

    def enter(self, flight: AnyFlight) -> None:
        """Let a call be found; whoever brings its answer lets it land."""
        self._by_key[flight.key] = flight
        self._aloft.add(flight)

    def go_on(
        self,
        flight: Flight[T],
        fetching: Coroutine[object, object, T],
        context: Context | None = None,
        then: Callable[[], object] | None = None,
    ) -> None:
        """Bring the answer of a call in a task; ``then`` is called when it ends, also where it had not begun."""
        flight.task = flight.bringing = asyncio.get_running_loop().create_task(fetching, context=context)
        flight.task.add_done_callback(partial(self._end, flight, then))

    def land(self, flight: Flight[T], value: T | None, error: BaseException | None = None) -> None:
        """End a call: all who wait for it are told."""
        flight.end(value, error)
        flight.bringing = flight.come = None
        self._aloft.discard(flight)
        self._leave(flight)
        flight.landed_at = asyncio.get_running_loop().time()
        # Whoever is told may begin a flight, or let another request wait for none any more: also for this one.
        while flight.waits:
            wait = flight.waits.pop(0)
            try:
                wait.note(flight)
            # Of every kind: the others are to be told too.
            except Exception as fault:  # noqa: BLE001 - handed on to whoever looks after the event loop
                _report(fault)

    def is_current(self, flight: AnyFlight) -> bool:
        """Tell whether the flight's answer may be kept: it may not after a purge that came meanwhile."""
        return self._by_key.get(flight.key) is flight

    def disown(self, concerns: Callable[[Hashable], bool]) -> None:
        """Let the calls in flight serve those who wait, and nobody who comes now."""
        for key in [key for key in self._by_key if concerns(key)]:
            del self._by_key[key]

    def join(self, flight: AnyFlight, wait: Waits) -> None:
        """Let a request wait for a flight, and the flight for it."""
        flight.waits.append(wait)
        flight.extend(wait.deadline)

    async def wait(self, wait: "Wait") -> None:
        """Wait until all flights of a request have landed, or its deadline; being cancelled harms no other request."""
        landing = wait.begin()
        if landing is None:
            return
        self.watch(wait)
        try:
            await landing
        finally:
            self._deadlines.forget(wait)
            for flight in wait.left():
                self.part(flight, wait)

    def watch(self, wait: Waits) -> None:
        """Let it expire a hair later than a flight of the same deadline."""
        self._deadlines.watch(wait, wait.deadline + _GRACE_S)

    def forget(self, wait: Waits) -> None:
        """Let it expire no more."""
        self._deadlines.forget(wait)

    async def close(self) -> None:
        """Cancel every call in flight, and wait until none is."""
        self.is_closing = True
        try:
            # Again and again: whoever is told may have begun another.
            while self._aloft:
                ending = list(self._aloft)
                for flight in ending:
                    self._leave(flight)
                    self._cancel(flight)
                # Listed last, for what ends may let another call go on in a task.
                tasks = [flight.task for flight in ending if flight.task is not None]
                if tasks:
                    await asyncio.wait(tasks)
        finally:
            self.is_closing = False
        self._deadlines.close()

    def part(self, flight: AnyFlight, wait: Waits) -> None:
        """Let a flight that has not landed be waited for no more; it is cancelled where nobody else does."""
        if wait not in flight.waits:
            return
        flight.waits.remove(wait)
        if not flight.waits and not flight.renews and flight.bringing is not None:
            # Before it is cancelled: that is not why whoever leaves now gets no answer.
            flight.abandon()
            self._leave(flight)
            self._cancel(flight)

    def _cancel(self, flight: AnyFlight) -> None:
        bringing = flight.bringing
        if bringing is not None:
            bringing.cancel()
            # A task tells by itself that it has ended.
            if bringing is not flight.task:
                self.land(flight, None, asyncio.CancelledError())

    def _end(self, flight: Flight[T], then: Callable[[], object] | None, task: "asyncio.Task[T]") -> None:
        # First what others wait for, then whoever is told: that may be long.
        try:
            if then is not None:
                then()
        finally:
            self.land(flight, *end_of(task))

    def _leave(self, flight: AnyFlight) -> None:
        if self._by_key.get(flight.key) is flight:
            del self._by_key[flight.key]


def _report(fault: Exception) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "who waited for a call failed when told of it", "exception": fault}
    )


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
        self._left: set[AnyFlight] = set()
        self._landing: asyncio.Future[None] | None = None

    def add(self, flight: AnyFlight) -> bool:
        """Wait for that one too; False where it is waited for already: two keys can come to one call."""
        is_new = flight not in self._left
        self._left.add(flight)
        return is_new

    def left(self) -> list[AnyFlight]:
        """List what has not landed."""
        return list(self._left)

    def begin(self) -> asyncio.Future[None] | None:
        """Give what is done once all have landed; None where nothing is waited for."""
        if self._left:
            self._landing = asyncio.get_running_loop().create_future()
        return self._landing

    def note(self, flight: AnyFlight) -> None:
        """Take note that a flight has landed."""
        self._left.discard(flight)
        if not self._left:
            self.expire()

    def expire(self) -> None:
        """Wait no longer; what came in time is not late because it waits for its turn."""
        for flight in self.left():
            flight.read()
        if self._landing is not None and not self._landing.done():
            self._landing.set_result(None)
