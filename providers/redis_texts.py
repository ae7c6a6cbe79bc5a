"""Texts under names that all processes know, each for a day after it was last asked for."""

import asyncio
from typing import Final

from providers.redis_link import VERSION
from providers.redis_pipeline import RedisPipeline

_KEPT_S: Final = 86400
_LONGEST: Final = 128 * 1024
_MOST_WAITING: Final = 100


class RedisTexts:
    """Neither of its methods raises or waits long: Redis may be gone at any time."""

    def __init__(self, pipeline: RedisPipeline) -> None:
        self._pipeline = pipeline
        self._writes: set[asyncio.Task[object]] = set()

    async def find(self, name: str) -> str | None:
        """Find a text."""
        found = await self._pipeline.run("GETEX", _key(name), "EX", _KEPT_S)
        return found.decode("utf-8", "replace") if isinstance(found, bytes) else None

    def keep(self, name: str, text: str) -> None:
        """Keep a text, soon; one that is too long is for this process alone."""
        sent = text.encode("utf-8", "replace")
        if len(sent) > _LONGEST or len(self._writes) >= _MOST_WAITING:
            return
        task = asyncio.ensure_future(self._pipeline.run("SET", _key(name), sent, "EX", _KEPT_S))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)


def _key(name: str) -> str:
    return f"{VERSION}:text:{name}"
