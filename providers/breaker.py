"""Circuits: a route that fails again and again is left alone for a while, then probed with one call."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum

from providers.clock import Clock
from providers.errors import (
    NotAsked,
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from providers.records import Provider

_FAILURES = (UpstreamTimeout, UpstreamUnavailable, UpstreamBadResponse)
_NO_SIGN = (NotAsked, UpstreamRateLimited)


class CircuitState(Enum):
    """Whether calls pass: all, none, or one that probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Circuit:
    """The circuit of one route; ``failures`` counts those in a row."""

    def __init__(self, threshold: int, open_s: float, clock: Clock) -> None:
        self._threshold = threshold
        self._open_s = open_s
        self._clock = clock
        self._opened_at: float | None = None
        self._probing = False
        self.failures = 0

    @property
    def state(self) -> CircuitState:
        """The state now."""
        if self._opened_at is None:
            return CircuitState.CLOSED
        waited = self._clock.monotonic() - self._opened_at >= self._open_s
        return CircuitState.HALF_OPEN if waited else CircuitState.OPEN

    def admit(self) -> bool:
        """Ask whether a call may pass; in a half-open circuit the first that asks is the probe."""
        state = self.state
        # One probe at a time: an unwell provider is not to meet all that has piled up behind the open circuit.
        if state is CircuitState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return state is CircuitState.CLOSED

    def succeed(self) -> None:
        """Take note of a usable answer."""
        self.failures = 0
        self._opened_at = None
        self._probing = False

    def fail(self) -> None:
        """Take note of a failure; a failed probe opens the circuit for as long again."""
        self.failures += 1
        if self._probing or (self._opened_at is None and self.failures >= self._threshold):
            self._opened_at = self._clock.monotonic()
        self._probing = False

    def ignore(self) -> None:
        """Take note that the call told nothing: it was cancelled, or never sent."""
        self._probing = False


class Circuits:
    """One circuit for each route of a provider."""

    def __init__(self, provider: Provider, threshold: int, open_s: float, clock: Clock) -> None:
        self._provider = provider
        self._threshold = threshold
        self._open_s = open_s
        self._clock = clock
        self._by_route: dict[str, Circuit] = {}

    @property
    def states(self) -> Mapping[str, CircuitState]:
        """The state of each route that has been asked."""
        return {route: circuit.state for route, circuit in self._by_route.items()}

    @contextmanager
    def guard(self, route: str) -> Iterator[None]:
        """Let a call pass and judge it by what it raises; raises UpstreamUnavailable where the circuit is open."""
        circuit = self._circuit(route)
        if self._threshold and not circuit.admit():
            raise UpstreamUnavailable(self._provider, "was not asked: it failed again and again just now")
        try:
            yield
        except _NO_SIGN:
            circuit.ignore()
            raise
        except _FAILURES:
            if self._threshold:
                circuit.fail()
            raise
        # A refusal, such as a 403, is an answer: the provider is well enough to give it.
        except ProviderError:
            circuit.succeed()
            raise
        except BaseException:
            circuit.ignore()
            raise
        circuit.succeed()

    def _circuit(self, route: str) -> Circuit:
        circuit = self._by_route.get(route)
        if circuit is None:
            circuit = self._by_route[route] = Circuit(self._threshold, self._open_s, self._clock)
        return circuit
