"""Rates that all processes keep together, by the clock of Redis."""

import hashlib
from typing import Final

from providers.agreement import Pace, Reserved
from providers.redis_link import VERSION
from providers.redis_pipeline import RedisPipeline

# Both keep the time from which on the rate is unused (the generic cell rate algorithm), in milliseconds.
_BEGIN: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local at = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local function keep()
  redis.call('SET', KEYS[1], string.format('%.6f', at), 'PX', math.ceil(at - now) + 1)
end
"""
_SPEND: Final = f"""{_BEGIN}
local most, amount = tonumber(ARGV[1]), tonumber(ARGV[2])
local each = 60000 / most
local wait = at - now + math.min(amount, most) * each - 60000
if wait > 0.01 then return math.ceil(wait) end
at = at + amount * each
keep()
return 0
"""
_RESERVE: Final = f"""{_BEGIN}
local spacing, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted, ahead = tonumber(ARGV[4]), tonumber(ARGV[5])
-- A microsecond early: what is due now must not fail for its rounding.
local pause = at - now - burst - 0.001
local function passes(limit) return math.floor((limit - pause) / spacing) + 1 end
local granted = math.max(0, math.min(wanted, passes(longest)))
ahead = math.max(0, math.min(ahead, passes(0) - wanted))
if granted + ahead > 0 then
  at = at + (granted + ahead) * spacing
  keep()
end
return {{string.format('%.3f', pause), ahead}}
"""


class RedisRates:
    """Spends and reserves in one round trip each; answers None wherever Redis does not answer."""

    def __init__(self, pipeline: RedisPipeline) -> None:
        self._pipeline = pipeline

    async def spend(self, name: str, per_minute: int, amount: float) -> float | None:
        """Take an amount from the bucket of that name; answer 0, or in how many seconds it will hold that much.

        An amount above a whole bucket's is taken from a full one and paid off later.
        """
        wait_ms = await self._pipeline.script(_SPEND, (_key("bucket", name),), per_minute, amount)
        return wait_ms / 1000 if isinstance(wait_ms, int) else None

    async def reserve(self, name: str, pace: Pace, wanted: int, ahead: int) -> Reserved | None:
        """Reserve passes of a provider; those ahead only where they are free at once."""
        times_ms = [f"{each_s * 1000:.6f}" for each_s in (pace.spacing_s, pace.burst_s, pace.wait_s)]
        told = await self._pipeline.script(_RESERVE, (_key("rate", name),), *times_ms, wanted, ahead)
        if not isinstance(told, list):
            return None
        pause_ms, spare = told
        return Reserved(pause_s=float(pause_ms) / 1000, ahead=spare)


def _key(kind: str, name: str) -> str:
    # Names may be addresses of people, which are nobody's business in Redis.
    return f"{VERSION}:{kind}:{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"
