"""How much one client may ask: requests and upstream calls a minute, each as a bucket that refills."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from server.access import Caller
from server.operations.requests import RequestRefused

MOST_CALLERS: Final = 10_000
_MINUTE_S: Final = 60.0


class _Bucket(msgspec.Struct):
    left: float
    at: float


class SharedBuckets(Protocol):
    """Buckets that all processes take from. It never raises and never waits long."""

    async def spend(self, name: str, per_minute: int, amount: float) -> float | None:
        """Take an amount; answer 0, or in how many seconds there will be that much; None where nobody knows."""
        ...


class RateLimit:
    """Allows ``per_minute`` of something to each caller, at once or spread; 0 allows any number.

    Processes that share their buckets allow it together; where those are out of reach each allows it for itself. The
    callers seen last are remembered; the one that is forgotten starts anew, which only ever is to its favour.
    """

    def __init__(
        self,
        what: str,
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        shared: SharedBuckets | None = None,
    ) -> None:
        self._what = what
        self._per_minute = per_minute
        self._clock = clock
        self._shared = shared
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def is_free(self, caller: Caller) -> bool:
        """Whether a caller may ask as much as it likes."""
        return not self._per_minute or caller.is_router

    async def take(self, caller: Caller, amount: float = 1.0) -> None:
        """Take an amount from the caller's bucket; raises RequestRefused where it does not hold that much.

        An amount above a whole bucket's is taken from a full one and paid off later: slow, not impossible.
        """
        if self.is_free(caller):
            return
        wait_s = await self._shared_wait_s(caller, amount)
        if not wait_s:
            # Taken here too where all were asked: when they are out of reach, no bucket is full once more.
            own_s = self._missing_s(caller, amount)
            wait_s = own_s if wait_s is None else 0.0
        if wait_s > 0:
            whole_s = max(1, math.ceil(wait_s))
            raise RequestRefused(
                429,
                "RATE_LIMITED",
                f"wanted at most {self._per_minute} {self._what} a minute",
                {"retry-after": str(whole_s)},
                {"retryAfterSeconds": whole_s},
            )

    async def _shared_wait_s(self, caller: Caller, amount: float) -> float | None:
        if self._shared is None:
            return None
        return await self._shared.spend(f"{self._what}:{caller.name}", self._per_minute, amount)

    def _missing_s(self, caller: Caller, amount: float) -> float:
        """Take from the bucket of this process; answer 0, or in how many seconds it will hold that much."""
        now = self._clock()
        bucket = self._buckets.pop(caller.name, None) or _Bucket(left=self._per_minute, at=now)
        self._buckets[caller.name] = bucket
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        refilled = bucket.left + (now - bucket.at) * self._per_minute / _MINUTE_S
        bucket.left, bucket.at = min(self._per_minute, refilled), now
        missing = min(amount, self._per_minute) - bucket.left
        if missing > 0:
            return missing * _MINUTE_S / self._per_minute
        bucket.left -= amount
        return 0.0
