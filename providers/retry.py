"""Asking again: what is worth it, after how long, and how much of it an outage may cause."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, TypeVar

from providers.clock import Clock
from providers.errors import (
    CircuitOpen,
    NotAsked,
    ProviderError,
    UpstreamRateLimited,
    UpstreamUnavailable,
    UpstreamUntrusted,
)
from providers.scope import CallScope

T = TypeVar("T")

_WORTH_IT: Final = frozenset(
    {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}
)
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0


class RetryBudget:
    """How many retries a provider may still cause: calls earn it slowly, retries spend it.

    In a lasting outage a provider gets a fifth more calls than without retries, not three times as many.
    """

    def __init__(self, reserve: float = 50.0, earned_by_call: float = 0.2) -> None:
        self._reserve = reserve
        self._earned_by_call = earned_by_call
        self.left = reserve

    def earn(self) -> None:
        """Take note of a call."""
        self.left = min(self._reserve, self.left + self._earned_by_call)

    def spend(self) -> bool:
        """Pay for one retry; False where nothing is left."""
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Retry:
    """Repeats a call after connection errors, 429, 502, 503 and 504; never after timeouts, 500 or a refusal."""

    def __init__(
        self, retries: int, budget: RetryBudget, clock: Clock, chance: Callable[[], float] = random.random
    ) -> None:
        self._retries = retries
        self._budget = budget
        self._clock = clock
        self._chance = chance

    def earn(self) -> None:
        """Take note of a call that needed no more than its first attempt."""
        self._budget.earn()

    async def run(
        self, attempt: Callable[[], Awaitable[T]], scope: CallScope, is_held: Callable[[], bool] = bool
    ) -> T:
        """Attempt until it works, or the last failure of the provider is raised.

        ``is_held`` tells whether another try would not be sent at present.
        """
        self._budget.earn()
        tries = 0
        before: ProviderError | None = None
        while True:
            try:
                return await attempt()
            except (NotAsked, UpstreamUnavailable, UpstreamRateLimited) as failure:
                if is_ours(failure):
                    # That it was not tried again is not why there is no answer.
                    raise (before or failure) from None
                pause_s = self._pause_s(failure, tries)
                if is_held() or not self._goes_on(failure, tries, pause_s, scope):
                    raise
                before = failure
            tries += 1
            await self._clock.pause(pause_s)

    def _goes_on(self, failure: ProviderError, tries: int, pause_s: float, scope: CallScope) -> bool:
        return (
            tries < self._retries
            and is_worth_it(failure)
            and asyncio.get_running_loop().time() + pause_s < scope.deadline
            and self._budget.spend()
        )

    def _pause_s(self, failure: ProviderError, tries: int) -> float:
        longest_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * float(1 << tries))
        return max(longest_s * (1 + self._chance()) / 2, failure.retry_after_s or 0.0)


def is_ours(failure: ProviderError) -> bool:
    """Tell whether it was not sent at all: for want of time, by our own limits, or because its circuit is open."""
    if isinstance(failure, UpstreamRateLimited):
        return failure.status is None
    return isinstance(failure, (NotAsked, CircuitOpen))


def is_worth_it(failure: ProviderError) -> bool:
    """Tell whether the same call may succeed in a moment."""
    if isinstance(failure, UpstreamRateLimited):
        return True
    if isinstance(failure, UpstreamUntrusted):
        return False
    return failure.status is None or failure.status in _WORTH_IT
