"""Circuits: a route that fails again and again is left alone for a while, then probed with one call."""

import asyncio
from collections.abc import Callable, Mapping
from enum import Enum
from types import TracebackType
from typing import Final

import structlog

from providers.agreement import Agreement, Claim, Sign
from providers.clock import Clock
from providers.errors import (
    CircuitOpen,
    NotAsked,
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from providers.records import Provider

_FAILURES = (UpstreamTimeout, UpstreamUnavailable, UpstreamBadResponse)
_NO_SIGN = (NotAsked, CircuitOpen, UpstreamRateLimited)
_ASKED_AGAIN_S: Final = 0.2

_log = structlog.get_logger()


class CircuitState(Enum):
    """Whether calls pass: all, none, or one that probes."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Circuit:
    """The circuit of one route; ``failures`` counts those in a row. What changes for all is told to ``tell``.

    While it is not closed only its probe is judged: other calls were sent before it opened.
    """

    def __init__(self, threshold: int, open_s: float, clock: Clock, tell: Callable[[Sign], None]) -> None:
        self._threshold = threshold
        self._open_s = open_s
        self._clock = clock
        self._tell = tell
        self._opened_at: float | None = None
        self._probing = False
        self._denied_until = 0.0
        self.failures = 0

    @property
    def state(self) -> CircuitState:
        """The state now."""
        age_s = self.age_s
        if age_s is None:
            return CircuitState.CLOSED
        return CircuitState.HALF_OPEN if age_s >= self._open_s else CircuitState.OPEN

    @property
    def age_s(self) -> float | None:
        """For how long it has not been closed; None where it is."""
        return None if self._opened_at is None else self._clock.monotonic() - self._opened_at

    def begin_probe(self) -> bool:
        """Ask to be the probe; True for the first that asks in a half-open circuit."""
        # One probe at a time: an unwell provider is not to meet all that has piled up behind the open circuit.
        if self._probing or self.state is not CircuitState.HALF_OPEN:
            return False
        self._probing = self._clock.monotonic() >= self._denied_until
        return self._probing

    def deny_probe(self) -> None:
        """Take note that another process probes."""
        self._probing = False
        self._denied_until = self._clock.monotonic() + _ASKED_AGAIN_S

    def learn(self, age_s: float | None) -> None:
        """Take over for how long it has been open in another process, or that it is closed there."""
        if age_s is None and self._opened_at is not None:
            self._close()
        elif age_s is not None and not self._probing:
            self._opened_at = self._clock.monotonic() - age_s

    def succeed(self, *, is_probe: bool) -> None:
        """Take note of a usable answer."""
        if self._opened_at is None:
            self.failures = 0
        elif is_probe:
            self._close()
            self._tell(Sign.CLOSED)

    def fail(self, *, is_probe: bool, after: int = 0) -> None:
        """Take note of a failure, ``after`` so many; a failed probe opens the circuit for as long again."""
        self.failures = max(self.failures, after) + 1
        if is_probe if self._opened_at is not None else self.failures >= self._threshold:
            self._opened_at = self._clock.monotonic()
            self._probing = False
            self._tell(Sign.OPENED)

    def ignore(self, *, is_probe: bool) -> None:
        """Take note that the call told nothing: it was cancelled, or never sent."""
        if is_probe:
            self._probing = False
            self._tell(Sign.RELEASED)

    def _close(self) -> None:
        self.failures = 0
        self._opened_at = None
        self._probing = False


class Guard:
    """Lets one call pass, or raises CircuitOpen, and judges it by what it raises.

    ``async with`` tells whether it is the probe.
    """

    __slots__ = ("_circuits", "_is_admitted", "_is_probe", "_route")

    def __init__(self, circuits: "Circuits", route: str, *, is_admitted: bool) -> None:
        self._circuits = circuits
        self._route = route
        self._is_admitted = is_admitted
        self._is_probe = False

    async def __aenter__(self) -> bool:
        if not self._is_admitted:
            self._is_probe = await self._circuits.admit(self._route)
        return self._is_probe

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._circuits.judge(self._route, error, is_probe=self._is_probe)


class Circuits:
    """One circuit for each route of a provider; shared by all processes that have the agreement."""

    def __init__(
        self,
        provider: Provider,
        threshold: int,
        open_s: float,
        clock: Clock,
        agreement: Agreement | None = None,
    ) -> None:
        self._provider = provider
        self._threshold = threshold
        self._open_s = open_s
        self._clock = clock
        self._agreement = agreement if threshold else None
        self._by_route: dict[str, Circuit] = {}
        self._listeners: list[Callable[[], object]] = []
        if self._agreement is not None:
            self._agreement.board.join(self._agreement.name, self)

    @property
    def states(self) -> Mapping[str, CircuitState]:
        """The state of each route that has been asked."""
        return {route: circuit.state for route, circuit in self._by_route.items()}

    def is_closed(self, route: str) -> bool:
        """Tell whether calls pass without more ado."""
        return not self._threshold or self._circuit(route).age_s is None

    def when_opened(self, listener: Callable[[], object]) -> None:
        """Have ``listener`` called a moment after any circuit has opened."""
        self._listeners.append(listener)

    def refusal(self, route: str, *, is_probe: bool = False) -> CircuitOpen | None:
        """Give what forbids that a call is sent now: its circuit is not closed, and it is not the one that probes."""
        if is_probe or self.is_closed(route):
            return None
        return CircuitOpen(self._provider, "was not asked: it failed again and again just now")

    def guard(self, route: str, *, is_admitted: bool = False) -> Guard:
        """Guard a call: ``async with`` raises CircuitOpen where the circuit is open, unless it was admitted."""
        return Guard(self, route, is_admitted=is_admitted)

    async def admit(self, route: str) -> bool:
        """Let a call pass, as the probe where True; raises CircuitOpen where the circuit is open."""
        refusal = self.refusal(route)
        if refusal is None:
            return False
        circuit = self._circuit(route)
        claim = await self._claim(circuit, route) if circuit.begin_probe() else Claim.DENIED
        if claim is Claim.DENIED:
            raise refusal
        return claim is Claim.GRANTED

    def answered(self, route: str) -> int:
        """Take note of a usable status, in its time; tells how many failures went before, in case it is of no use."""
        circuit = self._circuit(route)
        failures = circuit.failures
        circuit.succeed(is_probe=False)
        return failures

    def judge(self, route: str, error: BaseException | None, *, is_probe: bool, after: int = 0) -> None:
        """Take note of how a call that passed ended; ``after`` so many failures, where its status was told already."""
        circuit = self._circuit(route)
        if error is None:
            circuit.succeed(is_probe=is_probe)
        elif isinstance(error, _FAILURES) and not isinstance(error, _NO_SIGN):
            if self._threshold:
                circuit.fail(is_probe=is_probe, after=after)
        # A refusal, such as a 403, is an answer: the provider is well enough to give it.
        elif isinstance(error, ProviderError) and not isinstance(error, _NO_SIGN):
            circuit.succeed(is_probe=is_probe)
        else:
            circuit.ignore(is_probe=is_probe)

    def learn(self, ages_s: Mapping[str, float]) -> None:
        """Take over which circuits are open in other processes, and for how long; all others are closed."""
        for route in {**self._by_route, **ages_s}:
            circuit = self._circuit(route)
            was_closed = circuit.age_s is None
            circuit.learn(ages_s.get(route))
            if was_closed is not (circuit.age_s is None):
                sign = Sign.OPENED if was_closed else Sign.CLOSED
                self._log(route, sign, by="others")
                self._spread(sign)

    def ages_s(self) -> Mapping[str, float]:
        """Tell which circuits are open here, and for how long."""
        ages_s = {route: circuit.age_s for route, circuit in self._by_route.items()}
        return {route: age_s for route, age_s in ages_s.items() if age_s is not None}

    async def _claim(self, circuit: Circuit, route: str) -> Claim:
        if self._agreement is None:
            return Claim.GRANTED
        try:
            claim = await self._agreement.board.claim(self._agreement.name, route, self._open_s)
        except BaseException:
            circuit.ignore(is_probe=True)
            raise
        if claim is Claim.DENIED:
            circuit.deny_probe()
        elif claim is Claim.CLOSED:
            circuit.learn(None)
        # With nobody to ask, each process probes for itself.
        return claim or Claim.GRANTED

    def _circuit(self, route: str) -> Circuit:
        circuit = self._by_route.get(route)
        if circuit is None:
            circuit = self._by_route[route] = Circuit(
                self._threshold, self._open_s, self._clock, lambda sign: self._tell(route, sign)
            )
        return circuit

    def _log(self, route: str, sign: Sign, by: str) -> None:
        _log.warning(f"circuit_{sign.value}", provider=self._provider.value, route=route, by=by)

    def _tell(self, route: str, sign: Sign) -> None:
        if sign is not Sign.RELEASED:
            self._log(route, sign, by="us")
            self._spread(sign)
        if self._agreement is not None:
            self._agreement.board.tell(self._agreement.name, route, sign)

    def _spread(self, sign: Sign) -> None:
        # Not in the midst of the call that is judged.
        for listener in self._listeners if sign is Sign.OPENED else ():
            asyncio.get_running_loop().call_soon(listener)
