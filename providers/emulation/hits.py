"""What an emulator was asked: every call with its times, and how many were open at once."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import msgspec

from providers.emulation.exchange import Call


class Hit(msgspec.Struct, frozen=True):
    """One call. Times are the event loop's seconds; `finished` is None while the call is open."""

    method: str
    route: str
    raw_path: str
    headers: dict[str, str]
    body: bytes
    started: float
    finished: float | None = None


class Hits:
    """The calls since the last `clear`, as they came. A call counts from its arrival on."""

    def __init__(self) -> None:
        self._hits: dict[int, Hit] = {}
        self._arrivals = 0
        self._changed = asyncio.Event()
        self.in_flight = 0
        self.peak_in_flight = 0

    @property
    def calls(self) -> list[Hit]:
        """All calls, also those that are still open."""
        return list(self._hits.values())

    def count(self, route: str | None = None) -> int:
        """How many calls came, to one route or to all."""
        return len(self._hits) if route is None else self.by_route().get(route, 0)

    def by_route(self) -> dict[str, int]:
        """Count by the name of the route."""
        counts: dict[str, int] = {}
        for hit in self._hits.values():
            counts[hit.route] = counts.get(hit.route, 0) + 1
        return counts

    def clear(self) -> None:
        """Forget every call; those that are open stay in flight."""
        self._hits.clear()
        self.peak_in_flight = self.in_flight

    async def arrived(self, count: int, route: str | None = None) -> None:
        """Wait until so many calls have come."""
        await self._until(lambda: self.count(route) >= count)

    async def idle(self) -> None:
        """Wait until no call is open."""
        await self._until(lambda: self.in_flight == 0)

    @contextmanager
    def recording(self, route: str, call: Call) -> Iterator[None]:
        """Record one call from its arrival to its end, however it ends."""
        now = asyncio.get_running_loop().time
        # Counted on across `clear`: the end of a forgotten call must not land on a new one with its number.
        self._arrivals += 1
        number = self._arrivals
        hit = Hit(call.method, route, call.raw_path, dict(call.headers), call.body, started=now())
        self._hits[number] = hit
        self._move(+1)
        try:
            yield
        finally:
            # Forgotten meanwhile: its end belongs to no count.
            if number in self._hits:
                self._hits[number] = msgspec.structs.replace(hit, finished=now())
            self._move(-1)

    def _move(self, by: int) -> None:
        self.in_flight += by
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        self._changed.set()

    async def _until(self, reached: Callable[[], bool]) -> None:
        while not reached():
            # One event serves every waiter; each looks again at its own condition, and no await comes between.
            self._changed.clear()
            await self._changed.wait()
