"""How much one client may ask: requests and upstream calls a minute, each as a bucket that refills."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from server.access import Caller
from server.operations.requests import RequestRefused

MOST_CALLERS: Final = 10_000
_MINUTE_S: Final = 60.0


class _Bucket(msgspec.Struct):
    left: float
    at: float


class RateLimit:
    """Allows ``per_minute`` of something to each caller, at once or spread; 0 allows any number.

    The callers seen last are remembered; the one that is forgotten starts anew, which only ever is to its favour.
    """

    def __init__(self, what: str, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._what = what
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def take(self, caller: Caller, amount: float = 1.0) -> None:
        """Take an amount from the caller's bucket; raises RequestRefused where it does not hold that much.

        An amount above a whole bucket's is taken from a full one and paid off later: slow, not impossible.
        """
        if not self._per_minute or caller.is_router:
            return
        now = self._clock()
        bucket = self._buckets.pop(caller.name, None) or _Bucket(left=self._per_minute, at=now)
        self._buckets[caller.name] = bucket
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        refilled = bucket.left + (now - bucket.at) * self._per_minute / _MINUTE_S
        bucket.left, bucket.at = min(self._per_minute, refilled), now
        missing = min(amount, self._per_minute) - bucket.left
        if missing > 0:
            wait_s = max(1, math.ceil(missing * _MINUTE_S / self._per_minute))
            raise RequestRefused(
                429,
                "RATE_LIMITED",
                f"wanted at most {self._per_minute} {self._what} a minute",
                {"retry-after": str(wait_s)},
                {"retryAfterSeconds": wait_s},
            )
        bucket.left -= amount
