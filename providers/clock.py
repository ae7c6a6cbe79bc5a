"""What tells the time and waits; handed in, so that a test can drive it."""

import asyncio
import time


class Clock:
    """The machine's own time, in seconds."""

    def unix(self) -> float:
        """Tell the Unix time: for what other processes read too."""
        return time.time()

    def monotonic(self) -> float:
        """Tell a time that never goes back: for differences."""
        return time.monotonic()

    async def pause(self, duration_s: float) -> None:
        """Wait."""
        await asyncio.sleep(duration_s)
