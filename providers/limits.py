"""How many calls a provider gets at once and a second, and who waits for whom."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from typing import Final, Protocol

from providers.agreement import Agreement, Pace
from providers.clock import Clock
from providers.deadlines import Deadlines
from providers.errors import UpstreamRateLimited
from providers.flight import FlightScope
from providers.records import Provider

_LAPSE_S: Final = 0.1


class Waiting(Protocol):
    """A call that waits for a slot; ``owner`` is the request that it is made for."""

    owner: int

    @property
    def until(self) -> float:
        """The time of the event loop at which it gives up; it may be put off meanwhile."""
        ...

    def begin(self) -> bool:
        """Use the slot that is given to it; False where it gave up."""
        ...

    def expire(self) -> None:
        """Give up, unless that was put off."""
        ...

    def reconsider(self) -> None:
        """Give up where its circuit has opened."""
        ...


class Turn:
    """A call in a task that waits for a slot: ``came`` is True when it has one, False when it gives up."""

    __slots__ = ("_deadlines", "_gives_up_at", "_is_held", "_scope", "came", "owner")

    def __init__(
        self, scope: FlightScope, wait_s: float, deadlines: Deadlines, is_held: Callable[[], bool] = bool
    ) -> None:
        loop = asyncio.get_running_loop()
        self.came: asyncio.Future[bool] = loop.create_future()
        self.owner = scope.owner
        self._gives_up_at = loop.time() + wait_s
        self._scope = scope
        self._deadlines = deadlines
        self._is_held = is_held
        deadlines.watch(self, self.until)

    @property
    def is_too_long(self) -> bool:
        """Whether it may not wait as long as its request would."""
        return self._gives_up_at <= self._scope.deadline

    @property
    def has_slot(self) -> bool:
        """Whether a slot was given to it."""
        return self.came.done() and not self.came.cancelled() and self.came.result()

    @property
    def until(self) -> float:
        """The time of the event loop at which it gives up."""
        return min(self._gives_up_at, self._scope.deadline)

    def begin(self) -> bool:
        """Use the slot that is given to it; False where it gave up."""
        if self.came.done():
            return False
        self.came.set_result(True)
        return True

    def expire(self) -> None:
        """Give up, unless the deadline was put off meanwhile."""
        if asyncio.get_running_loop().time() < self.until:
            self._deadlines.watch(self, self.until)
        elif not self.came.done():
            self.came.set_result(False)

    def reconsider(self) -> None:
        """Give up where its circuit has opened."""
        if self._is_held() and not self.came.done():
            self.came.set_result(False)


class Slots:
    """A number of calls at once, given in turn to the requests that wait, one call a turn.

    So a request of one call does not wait behind another's two thousand. ``wait_s`` is how long a call may wait.
    """

    def __init__(self, provider: Provider, size: int, wait_s: float) -> None:
        self.wait_s = wait_s
        self._provider = provider
        self._free = size
        self._waiting: OrderedDict[Hashable, deque[Waiting]] = OrderedDict()
        self._deadlines = Deadlines()

    @property
    def waiting(self) -> int:
        """How many calls wait for a slot."""
        return sum(map(len, self._waiting.values()))

    def take(self) -> bool:
        """Take a slot that is free and that nobody waits for, until ``give_back``; False where there is none."""
        if not self._free or self._waiting:
            return False
        self._free -= 1
        return True

    async def take_in_turn(self, scope: FlightScope, is_held: Callable[[], bool] = bool) -> bool:
        """Take one when it is free, until ``give_back``; False where ``is_held`` tells that nothing is to be sent.

        Raises UpstreamRateLimited after ``wait_s``, and TimeoutError at the deadline where that comes first.
        """
        if self.take():
            return True
        turn = Turn(scope, self.wait_s, self._deadlines, is_held)
        self._enter(turn)
        try:
            has_slot = await turn.came
        except asyncio.CancelledError:
            self.leave(turn)
            if turn.has_slot:
                self.give_back()
            raise
        self._deadlines.forget(turn)
        if has_slot:
            return True
        self.leave(turn)
        if is_held():
            return False
        if asyncio.get_running_loop().time() < turn.until:
            # Somebody more patient came in the step in which it gave up.
            return await self.take_in_turn(scope, is_held)
        raise too_busy(self._provider, self.wait_s) if turn.is_too_long else TimeoutError()

    def wait(self, call: Waiting) -> None:
        """Let a call begin when a slot is free, in its turn; it leaves by itself when it gives up."""
        self._deadlines.watch(call, call.until)
        self._enter(call)

    def arrived(self, call: Waiting) -> None:
        """Take note that a call that waited has its slot."""
        self._deadlines.forget(call)

    def wait_on(self, call: Waiting) -> None:
        """Let a call wait that has put off when it gives up."""
        self._deadlines.watch(call, call.until)

    def leave(self, call: Waiting) -> None:
        """Let a call wait no more."""
        self._deadlines.forget(call)
        queue = self._waiting.get(call.owner)
        if queue is not None and call in queue:
            queue.remove(call)
            if not queue:
                del self._waiting[call.owner]

    def give_back(self) -> None:
        """Let the next have what was taken."""
        while self._waiting:
            owner, queue = self._waiting.popitem(last=False)
            call = queue.popleft()
            if queue:
                # At the end of the line again: every other request gets its turn first.
                self._waiting[owner] = queue
            # One that gave up does not want it.
            if call.begin():
                return
        self._free += 1

    def reconsider(self) -> None:
        """Let those wait no more whose circuit has opened."""
        for call in [call for queue in self._waiting.values() for call in queue]:
            # Whoever was told before it may have ended it.
            if call in self._waiting.get(call.owner, ()):
                call.reconsider()

    def close(self) -> None:
        """Let no call wait any more; whoever let them wait ends them."""
        self._waiting.clear()
        self._deadlines.close()

    def _enter(self, call: Waiting) -> None:
        self._waiting.setdefault(call.owner, deque()).append(call)


class Rate:
    """A number of calls a second, evenly spaced after a first second's worth; 0 sets no bound.

    With an agreement all processes keep it together; where they cannot be asked, each keeps it for itself.
    """

    def __init__(
        self,
        provider: Provider,
        per_second: float,
        wait_s: float,
        clock: Clock,
        agreement: Agreement | None = None,
    ) -> None:
        self._provider = provider
        spacing_s = 1 / per_second if per_second else 0.0
        self._pace = Pace(spacing_s, burst_s=max(0.0, 1.0 - spacing_s), wait_s=wait_s)
        self._clock = clock
        self._next_at = 0.0
        self._passes = Passes(agreement, self._pace, clock) if agreement and per_second else None

    async def pass_one(self) -> None:
        """Wait until the next call may be sent; raises UpstreamRateLimited where that is too far away."""
        if not self._pace.spacing_s:
            return
        pause_s = await self._passes.pause_s() if self._passes is not None else None
        if pause_s is None or pause_s <= self._pace.wait_s:
            # Taken here too where all were asked: when they cannot be, no second's worth is left to spend again.
            own_s = self._own_pause_s()
            pause_s = own_s if pause_s is None else pause_s
        if pause_s > self._pace.wait_s:
            raise too_busy(self._provider, pause_s)
        if pause_s > 0:
            await self._clock.pause(pause_s)

    def _own_pause_s(self) -> float:
        now = self._clock.monotonic()
        due = max(self._next_at, now)
        pause_s = due - now - self._pace.burst_s
        if pause_s <= self._pace.wait_s:
            self._next_at = due + self._pace.spacing_s
        return pause_s


class Passes:
    """Passes that are reserved with all other processes: one round trip for those wanted in a turn of the loop.

    A busy process takes as many ahead as it used lately. They lapse soon, so that an idle one keeps nothing from the
    others.
    """

    def __init__(self, agreement: Agreement, pace: Pace, clock: Clock) -> None:
        self._agreement = agreement
        self._pace = pace
        self._clock = clock
        self._waiting: list[asyncio.Future[float | None]] = []
        self._ahead = 0
        self._reserved_at = 0.0
        self._used = 0
        self._counted_from = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def pause_s(self) -> float | None:
        """Take a pass: in how many seconds it is good; None where the others cannot be asked."""
        now = self._clock.monotonic()
        if now - self._counted_from >= _LAPSE_S:
            self._used, self._counted_from = 0, now
        self._used += 1
        if self._ahead and now - self._reserved_at < _LAPSE_S:
            self._ahead -= 1
            return 0.0
        turn: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            self._asking = asyncio.ensure_future(self._reserve())
        return await turn

    async def _reserve(self) -> None:
        await asyncio.sleep(0)
        waiting, self._waiting = self._waiting, []
        self._reserved_at = self._clock.monotonic()
        ahead = max(0, self._used - len(waiting))
        reserved = await self._agreement.rates.reserve(self._agreement.name, self._pace, len(waiting), ahead)
        self._ahead = reserved.ahead if reserved else 0
        for place, turn in enumerate(waiting):
            if not turn.done():
                turn.set_result(reserved.pause_s + place * self._pace.spacing_s if reserved else None)


def too_busy(provider: Provider, after_s: float) -> UpstreamRateLimited:
    """Say that our own budget for a provider is spent."""
    return UpstreamRateLimited(
        provider, "was not asked: too many calls wait for it", retry_after_s=max(1.0, round(after_s))
    )
