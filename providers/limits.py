"""How many calls a provider gets at once and a second, and who waits for whom."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Final

from providers.agreement import Agreement, Pace
from providers.clock import Clock
from providers.errors import UpstreamRateLimited
from providers.records import Provider

_LAPSE_S: Final = 0.1


class Slots:
    """A number of calls at once, given in turn to the requests that wait, one call a turn.

    So a request of one call does not wait behind another's two thousand. Waiting longer than ``wait_s`` raises
    UpstreamRateLimited.
    """

    def __init__(self, provider: Provider, size: int, wait_s: float) -> None:
        self._provider = provider
        self._free = size
        self._wait_s = wait_s
        self._waiting: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

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

    @asynccontextmanager
    async def slot(self, owner: Hashable) -> AsyncIterator[None]:
        """Hold a slot; ``owner`` is the request that it is held for."""
        if not self.take():
            await self._turn(owner)
        try:
            yield
        finally:
            self.give_back()

    async def _turn(self, owner: Hashable) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(owner, deque()).append(turn)
        try:
            async with asyncio.timeout(self._wait_s):
                await turn
        except TimeoutError:
            self._withdraw(owner, turn)
            raise too_busy(self._provider, self._wait_s) from None
        except asyncio.CancelledError:
            self._withdraw(owner, turn)
            raise

    def _withdraw(self, owner: Hashable, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.give_back()
            return
        queue = self._waiting.get(owner)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[owner]

    def give_back(self) -> None:
        """Let the next have what was taken."""
        while self._waiting:
            owner, queue = self._waiting.popitem(last=False)
            turn = queue.popleft()
            if queue:
                # At the end of the line again: every other request gets its turn first.
                self._waiting[owner] = queue
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


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
