"""The shared cache in Redis. Slow, full, gone or back again: the graph goes on with its own memory meanwhile."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import takewhile
from typing import Final, cast

import msgspec
import structlog
from redis.asyncio import Redis

from providers.records import Provider
from providers.redis_errands import DONE_MS, done_mark, errand_key
from providers.redis_link import PATIENCE_S, VERSION, RedisLink
from providers.shared import Stored

_PURGES: Final = f"{VERSION}:purges"
_COUNT: Final = "#"
_NUMBER: Final = re.compile(rb"\d{1,18}")
_WRITE_S: Final = 1.0
_POLL_S: Final = 0.4
_MOST_WAITING: Final = 1000
_MOST_TAGS: Final = 10_000
_LARGEST_TTL_S: Final = 30 * 86400

# In one step, for two purges at once must not change places. Numbered by Redis' own clock: one that lost its memory, or
# got an old one back, must not give a number twice. Too many to remember: everything kept before is forgotten instead.
_PURGE: Final = """
local time = redis.call('TIME')
local last = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') or 0
local number = string.format('%.0f', math.max(time[1] * 1000000 + time[2], last + 1))
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[2]) then
  redis.call('DEL', KEYS[1])
  for i = 4, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], number) end
end
redis.call('HSET', KEYS[1], ARGV[1], number, ARGV[3], number)
return number
"""

_log = structlog.get_logger()
_decoder = msgspec.msgpack.Decoder(Stored)


class RedisCache:
    """Reads of one turn of the event loop go as one MGET, writes as one pipeline.

    ``link`` is the connection, for whatever else processes share. After a failure nobody here waits for Redis until it
    answers what is asked again and again in the background: which purges there were.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self.link = RedisLink(url, patience_s)
        self._refuses = False
        self._redis = self.link.redis
        self._reads: dict[str, asyncio.Future[Stored | None]] = {}
        self._writes: dict[str, Stored | None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._poll: asyncio.Task[None] | None = None
        self._purge = self._redis.register_script(_PURGE)
        self._purged: dict[str, int] = {}
        self._latest: list[tuple[int, str]] = []
        self._forget: list[Callable[[str], object]] = []

    @property
    def connection(self) -> "Redis":
        """The connection, for whoever looks after the server."""
        return self._redis

    @property
    def failures(self) -> int:
        """How often Redis failed, for the metrics."""
        return self.link.failures

    @property
    def is_down(self) -> bool:
        """Whether Redis is gone at present."""
        return self.link.is_down

    @property
    def purges(self) -> int:
        """The number of the last purge that is known here."""
        return self._purged.get(_COUNT, 0)

    async def open(self) -> None:
        """Learn of purges, those from before too, and go on learning."""
        # First of all: an answer from before a purge looks good to whom the purge is unknown.
        # Nothing is kept yet that would have to be forgotten.
        await self._learn_purges(forget=())
        self._poll = asyncio.ensure_future(self._keep_learning())

    async def get(self, key: str) -> Stored | None:
        """Find an answer."""
        if self.link.is_down:
            return None
        if key in self._writes:
            return self._writes[key]
        future = self._reads.get(key)
        if future is None:
            future = self._reads[key] = asyncio.get_running_loop().create_future()
            if len(self._reads) == 1:
                self._run(self._read_all())
        return await asyncio.shield(future)

    def put(self, key: str, stored: Stored) -> None:
        """Keep an answer, soon."""
        self._write(key, stored)

    def drop(self, key: str) -> None:
        """Forget an answer, soon."""
        self._write(key, None)

    def is_writing(self, key: str) -> bool:
        """Tell whether something under a key will be kept or forgotten soon."""
        return key in self._writes

    def purged_since(self, number: int) -> Iterable[str]:
        """List the tags of the purges after that one, the last first; all providers where that cannot be told."""
        # A number that went back means that Redis lost its memory: what was kept before says nothing.
        if number > self.purges:
            return [provider.value for provider in Provider]
        return [tag for each, tag in takewhile(lambda known: known[0] > number, self._latest)]

    def when_purged(self, forget: Callable[[str], object]) -> None:
        """Have ``forget`` called with each tag that any process purges."""
        self._forget.append(forget)

    async def purge(self, tag: str) -> bool:
        """Tell every process to forget what a tag names; False where they could not be told."""
        everything = [provider.value for provider in Provider]
        work = self._purge(keys=[_PURGES], args=[_COUNT, _MOST_TAGS, tag, *everything])
        noted = await self.link.tried(work, _WRITE_S)
        await self._learn_purges(self._forget)
        return noted

    async def flush(self) -> None:
        """Wait until what was kept and dropped so far is in Redis, or refused."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Write what waits, and close every connection."""
        if self._poll is not None:
            self._poll.cancel()
            await asyncio.wait([self._poll])
        await self.flush()
        await self.link.close()

    def _write(self, key: str, stored: Stored | None) -> None:
        if self.link.is_down or len(self._writes) >= _MOST_WAITING:
            return
        self._writes[key] = stored
        if len(self._writes) == 1:
            self._run(self._write_all())

    def _run(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_all(self) -> None:
        # One turn later every call of the same batch has said what it wants.
        await asyncio.sleep(0)
        reads, self._reads = self._reads, {}
        found: dict[str, bytes | str | None] = {}

        async def read() -> None:
            packed = await self._redis.mget([f"{VERSION}:{key}" for key in reads])
            found.update(zip(reads, packed, strict=False))

        try:
            await self.link.tried(read(), self.link.patience_s)
        finally:
            # Whatever happened: a future that is left open would hold its request until the deadline.
            for key, future in reads.items():
                if not future.done():
                    future.set_result(_unpacked(found.get(key)))

    async def _write_all(self) -> None:
        await asyncio.sleep(0)
        writes, self._writes = self._writes, {}

        async def write() -> None:
            pipeline = self._redis.pipeline(transaction=False)
            done = done_mark()
            for key, stored in writes.items():
                # With the answer, not before it: whoever waits for the errand would find neither.
                pipeline.set(errand_key(key), done, px=DONE_MS)
                if stored is None:
                    pipeline.delete(f"{VERSION}:{key}")
                else:
                    lasts_s = min(stored.fresh_s + stored.stale_s, _LARGEST_TTL_S)
                    packed = msgspec.msgpack.encode(stored)
                    pipeline.set(f"{VERSION}:{key}", packed, px=max(1, int(lasts_s * 1000)))
            refused = [
                each for each in await pipeline.execute(raise_on_error=False) if isinstance(each, Exception)
            ]
            self._note_refusal(refused)

        await self.link.tried(write(), _WRITE_S)

    def _note_refusal(self, refused: list[Exception]) -> None:
        # Full, or read-only: what is there can still be read.
        self.link.failures += bool(refused)
        if refused and not self._refuses:
            _log.warning("shared_cache_refuses", error=type(refused[0]).__name__)
        self._refuses = bool(refused)

    async def _keep_learning(self) -> None:
        while True:
            await asyncio.sleep(_POLL_S)
            await self._learn_purges(self._forget)

    async def _learn_purges(self, forget: Iterable[Callable[[str], object]]) -> None:
        told: dict[bytes, bytes] = {}

        async def ask() -> None:
            told.update(await cast("Awaitable[dict[bytes, bytes]]", self._redis.hgetall(_PURGES)))

        if not await self.link.tried(ask(), _WRITE_S):
            return
        before, self._purged = self._purged, _numbers(told)
        self._latest = sorted(
            ((number, tag) for tag, number in self._purged.items() if tag != _COUNT), reverse=True
        )
        for number, tag in self._latest:
            for each in forget if number != before.get(tag) else ():
                each(tag)


def _numbers(told: Mapping[bytes, bytes]) -> dict[str, int]:
    # What somebody else wrote there must not end the learning for good.
    return {
        tag.decode("utf-8", "replace"): int(number)
        for tag, number in told.items()
        if _NUMBER.fullmatch(number)
    }


def _unpacked(packed: bytes | str | None) -> Stored | None:
    try:
        return _decoder.decode(packed) if isinstance(packed, bytes) else None
    except msgspec.DecodeError:
        return None
