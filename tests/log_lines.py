"""Log lines that a test waits for."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.typing import EventDict, WrappedLogger


class LogLines:
    """The events that were logged since the beginning, in order."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self._came = asyncio.Event()

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        del logger, method
        self.note(event["event"])
        return event

    def note(self, event: str) -> None:
        self.events.append(event)
        self._came.set()

    async def said(self, event: str, times: int = 1, *, within_s: float) -> None:
        """Wait until an event was logged so often."""
        try:
            async with asyncio.timeout(within_s):
                while self.events.count(event) < times:
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            raise AssertionError(f"wanted {event} {times} times, heard {Counter(self.events)}") from None


@contextmanager
def listening() -> Iterator[LogLines]:
    """Hear everything that is logged in the block, instead of the log."""
    lines = LogLines()
    with structlog.testing.capture_logs(processors=[lines]):
        yield lines
