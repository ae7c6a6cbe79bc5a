"""Requests being answered, each for all who ask the same meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive

from server.departure import ClientGone, departed

Run = Callable[[Receive], Awaitable[None]]


class Flight:
    """One run of the application for all who ask the same: who began it has no more part in it than who came later.

    The application hears that its client is gone when all of them are.
    """

    def __init__(self, run: Run) -> None:
        self._waiting = 0
        self._abandoned = asyncio.Event()
        self.task = asyncio.ensure_future(_run(run, self._gone))

    @property
    def is_open(self) -> bool:
        """Whether its answer can still be waited for."""
        return not (self.task.done() or self._abandoned.is_set())

    async def wait(self, receive: Receive) -> None:
        """Wait until it is over; raises ClientGone when the one who waits leaves before that.

        The last one who leaves does so when it has ended.
        """
        self._waiting += 1
        watching = asyncio.ensure_future(departed(receive))
        try:
            await asyncio.wait((self.task, watching), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._abandoned.set()
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        if not self.task.done():
            if not self._waiting:
                # It ends soon, and who left last tells what it read.
                await asyncio.wait((self.task,))
            raise ClientGone

    async def _gone(self) -> Message:
        await self._abandoned.wait()
        return {"type": "http.disconnect"}


async def _run(run: Run, receive: Receive) -> None:
    await run(receive)
