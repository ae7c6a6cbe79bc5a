"""A time that passes by itself and a provider that is made up: nothing is waited for, and nothing comes by chance."""

import asyncio
import random
import selectors
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from providers.breaker import CircuitState
from providers.clock import Clock
from providers.transport import BodyUnreadable, Leaves, NeverArrived, Reply, SendFailed, Told

_LOGIN: Final = "POST"
_TOKEN_S: Final = 3.0


class Stuck(Exception):
    """Somebody waits, and nothing will ever happen."""


class _Passing(selectors.SelectSelector):
    """Lets the time pass that others would wait."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck
        self.now += max(0.0, timeout)
        return []


class ImaginedLoop(asyncio.SelectorEventLoop):
    """An event loop that skips to what is due next as soon as nothing else is to be done."""

    def __init__(self) -> None:
        self._passing = _Passing()
        super().__init__(self._passing)

    def time(self) -> float:
        return self._passing.now


class ImaginedClock(Clock):
    """The time of the running loop."""

    def unix(self) -> float:
        return 1_760_000_000.0 + self.monotonic()

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()


class Sent:
    """A request that was sent, until ``end`` has told what came of it."""

    def __init__(
        self, provider: "ImaginedTransport", url: str, end: Callable[[Reply | Exception], object]
    ) -> None:
        self.url = url
        self.is_probe = False
        self._provider = provider
        self._end = end
        self._timers: list[asyncio.TimerHandle] = []

    def comes(self, outcome: Reply | Exception, after_s: float) -> None:
        """Let something come of it, unless something else has come before."""
        self._timers.append(asyncio.get_running_loop().call_later(after_s, self._come, outcome))

    def cancel(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._provider.in_flight.discard(self)

    def _come(self, outcome: Reply | Exception) -> None:
        self.cancel()
        self._end(outcome)


class ImaginedTransport:
    """Answers each call with its own URL, or fails as ``chance`` has it; logs in whoever asks.

    ``unwell`` is the share of calls that fail. ``breaches`` tells what should not have been sent: ``state`` is asked
    for the circuit of each call, and ``most`` may be in flight at once.
    """

    def __init__(self, chance: random.Random, most: int, state: Callable[[str], CircuitState]) -> None:
        self.in_flight: set[Sent] = set()
        self.breaches: list[str] = []
        self.unwell = 0.0
        self.calls = 0
        self._chance = chance
        self._most = most
        self._state = state

    async def open(self) -> None:
        """Get ready."""

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        max_bytes: int,
        leaves: Leaves | None = None,
    ) -> Reply:
        """Send and wait for the answer."""
        del headers, body, max_bytes, leaves
        came: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def end(outcome: Reply | Exception) -> None:
            if came.done():
                return
            if isinstance(outcome, Reply):
                came.set_result(outcome)
            else:
                came.set_exception(outcome)

        sent = self._sent(method, url, end, timeout_s)
        try:
            return await came
        finally:
            sent.cancel()

    def begin(
        self, url: str, headers: Mapping[str, str], told: Told, *, timeout_s: float, max_bytes: int
    ) -> Sent | None:
        """Send at once, where a connection happens to rest."""
        del headers, max_bytes
        if self._chance.random() < 0.2:
            return None

        def end(outcome: Reply | Exception) -> None:
            if isinstance(outcome, Reply):
                told.received(outcome)
            else:
                told.failed(outcome)

        sent = self._sent("GET", url, end, timeout_s)
        if self._chance.random() < 0.1:
            sent.comes(NeverArrived("connection lost"), 0.0)
        return sent

    async def close(self) -> None:
        """Close every connection."""

    def _sent(
        self, method: str, url: str, end: Callable[[Reply | Exception], object], timeout_s: float
    ) -> Sent:
        sent = Sent(self, url, end)
        if method != _LOGIN:
            self.calls += 1
            self._look_at(sent)
        self.in_flight.add(sent)
        # Behind its time where the provider's end of it is late: those who wait do not.
        sent.comes(TimeoutError(), timeout_s)
        outcome = self._token() if method == _LOGIN else self._outcome(url)
        if outcome is not None:
            sent.comes(outcome, self._chance.choice((0.0, 0.01, 0.1, 0.5)))
        return sent

    def _look_at(self, sent: Sent) -> None:
        state = self._state(sent.url)
        sent.is_probe = state is CircuitState.HALF_OPEN
        if state is CircuitState.OPEN:
            self.breaches.append(f"{sent.url} was sent though its circuit is open")
        if sent.is_probe and any(each.is_probe and same_route(each.url, sent.url) for each in self.in_flight):
            self.breaches.append(f"{sent.url} is a second probe")
        calls = [each for each in self.in_flight if not each.url.endswith("/login")]
        if len(calls) >= self._most:
            self.breaches.append(f"{sent.url} is one too many in flight")

    def _outcome(self, url: str) -> Reply | Exception | None:
        if self._chance.random() >= self.unwell:
            return _reply(200, msgspec.json.encode(url))
        return self._chance.choice(
            (
                _reply(503),
                _reply(500),
                _reply(401),
                _reply(404),
                _reply(200, b"no JSON"),
                SendFailed("connection lost"),
                BodyUnreadable("it is no HTTP"),
                None,
            )
        )

    def _token(self) -> Reply | Exception | None:
        if self._chance.random() < self.unwell / 4:
            return self._chance.choice((_reply(503), SendFailed("connection lost"), None))
        token = {"access_token": f"{self._chance.random()}", "expires_in": _TOKEN_S}
        return _reply(200, msgspec.json.encode(token))


def _reply(status: int, body: bytes = b"") -> Reply:
    return Reply(status=status, headers={"content-type": "application/json"}, body=body)


def same_route(one: str, other: str) -> bool:
    """Tell whether two URLs are of one route."""
    return one.partition("?")[0] == other.partition("?")[0]
