"""One call in flight, and the bounds of what is sent for it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar, cast

from providers.errors import NotAsked, ProviderError, UpstreamTimeout, UpstreamUnavailable
from providers.records import Provider
from providers.scope import CallScope

T = TypeVar("T")


class FlightScope(CallScope):
    """The bounds of a call in flight: its deadline is the latest of those who wait for it.

    What is sent for it stands in the list of calls of the request that began it, for which ``owner`` stands. Where it
    ``is_probe`` it probes a circuit, and may be sent though that is not closed.
    """

    __slots__ = ("_timeouts", "is_probe", "owner")

    def __init__(self, began_by: CallScope) -> None:
        super().__init__(began_by.request_id, began_by.began, began_by.deadline, began_by.trace_headers)
        self.calls = began_by.calls
        self.tracer = began_by.tracer
        self.owner: int = id(began_by)
        self.is_probe = False
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


class Waits(Protocol):
    """Who waits for a flight until a deadline, and is told when it lands."""

    deadline: float

    def note(self, flight: "AnyFlight") -> None:
        """Take note that it has landed."""
        ...

    def expire(self) -> None:
        """Wait no longer."""
        ...


class Bringing(Protocol):
    """What brings the answer of a flight."""

    def cancel(self) -> object:
        """Bring nothing."""
        ...


class Flight(Generic[T]):
    """One call in flight. It is cancelled when nobody waits for it any more, unless it renews what is kept.

    ``began_by`` is the request that it was begun for and ``owner`` stands for that, for fairness; ``deadline`` is the
    latest of those who wait. ``landed_at`` is the time of the event loop when it ended, 0 before. ``come`` lets it land
    with an answer that came, and waits for its turn to be read.
    """

    __slots__ = (
        "_ended",
        "_scope",
        "began_by",
        "bringing",
        "come",
        "deadline",
        "key",
        "landed_at",
        "owner",
        "renews",
        "task",
        "waits",
    )

    def __init__(self, key: Hashable, began_by: CallScope, *, renews: bool = False) -> None:
        self.key = key
        self.began_by = began_by
        self.owner = id(began_by)
        self.deadline = began_by.deadline
        self.renews = renews
        self.waits: list[Waits] = []
        self.landed_at = 0.0
        self.task: asyncio.Task[T] | None = None
        self.bringing: Bringing | None = None
        self.come: Callable[[], object] | None = None
        self._scope: FlightScope | None = None
        self._ended: tuple[T | None, BaseException | None] | None = None

    @property
    def scope(self) -> FlightScope:
        """The bounds of what is sent for it in a task."""
        scope = self._scope
        # Made when it is wanted: most calls are sent in the step that begins them, and need none.
        if scope is None:
            scope = self._scope = FlightScope(self.began_by)
            scope.extend(self.deadline)
        return scope

    @property
    def is_refused(self) -> bool:
        """Whether it ended without having asked, for want of the time of those who waited."""
        task = self.task
        return (
            task is not None
            and task.done()
            and not task.cancelled()
            and isinstance(task.exception(), NotAsked)
        )

    @property
    def has_ended(self) -> bool:
        """Whether it is known how it ended."""
        return self._ended is not None

    @property
    def is_over(self) -> bool:
        """Whether its time has run out: it is about to end."""
        return self._scope is not None and self._scope.is_over

    def extend(self, deadline: float) -> None:
        """Allow as much time as the most patient waiter has."""
        if deadline > self.deadline:
            self.deadline = deadline
            if self._scope is not None:
                self._scope.extend(deadline)

    def end(self, value: T | None, error: BaseException | None = None) -> None:
        """Write down how it ended, unless that is known."""
        if self._ended is None:
            self._ended = value, error

    def read(self) -> bool:
        """Land with what came and waits to be read; False where nothing does."""
        come, self.come = self.come, None
        if come is not None:
            come()
        return come is not None

    def abandon(self) -> None:
        """Write down that it takes longer than anyone waits, unless it has ended."""
        if self.task is None or not self.task.done():
            self.end(None, TimeoutError())

    def outcome(self, provider: Provider) -> T | ProviderError:
        """Tell how it ended, with a copy of its failure for each who asks; for who asks too early, it is late."""
        if self._ended is None and self.task is not None and self.task.done():
            self.end(*end_of(self.task))
        value, error = self._ended or (None, TimeoutError())
        if error is None:
            return cast("T", value)
        if isinstance(error, ProviderError):
            return error.again()
        if isinstance(error, TimeoutError):
            return UpstreamTimeout(provider, "did not answer before the request's deadline")
        if isinstance(error, asyncio.CancelledError):
            return stopped(provider)
        raise error


AnyFlight = Flight[Any]
"""A flight of any kind of answer."""


def stopped(provider: Provider) -> UpstreamUnavailable:
    """Say that calls are not waited for any more."""
    return UpstreamUnavailable(provider, "was not waited for: the graph stops")


def end_of(task: "asyncio.Task[T]") -> tuple[T | None, BaseException | None]:
    """Tell how a task ended: its result, or why there is none."""
    if task.cancelled():
        return None, asyncio.CancelledError()
    # Read in any case, so that the failure of a call that nobody waits for is not reported as never retrieved.
    error = task.exception()
    return (task.result(), None) if error is None else (None, error)
