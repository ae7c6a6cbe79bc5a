"""The connection to Redis. While it is gone, whoever uses it goes on without."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from providers.clock import Clock

T = TypeVar("T")

VERSION: Final = "mediagraph:1"
"""What every key begins with; a new number where the meaning of what is kept changes."""

_CONNECT_S: Final = 0.1
_LONGEST_S: Final = 1.0
_RETRY_S: Final = 1.0
# The last two are how redis-py stumbles where a connection goes while it is being read.
_FAILURES = (RedisError, OSError, EOFError, RuntimeError, AttributeError)

_log = structlog.get_logger()


class RedisLink:
    """Tries what is asked of Redis. After a failure it is left alone for a second.

    One log line says that it is gone, one that it is back. ``failures`` counts for the metrics.
    """

    def __init__(self, url: str, clock: Clock | None = None) -> None:
        self.failures = 0
        self.is_down = False
        self._clock = clock or Clock()
        self._retry_at = 0.0
        self.redis = Redis.from_url(
            url,
            socket_connect_timeout=_CONNECT_S,
            socket_timeout=_LONGEST_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=False,
        )

    @property
    def is_left_alone(self) -> bool:
        """Whether it failed just now, and is not to be asked."""
        return self.is_down and self._clock.monotonic() < self._retry_at

    async def tried(self, work: Awaitable[object], limit_s: float) -> bool:
        """Do the work within a time; False where Redis did not let it."""
        try:
            async with asyncio.timeout(limit_s):
                await work
        except _FAILURES as failure:
            self.failures += 1
            self._retry_at = self._clock.monotonic() + _RETRY_S
            if not self.is_down:
                _log.warning("shared_cache_gone", error=type(failure).__name__)
            self.is_down = True
            return False
        if self.is_down:
            _log.warning("shared_cache_back")
        self.is_down = False
        return True

    async def answer(self, ask: Callable[[], Awaitable[T]], limit_s: float) -> T | None:
        """Ask within a time; None where Redis is left alone or does not answer."""
        if self.is_left_alone:
            return None
        answers: list[T] = []

        async def listen() -> None:
            answers.append(await ask())

        return answers[0] if await self.tried(listen(), limit_s) else None

    async def close(self) -> None:
        """Close every connection."""
        await self.redis.aclose()
