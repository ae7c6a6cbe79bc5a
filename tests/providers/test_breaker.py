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

    async def call(self, failure: type[ProviderError] | None = None, route: str = ROUTE) -> bool:
        """Make a call that ends as told; False where the circuit did not let it pass."""
        passed = False
        try:
            async with self.circuits.guard(route):
                passed = True
                if failure is not None:
                    raise failure(Provider.FORGE, "failed")
        except ProviderError:
            pass
        return passed

    def state(self) -> CircuitState:
        return self.circuits.states[ROUTE]


@pytest.mark.parametrize("failure", [UpstreamTimeout, UpstreamUnavailable, UpstreamBadResponse])
async def test_failures_in_a_row_open_the_circuit(failure: type[ProviderError]) -> None:
    tried = Tried()
    assert [await tried.call(failure) for _ in range(5)] == [True, True, True, False, False]
    assert tried.state() is CircuitState.OPEN


async def test_an_open_circuit_is_an_unavailable_provider_that_may_be_asked_later() -> None:
    tried = Tried(threshold=1)
    await tried.call(UpstreamTimeout)
    with pytest.raises(UpstreamUnavailable, match="was not asked") as refusal:
        async with tried.circuits.guard(ROUTE):
            raise AssertionError
    assert refusal.value.retryable


async def test_a_success_between_failures_starts_the_count_anew() -> None:
    tried = Tried()
    ends = [UpstreamTimeout, UpstreamTimeout, None, UpstreamTimeout, UpstreamTimeout]
    assert all([await tried.call(end) for end in ends])
    assert tried.state() is CircuitState.CLOSED


@pytest.mark.parametrize("failure", [Forbidden, UpstreamRejected, UpstreamUnauthorized])
async def test_a_refusal_is_the_answer_of_a_provider_that_is_well(failure: type[ProviderError]) -> None:
    tried = Tried()
    ends: list[type[ProviderError]] = [
        UpstreamTimeout,
        UpstreamTimeout,
        failure,
        UpstreamTimeout,
        UpstreamTimeout,
    ]
    assert all([await tried.call(end) for end in ends])


@pytest.mark.parametrize("failure", [UpstreamRateLimited, NotAsked])
async def test_our_own_haste_says_nothing_about_the_provider(failure: type[ProviderError]) -> None:
    tried = Tried()
    assert all([await tried.call(failure) for _ in range(9)])
    ends: list[type[ProviderError]] = [UpstreamTimeout, failure, UpstreamTimeout, failure, UpstreamTimeout]
    assert all([await tried.call(end) for end in ends])
    assert tried.state() is CircuitState.OPEN


async def test_after_its_time_one_call_probes_and_its_success_closes_the_circuit() -> None:
    tried = Tried(threshold=1)
    await tried.call(UpstreamTimeout)
    tried.clock.now += 9.9
    assert not await tried.call()
    tried.clock.now += 0.1
    assert tried.state() is CircuitState.HALF_OPEN
    async with tried.circuits.guard(ROUTE):
        assert not await tried.call(), "only one probe at a time"
    assert tried.state() is CircuitState.CLOSED


async def test_a_failed_probe_opens_the_circuit_for_as_long_again() -> None:
    tried = Tried()
    for _ in range(3):
        await tried.call(UpstreamTimeout)
    tried.clock.now += 10
    assert await tried.call(UpstreamTimeout)
    tried.clock.now += 9.9
    assert not await tried.call()
    tried.clock.now += 0.1
    assert await tried.call()
    assert tried.state() is CircuitState.CLOSED


async def test_a_probe_that_is_cancelled_leaves_its_place_to_the_next() -> None:
    tried = Tried(threshold=1)
    await tried.call(UpstreamTimeout)
    tried.clock.now += 10
    with pytest.raises(asyncio.CancelledError):
        async with tried.circuits.guard(ROUTE):
            raise asyncio.CancelledError
    assert tried.state() is CircuitState.HALF_OPEN
    assert await tried.call()


async def test_a_route_that_fails_leaves_the_others_alone() -> None:
    tried = Tried(threshold=1)
    await tried.call(UpstreamTimeout)
    assert not await tried.call()
    assert await tried.call(route="GET /y")


async def test_a_threshold_of_nought_never_opens() -> None:
    tried = Tried(threshold=0)
    assert all([await tried.call(UpstreamTimeout) for _ in range(20)])
    assert tried.state() is CircuitState.CLOSED


async def test_what_was_sent_before_the_circuit_opened_neither_closes_it_nor_takes_the_probes_place() -> None:
    tried = Tried(threshold=2)
    early = [tried.circuits.guard(ROUTE) for _ in range(3)]
    for guard in early:
        await guard.__aenter__()
    for _ in range(2):
        await tried.call(UpstreamTimeout)
    await early[0].__aexit__(None, None, None)
    assert tried.state() is CircuitState.OPEN
    tried.clock.now += 10
    async with tried.circuits.guard(ROUTE):
        await early[1].__aexit__(None, UpstreamTimeout(Provider.FORGE, "was slow"), None)
        await early[2].__aexit__(None, asyncio.CancelledError(), None)
        assert not await tried.call(), "the probe is still the only one"
    assert tried.state() is CircuitState.CLOSED
