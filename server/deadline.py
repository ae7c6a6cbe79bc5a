"""A time by which something has to have happened, moved far more often than it comes."""

import asyncio
from collections.abc import Callable

# A loop that counts in milliseconds may be early by less than one.
_SOONEST_S = 0.001


class Deadline:
    """Calls ``late`` when the time that was set last has come, unless it was cleared.

    A timer that waits for an earlier time is left as it is, and looks again when it ends: of the thousands of requests
    that a connection has in a minute hardly one makes a timer.
    """

    __slots__ = ("_due", "_late", "_loop", "_timer", "_timer_due")

    def __init__(self, loop: asyncio.AbstractEventLoop, late: Callable[[], object]) -> None:
        self._loop = loop
        self._late = late
        self._due: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0

    @property
    def is_set(self) -> bool:
        """Whether a time is waited for."""
        return self._due is not None

    def set(self, after_s: float) -> None:
        """Wait for a time, from now on for no other."""
        due = self._due = self._loop.time() + after_s
        if self._timer is None or due < self._timer_due:
            self._arm(due, after_s)

    def clear(self) -> None:
        """Wait for no time."""
        self._due = None

    def end(self) -> None:
        """Wait for no time any more, and hold nobody."""
        self._due = None
        self._late = _nothing
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, due: float, after_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._loop.call_later(max(after_s, _SOONEST_S), self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        left_s = self._due - self._loop.time()
        if left_s > 0:
            self._arm(self._due, left_s)
        else:
            self._due = None
            self._late()


def _nothing() -> None:
    """Do nothing."""
