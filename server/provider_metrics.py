"""Numbers of the providers at present, and of the calls that no request waits for."""

from functools import partial
from typing import Final

from prometheus_client import Counter, Gauge

from providers.breaker import CircuitState
from providers.registry import Providers
from server.metrics import NAMESPACE, Metrics

_STATES: Final = {CircuitState.CLOSED: 0, CircuitState.HALF_OPEN: 1, CircuitState.OPEN: 2}


class ProviderMetrics:
    """Gauges are taken twice a second, for a worker cannot be asked when another one's page is read."""

    def __init__(self, metrics: Metrics, providers: Providers) -> None:
        gauge = partial(Gauge, namespace=NAMESPACE, registry=metrics.registry)
        everybody = partial(gauge, multiprocess_mode="livesum")
        self._metrics = metrics
        self._providers = providers
        self._failures = 0
        self.workers = everybody("workers", "Worker processes that serve")
        self.circuits = gauge(
            "circuit_state",
            "Circuit of a provider's route: 0 closed, 1 half open, 2 open; of several workers the worst",
            ["provider", "route"],
            multiprocess_mode="livemax",
        )
        self.in_flight = everybody(
            "provider_calls_in_flight", "Calls of a provider that are in flight", ["provider"]
        )
        self.kept_bytes = everybody(
            "kept_bytes", "Memory that kept answers of a provider take, about", ["provider"]
        )
        self.sharing_down = everybody("sharing_down", "Workers that cannot reach what they share with others")
        self.sharing_failures = Counter(
            "sharing_failures",
            "Failures of what workers share",
            namespace=NAMESPACE,
            registry=metrics.registry,
        )

    def begin(self) -> None:
        """Take the numbers from now on."""
        self._metrics.watch(self.take)
        for client in self._providers.clients.values():
            client.renewals.when_made(self._metrics.count_reads)

    def take(self) -> None:
        """Write down what is so now."""
        self.workers.set(1)
        for provider, client in self._providers.clients.items():
            self.in_flight.labels(provider.value).set(client.in_flight)
            self.kept_bytes.labels(provider.value).set(client.kept_bytes)
            for route, state in client.circuits.items():
                self.circuits.labels(provider.value, route).set(_STATES[state])
        herald = self._providers.herald
        if herald is not None:
            self.sharing_down.set(herald.is_down)
            self.sharing_failures.inc(herald.failures - self._failures)
            self._failures = herald.failures
