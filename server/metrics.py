"""Numbers for Prometheus: the same sum whichever of several workers is asked."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import cache, partial
from http import HTTPStatus
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from providers.records import Provider
from server.observation import Observation

NAMESPACE: Final = "mediagraph"
_REQUEST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LAG_S: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_LAG_EVERY_S: Final = 0.5
_REGISTERED: Final = frozenset(HTTPStatus)


class Metrics:
    """Counts of one process; ``folder`` is where several workers keep theirs for each other.

    Labels hold nothing that a client or provider could choose: routes, codes and verdicts are ours.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self.registry = CollectorRegistry()
        self._takers: list[Callable[[], object]] = []
        counter = partial(Counter, namespace=NAMESPACE, registry=self.registry)
        gauge = partial(Gauge, namespace=NAMESPACE, registry=self.registry)
        histogram = partial(Histogram, namespace=NAMESPACE, registry=self.registry)
        self.requests = counter("requests", "GraphQL requests by HTTP status", ["status"])
        self.request_seconds = histogram(
            "request_seconds", "Time to answer a GraphQL request", buckets=_REQUEST_S
        )
        self.in_flight = gauge(
            "requests_in_flight", "HTTP requests being answered", multiprocess_mode="livesum"
        )
        self.errors = counter("errors", "Errors in answers by code", ["code"])
        self.provider_calls = counter(
            "provider_calls",
            "Reads of a provider's route by verdict (MISS, RENEWAL: a call was made) and HTTP status",
            ["provider", "route", "verdict", "status"],
        )
        self.provider_seconds = histogram(
            "provider_call_seconds",
            "Time until a made call's answer stood, retries and waiting included",
            ["provider"],
            buckets=_REQUEST_S,
        )
        self.saved = counter("calls_saved", "Calls that were not made, by what saved them", ["by"])
        self.responses = counter(
            "responses",
            "Answers that may be given again, by verdict (HIT: kept, JOINED: of a request in flight, MISS: made)",
            ["verdict"],
        )
        self.loop_lag = histogram(
            "loop_lag_seconds", "How late the event loop runs what is due", buckets=_LAG_S
        )
        # Finding a labelled counter costs several times what counting does; its labels are ours, so they are few.
        self._requests = cache(lambda status: self.requests.labels(str(status)))
        self._responses = cache(self.responses.labels)
        self._saved = cache(self.saved.labels)
        self._provider_calls = cache(self.provider_calls.labels)
        self._took = cache(lambda provider: self.provider_seconds.labels(provider.value).observe)

    def count(self, noted: Observation, status: int, seconds: float) -> None:
        """Count one GraphQL request."""
        self._requests(status).inc()
        self.request_seconds.observe(seconds)
        if noted.response:
            self._responses(noted.response).inc()
        for code in noted.codes:
            self.errors.labels(code).inc()
        for by, calls in noted.saved.items():
            # Found in any case: what is nought is told too.
            counter = self._saved(by)
            if calls:
                counter.inc(calls)
        if noted.calls:
            self._count_calls(noted)

    def _count_calls(self, noted: Observation) -> None:
        counted: dict[tuple[Provider, str, str, int | None], int] = {}
        for record in noted.calls:
            alike = record.provider, record.route, record.verdict, record.status
            counted[alike] = counted.get(alike, 0) + 1
            if record.verdict == "MISS":
                self._took(record.provider)(record.ms / 1000)
        for (provider, route, verdict, status), times in counted.items():
            self._provider_calls(provider.value, route, verdict, status_label(status)).inc(times)

    def written(self) -> bytes:
        """Write all numbers in Prometheus' text format, those of every worker where there are several."""
        self._take()
        if self._folder is None:
            return generate_latest(self.registry)
        forget_dead(self._folder)
        everyone = CollectorRegistry()
        everyone.register(EveryWorker(self._folder))
        return generate_latest(everyone)

    @asynccontextmanager
    async def watching_loop(self) -> AsyncIterator[None]:
        """Measure the event loop's lag while the block runs."""
        watching = asyncio.create_task(self._watch_loop())
        try:
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    def watch(self, take: Callable[[], object]) -> None:
        """Have numbers of the present taken before they are written, and again and again meanwhile."""
        self._takers.append(take)

    def _take(self) -> None:
        for take in self._takers:
            take()

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._take()
            due = loop.time() + _LAG_EVERY_S
            await asyncio.sleep(_LAG_EVERY_S)
            self.loop_lag.observe(max(0.0, loop.time() - due))


def status_label(status: int | None) -> str:
    """Return a registered status as it is; a provider could make labels without end of all others."""
    if status is None:
        return "none"
    return str(status) if status in _REGISTERED else "other"


class EveryWorker(Collector):
    """Sums up what every worker keeps in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Read all files that hold something: one that a worker has just made is empty for a moment."""
        found: Iterable[Metric] = MultiProcessCollector.merge(list(self._begun()), accumulate=True)
        return found

    def _begun(self) -> Iterator[str]:
        for file in self._folder.glob("*.db"):
            # Another worker may forget a dead one meanwhile.
            with suppress(FileNotFoundError):
                if file.stat().st_size:
                    yield str(file)


def forget_dead(folder: Path) -> None:
    """Remove what ended workers say of the present; what they counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            file.unlink(missing_ok=True)
