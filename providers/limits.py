"""How many calls a provider gets at once and a second, and who waits for whom."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from providers.clock import Clock
from providers.errors import UpstreamRateLimited
from providers.records import Provider


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

    @asynccontextmanager
    async def slot(self, owner: Hashable) -> AsyncIterator[None]:
        """Hold a slot; ``owner`` is the request that it is held for."""
        if self._free and not self._waiting:
            self._free -= 1
        else:
            await self._turn(owner)
        try:
            yield
        finally:
            self._give_back()

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
            self._give_back()
            return
        queue = self._waiting.get(owner)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[owner]

    def _give_back(self) -> None:
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
    """A number of calls a second, evenly spaced after a first second's worth; 0 sets no bound."""

    def __init__(self, provider: Provider, per_second: float, wait_s: float, clock: Clock) -> None:
        self._provider = provider
        self._spacing_s = 1 / per_second if per_second else 0.0
        self._ahead_s = max(0.0, 1.0 - self._spacing_s)
        self._wait_s = wait_s
        self._clock = clock
        self._next_at = 0.0

    async def pass_one(self) -> None:
        """Wait until the next call may be sent; raises UpstreamRateLimited where that is too far away."""
        if not self._spacing_s:
            return
        now = self._clock.monotonic()
        due = max(self._next_at, now)
        pause_s = due - now - self._ahead_s
        if pause_s > self._wait_s:
            raise too_busy(self._provider, pause_s)
        self._next_at = due + self._spacing_s
        if pause_s > 0:
            await self._clock.pause(pause_s)


def too_busy(provider: Provider, after_s: float) -> UpstreamRateLimited:
    """Say that our own budget for a provider is spent."""
    return UpstreamRateLimited(
        provider, "was not asked: too many calls wait for it", retry_after_s=max(1.0, round(after_s))
    )
