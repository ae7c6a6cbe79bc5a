"""What is tried again, after which pause, and where it ends."""

import asyncio

import pytest

from providers.errors import (
    CircuitOpen,
    Forbidden,
    NotAsked,
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
    UpstreamUntrusted,
)
from providers.records import Provider
from providers.retry import Retry, RetryBudget
from providers.scope import CallScope
from tests.clock import DrivenClock


def failed(
    kind: type[ProviderError], status: int | None = None, after_s: float | None = None
) -> ProviderError:
    return kind(Provider.FORGE, "failed", status=status, retry_after_s=after_s)


class Attempt:
    """Fails as told, then works; counts."""

    def __init__(self, *failures: ProviderError) -> None:
        self._failures = list(failures)
        self.count = 0

    async def __call__(self) -> str:
        self.count += 1
        if self._failures:
            raise self._failures.pop(0)
        return "answer"


def scope(deadline_s: float = 100.0) -> CallScope:
    now = asyncio.get_running_loop().time()
    return CallScope("request", now, now + deadline_s)


@pytest.mark.parametrize(
    "failure",
    [
        failed(UpstreamUnavailable),
        failed(UpstreamUnavailable, 502),
        failed(UpstreamUnavailable, 503),
        failed(UpstreamUnavailable, 504),
        failed(UpstreamRateLimited, 429),
    ],
)
async def test_what_may_pass_in_a_moment_is_tried_again(failure: ProviderError) -> None:
    attempt = Attempt(failure)
    assert await Retry(2, RetryBudget(), DrivenClock()).run(attempt, scope()) == "answer"
    assert attempt.count == 2


@pytest.mark.parametrize(
    "failure",
    [
        failed(UpstreamTimeout),
        failed(UpstreamUnavailable, 500),
        failed(UpstreamUnavailable, 501),
        failed(UpstreamUntrusted),
        failed(Forbidden, 403),
        failed(UpstreamBadResponse),
        failed(UpstreamRateLimited),
    ],
)
async def test_what_cannot_help_or_would_press_on_is_not_tried_again(failure: ProviderError) -> None:
    attempt = Attempt(failure)
    with pytest.raises(type(failure)):
        await Retry(2, RetryBudget(), DrivenClock()).run(attempt, scope())
    assert attempt.count == 1


async def test_two_retries_are_three_attempts_with_growing_pauses() -> None:
    clock = DrivenClock()
    attempt = Attempt(*[failed(UpstreamUnavailable, 503)] * 9)
    with pytest.raises(UpstreamUnavailable):
        await Retry(2, RetryBudget(), clock, chance=lambda: 1.0).run(attempt, scope())
    assert attempt.count == 3
    assert clock.pauses == [0.1, 0.2]


async def test_chance_shortens_a_pause_by_up_to_half() -> None:
    clock = DrivenClock()
    attempt = Attempt(failed(UpstreamUnavailable))
    await Retry(2, RetryBudget(), clock, chance=lambda: 0.0).run(attempt, scope())
    assert clock.pauses == [0.05]


async def test_retry_after_is_honoured_within_the_deadline() -> None:
    clock = DrivenClock()
    attempt = Attempt(failed(UpstreamRateLimited, 429, after_s=7))
    await Retry(2, RetryBudget(), clock).run(attempt, scope(deadline_s=8))
    assert clock.pauses == [7]


async def test_a_pause_that_the_deadline_does_not_allow_is_not_made() -> None:
    clock = DrivenClock()
    attempt = Attempt(failed(UpstreamRateLimited, 429, after_s=7))
    with pytest.raises(UpstreamRateLimited):
        await Retry(2, RetryBudget(), clock).run(attempt, scope(deadline_s=6))
    assert (attempt.count, clock.pauses) == (1, [])


async def test_an_outage_is_not_multiplied_once_the_budget_is_spent() -> None:
    retry = Retry(2, RetryBudget(reserve=10, earned_by_call=0.2), DrivenClock())
    attempts = 0
    for _ in range(1000):
        attempt = Attempt(*[failed(UpstreamUnavailable, 503)] * 3)
        with pytest.raises(UpstreamUnavailable):
            await retry.run(attempt, scope())
        attempts += attempt.count
    assert 1000 <= attempts <= 1000 + 10 + 200


@pytest.mark.parametrize("ours", [NotAsked, CircuitOpen, UpstreamRateLimited])
async def test_that_it_was_not_tried_again_does_not_hide_why(ours: type[ProviderError]) -> None:
    attempt = Attempt(failed(UpstreamUnavailable, 503), failed(ours))
    with pytest.raises(UpstreamUnavailable) as reason:
        await Retry(2, RetryBudget(), DrivenClock()).run(attempt, scope())
    assert (reason.value.status, attempt.count) == (503, 2)
    with pytest.raises(ours):
        await Retry(2, RetryBudget(), DrivenClock()).run(Attempt(failed(ours)), scope())


async def test_no_pause_is_made_for_a_try_that_would_not_be_sent() -> None:
    clock, budget = DrivenClock(), RetryBudget()
    with pytest.raises(UpstreamUnavailable):
        await Retry(2, budget, clock).run(Attempt(failed(UpstreamUnavailable, 503)), scope(), lambda: True)
    assert (clock.pauses, budget.left) == ([], 50)


async def test_no_retries_are_one_attempt() -> None:
    attempt = Attempt(failed(UpstreamUnavailable))
    with pytest.raises(UpstreamUnavailable):
        await Retry(0, RetryBudget(), DrivenClock()).run(attempt, scope())
    assert attempt.count == 1
