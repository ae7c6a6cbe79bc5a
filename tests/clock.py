"""A time that a test drives."""

import asyncio

from providers.clock import Clock


class DrivenClock(Clock):
    """Stands still until it is told to go on; a pause passes at once and is remembered."""

    def __init__(self, now: float = 1_760_000_000.0) -> None:
        self.now = now
        self.pauses: list[float] = []

    def unix(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.now

    async def pause(self, duration_s: float) -> None:
        self.pauses.append(duration_s)
        self.now += duration_s


class HastyClock(Clock):
    """The machine's time, but nobody waits between two tries."""

    async def pause(self, duration_s: float) -> None:
        del duration_s
        await asyncio.sleep(0)
