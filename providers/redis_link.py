"""The connection to Redis. While it is gone, whoever uses it goes on without."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

VERSION: Final = "mediagraph:1"
"""What every key begins with; a new number where the meaning of what is kept changes."""

PATIENCE_S: Final = 0.1
"""How long a request waits for Redis unless told otherwise."""

_LONGEST_S: Final = 1.0
_TURNS_OF_GRACE: Final = 5
# The last two are how redis-py stumbles where a connection goes while it is being read.
_FAILURES = (RedisError, OSError, EOFError, RuntimeError, AttributeError)

_log = structlog.get_logger()


class RedisLink:
    """Tries what is asked of Redis, and tells whether it ``is_down``, as it is from a failure to the next success.

    Nothing that can be done without is to be asked of it then. One log line says that it is gone, one that it is back:
    gone is what fails again after a failure, for a moment in which this process has more to do than it can looks like
    one of Redis. ``failures`` counts for the metrics. ``patience_s`` is how long a request waits for an answer.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self.patience_s = patience_s
        self.failures = 0
        self.is_down = False
        self._is_said = False
        self.redis = Redis.from_url(
            url,
            socket_connect_timeout=_LONGEST_S,
            socket_timeout=_LONGEST_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
        )

    async def tried(self, work: Awaitable[object], limit_s: float) -> bool:
        """Do the work within a time; False where Redis did not let it."""
        was_down = self.is_down
        try:
            async with _within(limit_s):
                await work
        except _FAILURES as failure:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # It stumbled over being cancelled: who asked for that waits for the task to end.
                raise asyncio.CancelledError from failure
            self.failures += 1
            if was_down and not self._is_said:
                self._is_said = True
                _log.warning("shared_cache_gone", error=type(failure).__name__)
            self.is_down = True
            return False
        if self._is_said:
            self._is_said = False
            _log.warning("shared_cache_back")
        self.is_down = False
        return True

    async def close(self) -> None:
        """Close every connection."""
        await self.redis.aclose()


@asynccontextmanager
async def _within(limit_s: float) -> AsyncIterator[None]:
    """Raise TimeoutError after a time."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.Handle] = []

    def expire(turns: int) -> None:
        # A busy loop sees the timer and the answer at once: a few turns later the answer has been read, if it came.
        timers[:] = [loop.call_soon(expire, turns - 1)] if turns else []
        if not turns:
            patience.reschedule(loop.time())

    async with asyncio.timeout(None) as patience:
        timers.append(loop.call_later(limit_s, expire, _TURNS_OF_GRACE))
        try:
            yield
        finally:
            for timer in timers:
                timer.cancel()
