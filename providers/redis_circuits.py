"""Circuits that all processes know of: one short exchange a few times a second, and one at every change."""

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from providers.agreement import Claim, Member, Sign
from providers.redis_link import VERSION
from providers.redis_pipeline import RedisPipeline

_KEYS: Final = (f"{VERSION}:circuits", f"{VERSION}:probes")
_EVERY_S: Final = 0.2
_KEPT_MS: Final = 86_400_000
# Longer than a call lasts: with a second probe meanwhile, an unwell provider would be called by one after the other.
_LENT_MS: Final = 15_000
_SEPARATOR: Final = "\n"

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
"""
_EXCHANGE: Final = f"""{_NOW}
local owner = ARGV[1]
for i = 3, #ARGV, 3 do
  local id, sign, age = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  if sign == 'opened' then
    local known = tonumber(redis.call('HGET', KEYS[1], id) or 0)
    redis.call('HSET', KEYS[1], id, string.format('%.0f', math.max(known, now - age)))
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  elseif sign == 'closed' then
    redis.call('HDEL', KEYS[1], id)
  end
  local held = redis.call('HGET', KEYS[2], id)
  if held and (sign == 'closed' or string.match(held, ' (.*)') == owner) then
    redis.call('HDEL', KEYS[2], id)
  end
end
local told = redis.call('HGETALL', KEYS[1])
for i = 2, #told, 2 do told[i] = math.max(0, now - tonumber(told[i])) end
return told
"""
# A probe is lent, not given: a process that dies with it must not keep the circuit open for ever.
_CLAIM: Final = f"""{_NOW}
local id, owner, open = ARGV[1], ARGV[2], tonumber(ARGV[3])
local opened = redis.call('HGET', KEYS[1], id)
if not opened then return 'closed' end
if opened + open > now then return 'denied' end
local held = redis.call('HGET', KEYS[2], id)
if held and tonumber(string.match(held, '%d+')) > now and string.match(held, ' (.*)') ~= owner then
  return 'denied'
end
redis.call('HSET', KEYS[2], id, string.format('%.0f', now + ARGV[4]) .. ' ' .. owner)
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 'granted'
"""


class _Told(msgspec.Struct, frozen=True):
    sign: Sign
    age_s: float = 0.0


class RedisCircuits:
    """Tells what changes here, and its members what changed elsewhere."""

    def __init__(self, pipeline: RedisPipeline) -> None:
        self._pipeline = pipeline
        self._owner = secrets.token_hex(8)
        self._members: dict[str, Member] = {}
        self._news: dict[tuple[str, str], _Told] = {}
        self._has_news = asyncio.Event()
        self._was_gone = False
        self._loop: asyncio.Task[None] | None = None

    def join(self, name: str, member: Member) -> None:
        """Have the member told what others tell under the name."""
        self._members[name] = member

    def tell(self, name: str, route: str, sign: Sign) -> None:
        """Tell all others, soon."""
        self._news[name, route] = _Told(sign)
        self._has_news.set()

    async def claim(self, name: str, route: str, open_s: float) -> Claim | None:
        """Ask to be the one that probes."""
        told = await self._pipeline.script(
            _CLAIM, _KEYS, f"{name}{_SEPARATOR}{route}", self._owner, int(open_s * 1000), _LENT_MS, _KEPT_MS
        )
        return Claim(told.decode()) if isinstance(told, bytes) else None

    async def open(self) -> None:
        """Begin to tell and to listen."""
        self._loop = asyncio.ensure_future(self._keep_exchanging())

    async def close(self) -> None:
        """Tell and listen no more."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop

    async def _keep_exchanging(self) -> None:
        while True:
            await self.exchange()
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._has_news.wait()

    async def exchange(self) -> None:
        """Tell what is new, and learn what all know."""
        self._has_news.clear()
        if self._was_gone:
            # Redis may have lost its memory: without this, a provider that is down would be called by all once more.
            self._repeat()
        news, self._news = self._news, {}
        told = await self._pipeline.script(_EXCHANGE, _KEYS, self._owner, _KEPT_MS, *_arguments(news))
        self._was_gone = told is None
        if isinstance(told, list):
            self._learn(told)
        else:
            # What opened is told by its age once Redis is back.
            kept = {key: each for key, each in news.items() if each.sign is not Sign.OPENED}
            self._news = kept | self._news

    def _repeat(self) -> None:
        for name, member in self._members.items():
            for route, age_s in member.ages_s().items():
                self._news.setdefault((name, route), _Told(Sign.OPENED, age_s))

    def _learn(self, told: Sequence[bytes | int]) -> None:
        ages_s: dict[str, dict[str, float]] = {name: {} for name in self._members}
        for key, age_ms in zip(told[::2], told[1::2], strict=True):
            name, _, route = _decoded(key).partition(_SEPARATOR)
            if name in ages_s:
                ages_s[name][route] = int(age_ms) / 1000
        for name, member in self._members.items():
            # What changed here since Redis was asked is newer than its answer.
            newer = {route for told_name, route in self._news if told_name == name}
            own = {route: age_s for route, age_s in member.ages_s().items() if route in newer}
            others = {route: age_s for route, age_s in ages_s[name].items() if route not in newer}
            member.learn(others | own)


def _decoded(key: bytes | int) -> str:
    # What somebody else wrote there must not end the exchange for good.
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else ""


def _arguments(news: Mapping[tuple[str, str], _Told]) -> Iterator[str | int]:
    for (name, route), told in news.items():
        yield from (f"{name}{_SEPARATOR}{route}", told.sign.value, int(told.age_s * 1000))
