"""Counts of what is read of providers."""

from collections.abc import Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from providers.call_record import CallRecord
from providers.records import Provider
from server.tallies import Durations, Tally

_MADE: Final = frozenset({"MISS", "RENEWAL"})
Alike = tuple[Provider, str, str, int | None]
"""Provider, route, verdict and status of reads."""
_REGISTERED: Final = frozenset(HTTPStatus)


class ReadMetrics:
    """How many reads there were, and how long those took for which a call was made."""

    def __init__(self, namespace: str, registry: CollectorRegistry, buckets: Iterable[float]) -> None:
        calls = Counter(
            "provider_calls",
            "Reads of a provider's route by verdict (MISS, RENEWAL: a call was made) and HTTP status",
            ["provider", "route", "verdict", "status"],
            namespace=namespace,
            registry=registry,
        )
        seconds = Durations(
            "provider_call_seconds",
            "Time until a made call's answer stood, retries and waiting included",
            ["provider"],
            namespace=namespace,
            registry=registry,
            buckets=[*buckets],
        )
        self._calls = Tally(partial(_counter_of, calls))
        self._seconds = seconds
        self._took: dict[Provider, Durations] = {}

    def count(self, records: Iterable[CallRecord], reads: Mapping[Alike, int]) -> None:
        """Count reads that have ended, and that were counted by what is alike of them."""
        if not _MADE.isdisjoint([verdict for _, _, verdict, _ in reads]):
            for record in records:
                if record.verdict in _MADE:
                    self._took_by(record.provider).note(record.ms / 1000)
        noted = self._calls.noted
        for alike, times in reads.items():
            noted[alike] += times

    def hand_on(self) -> None:
        """Let Prometheus know of all that was counted."""
        self._calls.hand_on()
        for took in self._took.values():
            took.hand_on()

    def _took_by(self, provider: Provider) -> Durations:
        took = self._took.get(provider)
        if took is None:
            took = self._took[provider] = self._seconds.labels(provider.value)
        return took


def counted(records: Iterable[CallRecord]) -> Mapping[Alike, int]:
    """Count the reads that are one to Prometheus."""
    # In a third less time than a Counter takes for the few dozens that a request has.
    times: dict[Alike, int] = {}
    for each in records:
        alike = (each.provider, each.route, each.verdict, each.status)
        times[alike] = times.get(alike, 0) + 1
    return times


def _counter_of(calls: Counter, alike: Alike) -> Counter:
    provider, route, verdict, status = alike
    return calls.labels(provider.value, route, verdict, status_label(status))


def status_label(status: int | None) -> str:
    """Return a registered status as it is; a provider could make labels without end of all others."""
    if status is None:
        return "none"
    return str(status) if status in _REGISTERED else "other"
