"""One timer for all that is waited for: most of it ends long before its time, and never needs a timer of its own."""

import asyncio
import math
from typing import Protocol


class Expiring(Protocol):
    """What is waited for."""

    def expire(self) -> None:
        """End the waiting: the time is over."""
        ...


class Deadlines:
    """Watches over what is waited for in the running event loop; times are that loop's."""

    def __init__(self) -> None:
        self._due: dict[Expiring, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf

    def watch(self, waited_for: Expiring, until: float) -> None:
        """Expire it at that time, unless it is forgotten before."""
        self._due[waited_for] = until
        if until < self._rings_at:
            self._set(until)

    def forget(self, waited_for: Expiring) -> None:
        """Watch over it no more."""
        # The timer stays as it is: setting it anew for each call is the cost that this class is there to save.
        self._due.pop(waited_for, None)

    def close(self) -> None:
        """Watch over nothing any more."""
        self._due.clear()
        self._set(math.inf)

    def _set(self, at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = at
        self._timer = None if at == math.inf else asyncio.get_running_loop().call_at(at, self._ring)

    def _ring(self) -> None:
        now = asyncio.get_running_loop().time()
        late = [waited_for for waited_for, until in self._due.items() if until <= now]
        try:
            for waited_for in late:
                # What expired before it may have forgotten it, or put it off.
                if self._due.get(waited_for, math.inf) <= now:
                    del self._due[waited_for]
                    waited_for.expire()
        finally:
            # Also where one of them has failed: the others are late still, and are told in the next turn.
            self._set(min(self._due.values(), default=math.inf))
