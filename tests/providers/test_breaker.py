"""A circuit opens after failures in a row, and closes when a probe succeeds."""

import asyncio

import pytest

from providers.breaker import Circuits, CircuitState
from providers.errors import (
    Forbidden,
    NotAsked,
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from providers.records import Provider
from tests.clock import DrivenClock

ROUTE = "GET /x"


class Tried:
    """Circuits of three failures and ten seconds."""

    def __init__(self, threshold: int = 3) -> None:
        self.clock = DrivenClock()
        self.circuits = Circuits(Provider.FORGE, threshold, 10.0, self.clock)

    def call(self, failure: type[ProviderError] | None = None, route: str = ROUTE) -> bool:
        """Make a call that ends as told; False where the circuit did not let it pass."""
        passed = False
        try:
            with self.circuits.guard(route):
                passed = True
                if failure is not None:
                    raise failure(Provider.FORGE, "failed")
        except ProviderError:
            pass
        return passed

    def state(self) -> CircuitState:
        return self.circuits.states[ROUTE]


@pytest.mark.parametrize("failure", [UpstreamTimeout, UpstreamUnavailable, UpstreamBadResponse])
def test_failures_in_a_row_open_the_circuit(failure: type[ProviderError]) -> None:
    tried = Tried()
    assert [tried.call(failure) for _ in range(5)] == [True, True, True, False, False]
    assert tried.state() is CircuitState.OPEN


def test_an_open_circuit_is_an_unavailable_provider_that_may_be_asked_later() -> None:
    tried = Tried(threshold=1)
    tried.call(UpstreamTimeout)
    with pytest.raises(UpstreamUnavailable, match="was not asked") as refusal, tried.circuits.guard(ROUTE):
        pass
    assert refusal.value.retryable


def test_a_success_between_failures_starts_the_count_anew() -> None:
    tried = Tried()
    ends = [UpstreamTimeout, UpstreamTimeout, None, UpstreamTimeout, UpstreamTimeout]
    assert all(tried.call(end) for end in ends)
    assert tried.state() is CircuitState.CLOSED


@pytest.mark.parametrize("failure", [Forbidden, UpstreamRejected, UpstreamUnauthorized])
def test_a_refusal_is_the_answer_of_a_provider_that_is_well(failure: type[ProviderError]) -> None:
    tried = Tried()
    ends: list[type[ProviderError]] = [
        UpstreamTimeout,
        UpstreamTimeout,
        failure,
        UpstreamTimeout,
        UpstreamTimeout,
    ]
    assert all(tried.call(end) for end in ends)


@pytest.mark.parametrize("failure", [UpstreamRateLimited, NotAsked])
def test_our_own_haste_says_nothing_about_the_provider(failure: type[ProviderError]) -> None:
    tried = Tried()
    assert all(tried.call(failure) for _ in range(9))
    ends: list[type[ProviderError]] = [UpstreamTimeout, failure, UpstreamTimeout, failure, UpstreamTimeout]
    assert all(tried.call(end) for end in ends)
    assert tried.state() is CircuitState.OPEN


def test_after_its_time_one_call_probes_and_its_success_closes_the_circuit() -> None:
    tried = Tried(threshold=1)
    tried.call(UpstreamTimeout)
    tried.clock.now += 9.9
    assert not tried.call()
    tried.clock.now += 0.1
    assert tried.state() is CircuitState.HALF_OPEN
    with tried.circuits.guard(ROUTE):
        assert not tried.call(), "only one probe at a time"
    assert tried.state() is CircuitState.CLOSED


def test_a_failed_probe_opens_the_circuit_for_as_long_again() -> None:
    tried = Tried()
    for _ in range(3):
        tried.call(UpstreamTimeout)
    tried.clock.now += 10
    assert tried.call(UpstreamTimeout)
    tried.clock.now += 9.9
    assert not tried.call()
    tried.clock.now += 0.1
    assert tried.call()
    assert tried.state() is CircuitState.CLOSED


def test_a_probe_that_is_cancelled_leaves_its_place_to_the_next() -> None:
    tried = Tried(threshold=1)
    tried.call(UpstreamTimeout)
    tried.clock.now += 10
    with pytest.raises(asyncio.CancelledError), tried.circuits.guard(ROUTE):
        raise asyncio.CancelledError
    assert tried.state() is CircuitState.HALF_OPEN
    assert tried.call()


def test_a_route_that_fails_leaves_the_others_alone() -> None:
    tried = Tried(threshold=1)
    tried.call(UpstreamTimeout)
    assert not tried.call()
    assert tried.call(route="GET /y")


def test_a_threshold_of_nought_never_opens() -> None:
    tried = Tried(threshold=0)
    assert all(tried.call(UpstreamTimeout) for _ in range(20))
    assert tried.state() is CircuitState.CLOSED
