"""An answer that waits for its turn to be read: it came when it came, and is read once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import msgspec
import pytest

from providers.auth import StaticHeaders
from providers.breaker import CircuitState
from providers.calls import Ask, Call, CallPolicy, Sample
from providers.client import ProviderClient
from providers.errors import UpstreamBadResponse
from providers.process import Process
from providers.records import Answer, Origin, Provider
from providers.request_queue import RequestQueue
from providers.transport import Exchange, Leaves, Reply, Told
from tests.clock import DrivenClock
from tests.providers.calls import scope_of

ROUTE = "GET /photos"
JSON = {"content-type": "application/json"}
POLICY = CallPolicy(fresh_s=60, retries=0, breaker_failures=2)


class Patient(RequestQueue):
    """Gives no turn before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.works: list[Callable[[], object]] = []

    def settle(self, owner: int, work: Callable[[], object]) -> None:
        """Let it wait."""
        del owner
        self.works.append(work)

    def read(self) -> None:
        """Read what came."""
        works, self.works = self.works, []
        for work in works:
            work()


class Asked:
    """A call that was sent, answered by the test."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.is_cancelled = False

    def cancel(self) -> None:
        """Take note."""
        self.is_cancelled = True


class Scripted:
    """A transport whose answers the test gives."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []

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
        """Send nothing that takes more than a first try."""
        del headers, body, timeout_s, max_bytes, leaves
        raise AssertionError(f"{method} {url} was sent in a task")

    def begin(
        self, url: str, headers: Mapping[str, str], told: Told, *, timeout_s: float, max_bytes: int
    ) -> Exchange | None:
        """Send."""
        del url, headers, timeout_s, max_bytes
        self.asked.append(Asked(told))
        return self.asked[-1]

    async def close(self) -> None:
        """Close every connection."""


class World:
    """A client, what it sends, and whose answers wait to be read."""

    def __init__(self, policy: CallPolicy) -> None:
        self.clock, self.queue, self.transport = DrivenClock(), Patient(), Scripted()
        process = Process(self.clock, self.queue)
        self.client = ProviderClient(
            Provider.FORGE, "http://here", StaticHeaders({}), self.transport, policy, process=process
        )
        self.decoded = 0
        self.told: list[Answer[object] | Exception] = []

    def is_open(self) -> bool:
        """Tell whether the route's circuit is open."""
        return self.client.circuits[ROUTE] is CircuitState.OPEN

    def ask(self, number: int = 0) -> Ask[object]:
        """Make a call."""
        call = Call(route=ROUTE, path="/photos", query=f"$skip={number}")
        return Ask(call, self._decode, Sample(body=lambda: b"{}"))

    def begin(self, number: int = 0) -> Asked:
        """Send a call."""
        self.client.begin(self.ask(number), scope_of(10.0), self.told.append)
        return self.transport.asked[-1]

    def _decode(self, reply: Reply, origin: Origin) -> object:
        del origin
        self.decoded += 1
        return msgspec.json.decode(reply.body)


@asynccontextmanager
async def world(policy: CallPolicy = POLICY) -> AsyncIterator[World]:
    found = World(policy)
    try:
        yield found
    finally:
        await found.client.close()


def good() -> Reply:
    return Reply(200, JSON, b"[1]")


def spoilt() -> Reply:
    return Reply(200, JSON, b"[1")


async def failed(here: World, asked: Asked) -> None:
    """Fail a call, and wait until that is judged."""
    told = len(here.told)
    asked.told.received(Reply(503, {}, b""))
    async with asyncio.timeout(10):
        while len(here.told) == told:  # noqa: ASYNC110 - there is no event of this
            await asyncio.sleep(0)


async def test_what_came_in_time_is_not_late_because_it_waits() -> None:
    async with world() as here:
        arrival = here.client.begin(here.ask(), scope_of(10.0), here.told.append)
        here.transport.asked[0].told.received(good())
        assert here.told == []
        assert arrival is not None
        arrival.expire()
        assert [answer.value for answer in here.told if isinstance(answer, Answer)] == [[1]]
        here.queue.read()
        assert (here.decoded, len(here.told)) == (1, 1)


async def test_it_is_not_late_for_a_request_that_waits_in_a_task() -> None:
    async with world(msgspec.structs.replace(POLICY, timeout_s=0.001)) as here:
        asking = asyncio.create_task(here.client.get(*_asked(here), scope_of(0.3), Sample(body=lambda: b"")))
        async with asyncio.timeout(10):
            while not here.transport.asked:  # noqa: ASYNC110 - there is no event of this
                await asyncio.sleep(0)
        here.transport.asked[0].told.received(good())
        # Nobody gives it a turn before its deadline.
        assert (await asking).value == [1]
        here.queue.read()
        assert here.decoded == 1


def _asked(here: World) -> tuple[Call, Callable[[Reply, Origin], object]]:
    ask = here.ask()
    return ask.call, ask.decode


async def test_it_is_as_old_as_when_it_came() -> None:
    async with world() as here:
        came_at = here.clock.unix()
        here.begin().told.received(good())
        here.clock.now += 30
        here.queue.read()
        origin = next(answer.origin for answer in here.told if isinstance(answer, Answer))
        assert (origin.stored_at, origin.fresh_until) == (came_at, came_at + 60)


async def test_an_answer_parts_the_failures_before_it_from_those_after() -> None:
    async with world() as here:
        asked = [here.begin(number) for number in range(3)]
        await failed(here, asked[0])
        asked[1].told.received(good())
        await failed(here, asked[2])
        assert not here.is_open()
        here.queue.read()
        assert not here.is_open()
        # What was read late forgives nothing that failed after it.
        await failed(here, here.begin(3))
        assert here.is_open()


@pytest.mark.parametrize("reads_each", [True, False])
async def test_answers_of_no_use_open_a_circuit(*, reads_each: bool) -> None:
    async with world() as here:
        for asked in [here.begin(number) for number in range(2)]:
            asked.told.received(spoilt())
            if reads_each:
                here.queue.read()
        here.queue.read()
        assert [type(answer) for answer in here.told] == [UpstreamBadResponse] * 2
        assert here.is_open()


async def test_what_nobody_waits_for_any_more_is_not_read() -> None:
    async with world() as here:
        arrival = here.client.begin(here.ask(), scope_of(10.0), here.told.append)
        here.transport.asked[0].told.received(good())
        assert arrival is not None
        arrival.cancel()
        here.queue.read()
        assert (here.decoded, here.told, here.client.in_flight) == (0, [], 0)
