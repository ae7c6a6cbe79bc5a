"""Counts that are taken often and read seldom: noted as plain numbers, and handed on to Prometheus' own in one go."""

from bisect import bisect_left
from collections import Counter as Numbers
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from prometheus_client import Counter, Histogram

K = TypeVar("K", bound=Hashable)


class Tally(Generic[K]):
    """How often what happened since it was handed on last; ``counter_of`` finds the counter of each key."""

    def __init__(self, counter_of: Callable[[K], Counter]) -> None:
        self.noted: Numbers[K] = Numbers()
        self._counter_of = counter_of
        # Finding a labelled counter costs several times what counting does; its labels are ours, so they are few.
        self._counters: dict[K, Counter] = {}

    def hand_on(self) -> None:
        """Add what was noted to the counters; one that was noted as nought is told too."""
        for key, times in self.noted.items():
            counter = self._counters.get(key)
            if counter is None:
                counter = self._counters[key] = self._counter_of(key)
            counter.inc(times)
        self.noted.clear()


class Durations(Histogram):
    """A histogram that counts in plain numbers what is noted, until it is handed on."""

    def _metric_init(self) -> None:
        super()._metric_init()
        self._noted = [0] * len(self._upper_bounds)
        self._noted_s = 0.0

    def note(self, seconds: float) -> None:
        """Take note of a duration."""
        self._noted[bisect_left(self._upper_bounds, seconds)] += 1
        self._noted_s += seconds

    def hand_on(self) -> None:
        """Observe all that was noted."""
        if not any(self._noted):
            return
        for place, times in enumerate(self._noted):
            if times:
                self._buckets[place].inc(times)
                self._noted[place] = 0
        self._sum.inc(self._noted_s)
        self._noted_s = 0.0
