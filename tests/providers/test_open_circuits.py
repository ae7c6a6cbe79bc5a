"""A circuit that opens holds for every call that has not left yet, whatever that waits for."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest

from providers.auth import Credentials, StaticHeaders
from providers.breaker import CircuitState
from providers.client import Ask, Call, CallPolicy, ProviderClient, Sample
from providers.clock import Clock
from providers.emulation.faults import hang, server_error, unauthorized, unavailable
from providers.errors import CircuitOpen, ProviderError, UpstreamTimeout, UpstreamUnavailable
from providers.forge.emulator import ForgeEmulator, create_emulator
from providers.pooled import PooledTransport
from providers.process import Process
from providers.records import Answer, Origin, Provider
from providers.scope import CallScope
from providers.transport import Reply, SessionTransport, Transport
from tests.clock import DrivenClock
from tests.providers.calls import scope_of
from tests.providers.logins import LoggingIn

PHOTOS, TAGS = "GET /photos", "GET /tags"
POLICY = CallPolicy(fresh_s=0, retries=0, breaker_failures=5, concurrency=8)


def call(number: int = 0, route: str = PHOTOS) -> Call:
    return Call(route=route, path="/v2/content/en-us/photos", query=f"$skip={number}&$limit=1&of={route[5:]}")


def decode(reply: Reply, origin: Origin) -> object:
    del origin
    return msgspec.json.decode(reply.body)


class Asked:
    """What a request asked for, and what it was told."""

    def __init__(
        self, client: ProviderClient, number: int = 0, route: str = PHOTOS, deadline_s: float = 10.0
    ) -> None:
        self.told: asyncio.Future[Answer[object] | Exception] = asyncio.get_running_loop().create_future()
        self.scope = scope_of(deadline_s)
        client.begin(
            Ask(call(number, route), decode, Sample(body=lambda: b"{}")), self.scope, self.told.set_result
        )

    async def outcome(self) -> Answer[object] | Exception:
        async with asyncio.timeout(10):
            return await self.told


@pytest.fixture
async def forge() -> AsyncIterator[ForgeEmulator]:
    emulator = create_emulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(params=[PooledTransport, SessionTransport])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    made: Transport = request.param(64)
    yield made
    await made.close()


@asynccontextmanager
async def client_of(
    forge: ForgeEmulator,
    transport: Transport,
    clock: Clock | None = None,
    credentials: Credentials | None = None,
    **policy: float,
) -> AsyncIterator[ProviderClient]:
    client = ProviderClient(
        Provider.FORGE,
        forge.url,
        credentials or StaticHeaders({}),
        transport,
        msgspec.structs.replace(POLICY, **policy),
        process=Process(clock or Clock()),
    )
    try:
        yield client
    finally:
        await client.close()


def kinds(outcomes: list[Answer[object] | Exception]) -> Mapping[type, int]:
    return Counter(map(type, outcomes))


@pytest.mark.parametrize("is_warm", [False, True])
@pytest.mark.parametrize("at_once", [1, 8])
async def test_of_many_calls_only_those_that_had_left_are_sent(
    forge: ForgeEmulator, transport: Transport, at_once: int, *, is_warm: bool
) -> None:
    async with client_of(forge, transport, concurrency=at_once) as client:
        if is_warm:
            warming = [Asked(client, number) for number in range(at_once)]
            assert kinds([await each.outcome() for each in warming]) == {Answer: at_once}
            forge.hits.clear()
        forge.faults.add(unavailable())
        outcomes = [await each.outcome() for each in [Asked(client, number) for number in range(300)]]
        sent = forge.hits.count()
    # Those at once, and at most one more for each failure before the fifth, which opens the circuit.
    assert max(5, at_once) <= sent <= at_once + 4
    assert kinds(outcomes) == {UpstreamUnavailable: sent, CircuitOpen: 300 - sent}


class Holding(Clock):
    """Lets nobody go on before it is told to."""

    def __init__(self) -> None:
        self.paused, self.goes_on = asyncio.Event(), asyncio.Event()

    async def pause(self, duration_s: float) -> None:
        del duration_s
        self.paused.set()
        await self.goes_on.wait()


async def test_a_call_that_is_to_be_tried_again_tells_why_it_failed_before(
    forge: ForgeEmulator, transport: Transport
) -> None:
    clock = Holding()
    async with client_of(forge, transport, clock, retries=2) as client:
        forge.faults.add(unavailable(), times=1)
        asked = Asked(client)
        await asyncio.wait_for(clock.paused.wait(), 5)
        forge.faults.add(server_error())
        for number in range(5):
            assert type(await Asked(client, number + 1).outcome()) is UpstreamUnavailable
        assert client.circuits[PHOTOS] is CircuitState.OPEN
        clock.goes_on.set()
        outcome = await asked.outcome()
    assert (type(outcome), forge.hits.count()) == (UpstreamUnavailable, 6)
    assert isinstance(outcome, ProviderError)
    assert outcome.status == 503


async def test_a_lasting_outage_is_met_by_no_retry_that_would_come_after_its_circuit_opened(
    forge: ForgeEmulator, transport: Transport
) -> None:
    clock = Holding()
    async with client_of(forge, transport, clock, retries=2) as client:
        forge.faults.add(unavailable())
        asked = [Asked(client, number) for number in range(300)]
        async with asyncio.timeout(10):
            await asyncio.wait([each.told for each in asked], return_when=asyncio.FIRST_COMPLETED)
        refused = [each for each in asked if each.told.done()]
        while client.circuits[PHOTOS] is not CircuitState.OPEN:
            await asyncio.wait([each.told for each in asked if each not in refused])
        clock.goes_on.set()
        outcomes = [await each.outcome() for each in asked]
        sent = forge.hits.count()
    assert kinds(outcomes) == {UpstreamUnavailable: sent, CircuitOpen: 300 - sent}
    assert sum(each.scope.calls[0].attempts for each in asked) == sent
    # The budget for retries is spent first; then five fail for good.
    assert sent < 90


async def test_what_waits_for_a_slot_learns_at_once_that_its_circuit_has_opened(
    forge: ForgeEmulator, transport: Transport
) -> None:
    async with client_of(forge, transport, concurrency=1, breaker_failures=1) as client:
        forge.faults.add(hang(), match="of=/tags")
        forge.faults.add(server_error())
        failing, hanging, late, other = (
            Asked(client, 0),
            Asked(client, 1, TAGS),
            Asked(client, 2),
            Asked(client, 3, TAGS),
        )
        assert type(await failing.outcome()) is UpstreamUnavailable
        # The only slot is taken by a call of another route, which is not answered.
        assert isinstance(await late.outcome(), CircuitOpen)
        assert not hanging.told.done()
        assert not other.told.done()
    assert late.scope.calls[0].attempts == 0


async def test_what_waits_for_a_login_is_not_sent(forge: ForgeEmulator, transport: Transport) -> None:
    credentials = LoggingIn()
    async with client_of(forge, transport, credentials=credentials, breaker_failures=1) as client:
        credentials.is_good = False
        waiting = Asked(client)
        await asyncio.wait_for(credentials.asked.wait(), 5)
        credentials.is_good = True
        forge.faults.add(server_error())
        assert type(await Asked(client, 1).outcome()) is UpstreamUnavailable
        credentials.answered.set()
        assert isinstance(await waiting.outcome(), CircuitOpen)
    assert forge.hits.count() == 1


async def test_what_waits_for_a_connection_is_not_sent_and_leaves_it_to_others(forge: ForgeEmulator) -> None:
    transport = PooledTransport(1)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(transport.close)
        client = await stack.enter_async_context(client_of(forge, transport, breaker_failures=1))
        forge.faults.add(server_error(), times=1)
        failing, waiting, other = Asked(client), Asked(client, 1), Asked(client, 2, TAGS)
        assert type(await failing.outcome()) is UpstreamUnavailable
        assert isinstance(await waiting.outcome(), CircuitOpen)
        assert isinstance(await other.outcome(), Answer)
    assert (waiting.scope.calls[0].attempts, forge.hits.count()) == (0, 2)


async def test_what_was_refused_and_then_waits_for_a_login_too_long_was_asked(
    forge: ForgeEmulator, transport: Transport
) -> None:
    class Renewed(StaticHeaders):
        """Can have new headers, which never come."""

        async def headers(self, scope: CallScope) -> Mapping[str, str]:
            del scope
            await asyncio.Event().wait()
            raise AssertionError

        def refuse(self, headers: Mapping[str, str]) -> bool:
            del headers
            return True

    async with client_of(forge, transport, credentials=Renewed({"x": "y"})) as client:
        forge.faults.add(unauthorized())
        outcome = await Asked(client, deadline_s=0.3).outcome()
    assert type(outcome) is UpstreamTimeout


async def test_a_probe_is_sent_and_sent_again_whatever_it_waits_for(
    forge: ForgeEmulator, transport: Transport
) -> None:
    clock = DrivenClock()
    async with client_of(forge, transport, clock, breaker_failures=1, concurrency=1, retries=1) as client:
        forge.faults.add(server_error(), times=1)
        assert type(await Asked(client).outcome()) is UpstreamUnavailable
        assert isinstance(await Asked(client).outcome(), CircuitOpen)
        clock.now += 10
        other = Asked(client, 1, TAGS)
        forge.faults.add(unavailable(), times=1)
        probe, second = Asked(client, 2), Asked(client, 3)
        assert isinstance(await second.outcome(), CircuitOpen)
        assert isinstance(await other.outcome(), Answer)
        assert isinstance(await probe.outcome(), Answer)
        assert client.circuits[PHOTOS] is CircuitState.CLOSED
