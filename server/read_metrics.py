"""Counts of what is read of providers."""

from collections.abc import Collection, Iterable
from functools import partial
from http import HTTPStatus
from operator import attrgetter
from typing import Final

from prometheus_client import CollectorRegistry, Counter

from providers.call_record import CallRecord
from providers.records import Provider
from server.tallies import Durations, Tally

_MADE: Final = frozenset({"MISS", "RENEWAL"})
_Alike = tuple[Provider, str, str, int | None]
_ALIKE: Final = attrgetter("provider", "route", "verdict", "status")
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

    def count(self, records: Collection[CallRecord]) -> None:
        """Count reads that have ended."""
        for record in records:
            if record.verdict in _MADE:
                self._took_by(record.provider).note(record.ms / 1000)
        self._calls.noted.update(map(_ALIKE, records))

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


def _counter_of(calls: Counter, alike: _Alike) -> Counter:
    provider, route, verdict, status = alike
    return calls.labels(provider.value, route, verdict, status_label(status))


def status_label(status: int | None) -> str:
    """Return a registered status as it is; a provider could make labels without end of all others."""
    if status is None:
        return "none"
    return str(status) if status in _REGISTERED else "other"
