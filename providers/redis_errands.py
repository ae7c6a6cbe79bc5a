"""Fetches that one process does for all, as claims in Redis."""

import asyncio
import secrets
from typing import Final

from providers.agreement import Errand
from providers.redis_link import VERSION
from providers.redis_pipeline import RedisPipeline

DONE_MS: Final = 500
"""For how long it stands that an errand was done: those who looked for its answer a moment before look again."""

_LASTS_MS: Final = 10_000
_MOST_WAITING: Final = 1000
_DONE: Final = "done:"

_BEGIN: Final = f"""
local held = redis.call('GET', KEYS[1])
if held and (string.sub(held, 1, 5) ~= '{_DONE}' or held ~= ARGV[3]) then return held end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ''
"""
_FINISH: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisErrands:
    """A claim that is never finished, because its process died, ends by itself after ten seconds."""

    def __init__(self, pipeline: RedisPipeline) -> None:
        self._pipeline = pipeline
        self._owner = secrets.token_hex(8)
        self._finishing: set[asyncio.Task[object]] = set()

    async def begin(self, key: str, seen: str) -> Errand | None:
        """Claim a fetch; ``seen`` is what was told to be done when its answer was looked for."""
        held = await self._pipeline.script(_BEGIN, (errand_key(key),), self._owner, _LASTS_MS, seen)
        if not isinstance(held, bytes):
            return None
        told = held.decode("ascii", "replace")
        return Errand(is_ours=not told, done=told if told.startswith(_DONE) else "")

    def finish(self, key: str) -> None:
        """Give a claim back, soon."""
        if len(self._finishing) < _MOST_WAITING:
            task = asyncio.ensure_future(self._pipeline.script(_FINISH, (errand_key(key),), self._owner))
            self._finishing.add(task)
            task.add_done_callback(self._finishing.discard)


def errand_key(key: str) -> str:
    """Name the claim of what is kept under a key."""
    return f"{VERSION}:errand:{key}"


def done_mark() -> str:
    """Make what stands in a claim's place once its answer is written."""
    return f"{_DONE}{secrets.token_hex(8)}"
