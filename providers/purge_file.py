"""Purges told between the workers of one machine, by lines that each appends to a file and all read."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.3


class PurgeFile:
    """Reads what comes to the file from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_to = path.stat().st_size
        self._forget: list[Callable[[str], object]] = []
        self._poll: asyncio.Task[None] | None = None
        self.is_down = False
        self.failures = 0

    def when_purged(self, forget: Callable[[str], object]) -> None:
        """Have ``forget`` called with each tag that any worker purges."""
        self._forget.append(forget)

    async def open(self) -> None:
        """Begin to read."""
        self._poll = asyncio.ensure_future(self._keep_reading())

    async def purge(self, tag: str) -> bool:
        """Tell every worker to forget what a tag names; False where they could not be told."""
        try:
            with self._path.open("ab") as file:
                # One write of one line: what several workers append at once does not mix.
                file.write(f"{tag}\n".encode())
        except OSError:
            self._note(is_down=True)
            return False
        return True

    async def close(self) -> None:
        """Read no more."""
        if self._poll is not None:
            self._poll.cancel()

    async def _keep_reading(self) -> None:
        while True:
            for tag in self._news():
                for forget in self._forget:
                    forget(tag)
            await asyncio.sleep(_POLL_S)

    def _news(self) -> list[str]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_to)
                whole, end, _ = file.read().rpartition(b"\n")
        except OSError:
            self._note(is_down=True)
            return []
        self._note(is_down=False)
        if not end:
            return []
        self._read_to += len(whole) + 1
        # A line that is no text names nothing, and must not end the reading.
        return whole.decode("utf-8", "replace").split("\n")

    def _note(self, *, is_down: bool) -> None:
        self.is_down = is_down
        self.failures += is_down
