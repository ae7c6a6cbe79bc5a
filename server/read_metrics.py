"""Counts of what is read of providers."""

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from providers.call_record import CallRecord
from providers.records import Provider

_MADE: Final = frozenset({"MISS", "RENEWAL"})
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
        seconds = Histogram(
            "provider_call_seconds",
            "Time until a made call's answer stood, retries and waiting included",
            ["provider"],
            namespace=namespace,
            registry=registry,
            buckets=[*buckets],
        )
        # Finding a labelled counter costs several times what counting does; its labels are ours, so they are few.
        self._calls = cache(calls.labels)
        self._took = cache(lambda provider: seconds.labels(provider.value).observe)

    def count(self, records: Iterable[CallRecord]) -> None:
        """Count reads that have ended."""
        counted: dict[tuple[Provider, str, str, int | None], int] = {}
        for record in records:
            alike = record.provider, record.route, record.verdict, record.status
            counted[alike] = counted.get(alike, 0) + 1
            if record.verdict in _MADE:
                self._took(record.provider)(record.ms / 1000)
        for (provider, route, verdict, status), times in counted.items():
            self._calls(provider.value, route, verdict, status_label(status)).inc(times)


def status_label(status: int | None) -> str:
    """Return a registered status as it is; a provider could make labels without end of all others."""
    if status is None:
        return "none"
    return str(status) if status in _REGISTERED else "other"
