"""Numbers for Prometheus: the same sum whichever of several workers is asked."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from providers.call_record import CallRecord
from server.observation import Observation
from server.read_metrics import ReadMetrics, counted
from server.tallies import Durations, Tally

NAMESPACE: Final = "mediagraph"
_REQUEST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LAG_S: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_LAG_EVERY_S: Final = 0.5


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
        self.request_seconds = Durations(
            "request_seconds",
            "Time to answer a GraphQL request",
            namespace=NAMESPACE,
            registry=self.registry,
            buckets=_REQUEST_S,
        )
        self.in_flight = gauge(
            "requests_in_flight", "HTTP requests being answered", multiprocess_mode="livesum"
        )
        self.errors = counter("errors", "Errors in answers by code", ["code"])
        self.saved = counter("calls_saved", "Calls that were not made, by what saved them", ["by"])
        self.responses = counter(
            "responses",
            "Answers that may be given again, by verdict (HIT: kept, JOINED: of a request in flight, MISS: made)",
            ["verdict"],
        )
        self.loop_lag = histogram(
            "loop_lag_seconds", "How late the event loop runs what is due", buckets=_LAG_S
        )
        self._reads = ReadMetrics(NAMESPACE, self.registry, _REQUEST_S)
        self._requests = Tally[int](lambda status: self.requests.labels(str(status)))
        self._responses = Tally[str](self.responses.labels)
        self._saved = Tally[str](self.saved.labels)

    def count(self, noted: Observation, status: int, seconds: float) -> None:
        """Count one GraphQL request."""
        self._requests.noted[status] += 1
        self.request_seconds.note(seconds)
        if noted.response:
            self._responses.noted[noted.response] += 1
        for code in noted.codes:
            self.errors.labels(code).inc()
        for by, calls in noted.saved.items():
            self._saved.noted[by] += calls
        if noted.calls:
            self._reads.count(noted.calls, noted.reads)
        self._publish()

    def count_reads(self, records: Collection[CallRecord]) -> None:
        """Count reads of providers that no request waited for."""
        self._reads.count(records, counted(records))
        self._publish()

    def _publish(self) -> None:
        # Another process may be asked for the page at any time.
        if self._folder is not None:
            self._hand_on()

    def _hand_on(self) -> None:
        for tally in (self._requests, self._responses, self._saved):
            tally.hand_on()
        self.request_seconds.hand_on()
        self._reads.hand_on()

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
        self._hand_on()
        for take in self._takers:
            take()

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._take()
            due = loop.time() + _LAG_EVERY_S
            await asyncio.sleep(_LAG_EVERY_S)
            self.loop_lag.observe(max(0.0, loop.time() - due))


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
