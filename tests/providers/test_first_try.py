"""The first try of a call over a connection that rests: no task, the same outcomes, and nothing left behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from providers.attempts import Attempts
from providers.auth import Credentials, StaticHeaders
from providers.breaker import CircuitState
from providers.client import Ask, Call, CallPolicy, ProviderClient, Sample
from providers.emulation.faults import Fault, cut, hang, reset, truncated, unavailable
from providers.errors import (
    NotAsked,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from providers.first_try import FirstTry
from providers.forge.emulator import ForgeEmulator, create_emulator
from providers.kept import Kept
from providers.pooled import PooledTransport
from providers.records import Answer, Origin, Provider
from providers.transport import Exchange, Reply
from providers.wire import Awaited, Wire
from tests.providers.calls import scope_of
from tests.providers.logins import LoggingIn
from tests.providers.scripted import DROP, answer, scripted

ROUTE = "GET /photos"
POLICY = CallPolicy(fresh_s=0, retries=0, breaker_failures=0)


def call(number: int = 0) -> Call:
    return Call(route=ROUTE, path="/v2/content/en-us/photos", query=f"$skip={number}&$limit=1")


def decode(reply: Reply, origin: Origin) -> object:
    del origin
    return msgspec.json.decode(reply.body)


class Asked:
    """What a request asked for, and what it was told."""

    def __init__(
        self,
        client: ProviderClient,
        number: int = 0,
        deadline_s: float = 10.0,
        then: Callable[[], object] = lambda: None,
    ) -> None:
        self.told: asyncio.Future[Answer[object] | Exception] = asyncio.get_running_loop().create_future()
        self.scope = scope_of(deadline_s)
        self._then = then
        ask = Ask(call(number), decode, Sample(body=lambda: b"{}"))
        self.arrival = client.begin(ask, self.scope, self._tell)

    async def outcome(self) -> Answer[object] | Exception:
        async with asyncio.timeout(10):
            return await self.told

    @property
    def attempts(self) -> int:
        return self.scope.calls[0].attempts

    def _tell(self, outcome: Answer[object] | Exception) -> None:
        self.told.set_result(outcome)
        self._then()


@asynccontextmanager
async def client_at(
    url: str, policy: CallPolicy = POLICY, credentials: Credentials | None = None
) -> AsyncIterator[ProviderClient]:
    transport = PooledTransport(16)
    client = ProviderClient(Provider.FORGE, url, credentials or StaticHeaders({}), transport, policy)
    try:
        yield client
    finally:
        await client.close()
        await transport.close()


@asynccontextmanager
async def warm(
    emulator: ForgeEmulator, connections: int = 1, **policy: float
) -> AsyncIterator[ProviderClient]:
    """Make a client of which so many connections rest."""
    async with client_at(emulator.url, msgspec.structs.replace(POLICY, **policy)) as client:
        first = [Asked(client, number) for number in range(connections)]
        assert all([isinstance(await each.outcome(), Answer) for each in first])
        emulator.hits.clear()
        yield client


@pytest.fixture
async def forge() -> AsyncIterator[ForgeEmulator]:
    emulator = create_emulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


async def test_it_costs_no_task(forge: ForgeEmulator) -> None:
    async with warm(forge) as client:
        before = asyncio.all_tasks()
        asked = Asked(client)
        assert asyncio.all_tasks() == before
        assert client.in_flight == 1
        outcome = await asked.outcome()
    assert isinstance(outcome, Answer)
    assert (asked.attempts, asked.scope.calls[0].status, forge.hits.count()) == (1, 200, 1)


async def test_what_may_succeed_in_a_moment_is_tried_again(forge: ForgeEmulator) -> None:
    async with warm(forge, retries=2) as client:
        forge.faults.add(unavailable(), times=1)
        asked = Asked(client)
        assert isinstance(await asked.outcome(), Answer)
    assert (asked.attempts, forge.hits.count()) == (2, 2)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (unavailable(), UpstreamUnavailable),
        (reset(), UpstreamUnavailable),
        (cut(), UpstreamUnavailable),
        (truncated(), UpstreamBadResponse),
    ],
)
async def test_every_failure_is_named_as_on_the_ordinary_way(
    forge: ForgeEmulator, fault: Fault, error: type[Exception]
) -> None:
    async with warm(forge) as client:
        forge.faults.add(fault)
        asked = Asked(client)
        assert isinstance(await asked.outcome(), error)
        assert client.in_flight == 0
        forge.faults.clear()
        assert isinstance(await Asked(client).outcome(), Answer)


async def test_it_ends_at_the_time_of_a_call(forge: ForgeEmulator) -> None:
    async with warm(forge, timeout_s=0.3) as client:
        forge.faults.add(hang())
        asked = Asked(client)
        assert isinstance(await asked.outcome(), UpstreamTimeout)
    assert asked.attempts == 1


async def test_a_connection_that_was_closed_while_it_rested_costs_no_try() -> None:
    async with scripted([answer(b"1"), DROP], [answer(b"2")]) as server, client_at(server.url) as client:
        assert isinstance(await Asked(client).outcome(), Answer)
        asked = Asked(client)
        outcome = await asked.outcome()
    assert isinstance(outcome, Answer)
    assert (outcome.value, asked.attempts) == (2, 1)


async def test_a_connection_that_cannot_be_written_to_is_another_one_s_matter(
    forge: ForgeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    expect, broken = Wire.expect, [True]

    def expected(wire: Wire, answer: Awaited, max_bytes: int, *, has_body: bool) -> None:
        if broken and broken.pop():
            raise RuntimeError("the transport is in a state that nobody thought of")
        expect(wire, answer, max_bytes, has_body=has_body)

    async with warm(forge) as client:
        monkeypatch.setattr(Wire, "expect", expected)
        asked = Asked(client)
        assert isinstance(await asked.outcome(), Answer)
    assert (asked.attempts, forge.hits.count()) == (1, 1)


async def test_what_cannot_be_written_at_the_end_of_the_step_is_sent_again(
    forge: ForgeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, broken = Wire.write, [True]

    def written(wire: Wire, request: bytes) -> None:
        if broken and broken.pop():
            raise RuntimeError(f"{len(request)} bytes cannot be written")
        write(wire, request)

    async with warm(forge, connections=2) as client:
        monkeypatch.setattr(Wire, "write", written)
        lost, other = Asked(client), Asked(client, 1)
        assert isinstance(await lost.outcome(), Answer)
        assert isinstance(await other.outcome(), Answer)
    assert (lost.attempts, other.attempts, forge.hits.count()) == (1, 1, 2)


@pytest.mark.parametrize("sent_unasked", [answer(b"3", status="408 Request Timeout"), b"no HTTP"])
async def test_what_comes_before_the_request_has_left_is_not_its_answer(
    monkeypatch: pytest.MonkeyPatch, sent_unasked: bytes
) -> None:
    write = Wire.write
    early = [b"", sent_unasked]

    def written(wire: Wire, request: bytes) -> None:
        # As the connection is read in the step that has put the request into the outbox.
        if early and (came := early.pop(0)):
            wire.data_received(came)
        if wire.is_connected():
            write(wire, request)

    async with scripted([answer(b"1")], [answer(b"2")]) as server, client_at(server.url) as client:
        monkeypatch.setattr(Wire, "write", written)
        assert isinstance(await Asked(client).outcome(), Answer)
        asked = Asked(client)
        outcome = await asked.outcome()
    assert isinstance(outcome, Answer)
    assert (outcome.value, asked.attempts) == (2, 1)


async def test_calls_wait_for_a_slot_in_turn(forge: ForgeEmulator) -> None:
    async with warm(forge, concurrency=1) as client:
        many = [Asked(client, number) for number in range(5)]
        tasks = asyncio.all_tasks()
        assert all([isinstance(await each.outcome(), Answer) for each in many])
        assert asyncio.all_tasks() == tasks
    assert forge.hits.count() == 5


async def test_what_waits_too_long_for_a_slot_is_not_sent(forge: ForgeEmulator) -> None:
    async with warm(forge, concurrency=1, wait_s=0.05, timeout_s=1.0) as client:
        forge.faults.add(hang())
        _, late = Asked(client), Asked(client, 1)
        assert isinstance(await late.outcome(), UpstreamRateLimited)
    assert late.attempts == 0


async def test_a_slot_that_comes_after_the_deadline_is_not_waited_for(forge: ForgeEmulator) -> None:
    async with warm(forge, concurrency=1, timeout_s=1.0) as client:
        forge.faults.add(hang())
        _, late = Asked(client), Asked(client, 1, deadline_s=0.05)
        assert isinstance(await late.outcome(), NotAsked)
    assert late.attempts == 0


async def test_a_slot_is_used_where_the_time_that_is_left_has_to_be_watched(forge: ForgeEmulator) -> None:
    async with warm(forge, concurrency=1, timeout_s=5.0) as client:
        many = [Asked(client, number, deadline_s=4.0) for number in range(3)]
        assert all([isinstance(await each.outcome(), Answer) for each in many])
    assert forge.hits.count() == 3


async def test_whom_nobody_waits_for_any_more_gives_everything_back(forge: ForgeEmulator) -> None:
    async with warm(forge, concurrency=1) as client:
        forge.faults.add(hang())
        sent, waiting = Asked(client), Asked(client, 1)
        for each in (waiting, sent):
            assert each.arrival is not None
            each.arrival.cancel()
        assert client.in_flight == 0
        forge.faults.clear()
        assert isinstance(await Asked(client).outcome(), Answer)
        assert not sent.told.done()
        assert not waiting.told.done()


async def test_a_slot_is_given_back_where_a_task_ends_before_it_begins() -> None:
    async with (
        scripted([answer(b"1"), DROP], [answer(b"2")]) as server,
        client_at(server.url, msgspec.structs.replace(POLICY, concurrency=1)) as client,
    ):
        assert isinstance(await Asked(client).outcome(), Answer)
        asked = Asked(client)
        # As soon as the flight goes on in a task, which still has the slot.
        while not asyncio.all_tasks() - {asyncio.current_task()}:  # noqa: ASYNC110 - there is no event of this
            await asyncio.sleep(0)
        await client.close()
        assert isinstance(await asked.outcome(), UpstreamUnavailable)
        outcome = await Asked(client).outcome()
        assert isinstance(outcome, Answer)
        assert outcome.value == 2


async def test_a_fault_of_ours_reaches_who_waits_and_harms_no_other_call(forge: ForgeEmulator) -> None:
    def broken(reply: Reply, origin: Origin) -> object:
        del reply, origin
        raise ZeroDivisionError

    async with warm(forge) as client:
        told: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        client.begin(Ask(call(), broken, Sample(body=lambda: b"{}")), scope_of(), told.set_result)
        assert isinstance(await told, ZeroDivisionError)
        assert isinstance(await Asked(client).outcome(), Answer)


async def test_a_fault_of_ours_in_keeping_leaves_no_call_in_flight(
    forge: ForgeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Answer[object]:
        raise ZeroDivisionError

    async with warm(forge) as client:
        monkeypatch.setattr(Kept, "keep", broken)
        assert isinstance(await Asked(client).outcome(), ZeroDivisionError)
        assert client.in_flight == 0


async def test_a_fault_of_ours_in_beginning_leaves_no_call_in_flight(
    forge: ForgeEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with warm(forge) as client:
        with monkeypatch.context() as patch:
            patch.setattr(StaticHeaders, "at_hand", broken)
            with pytest.raises(ZeroDivisionError):
                Asked(client)
        assert client.in_flight == 0
        assert isinstance(await Asked(client).outcome(), Answer)


async def test_no_slot_is_held_while_a_login_is_waited_for() -> None:
    credentials = LoggingIn()
    async with (
        scripted([answer(b"1"), DROP], [answer(b"3"), answer(b"2")]) as server,
        client_at(server.url, msgspec.structs.replace(POLICY, concurrency=1), credentials) as client,
    ):
        assert isinstance(await Asked(client).outcome(), Answer)
        logging_in = Asked(client, 1)
        credentials.is_good = False
        await asyncio.wait_for(credentials.asked.wait(), 5)
        credentials.is_good = True
        other = await Asked(client, 2).outcome()
        credentials.answered.set()
        outcome = await logging_in.outcome()
    assert isinstance(other, Answer)
    assert isinstance(outcome, Answer)
    assert (other.value, outcome.value) == (3, 2)


async def test_what_is_begun_while_the_calls_are_ended_is_refused(forge: ForgeEmulator) -> None:
    async with warm(forge) as client:
        forge.faults.add(hang())
        again: list[Asked] = []
        asked = Asked(client)
        Asked(client, then=lambda: again.append(Asked(client, 1)))
        await client.close()
        outcomes = [await each.outcome() for each in (asked, *again)]
        assert [type(each) for each in outcomes] == [UpstreamUnavailable, UpstreamUnavailable]
        forge.faults.clear()
        assert isinstance(await Asked(client).outcome(), Answer)
    assert again[0].attempts == 0


async def test_what_waits_for_a_slot_is_not_sent_where_the_calls_are_ended(forge: ForgeEmulator) -> None:
    async with warm(forge, connections=2, concurrency=2) as client:
        forge.faults.add(hang())
        asked = [Asked(client, number) for number in range(9)]
        sent, send_at_once = [0], Attempts.send_at_once

        def counted(attempts: Attempts, first: FirstTry, left_s: float) -> Exchange | None:
            sent[0] += 1
            return send_at_once(attempts, first, left_s)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Attempts, "send_at_once", counted)
            await client.close()
        assert sent == [0]
        assert all([isinstance(await each.outcome(), UpstreamUnavailable) for each in asked])
        forge.faults.clear()
        assert isinstance(await Asked(client).outcome(), Answer)


async def test_a_circuit_that_opens_is_logged_as_the_request_s(forge: ForgeEmulator) -> None:
    async with warm(forge, breaker_failures=1) as client:
        forge.faults.add(truncated())
        with capture_logs([merge_contextvars]) as logs, bound_contextvars(request_id="ours"):
            asked = Asked(client)
            with bound_contextvars(request_id="another"):
                assert isinstance(await asked.outcome(), UpstreamBadResponse)
        assert client.circuits[ROUTE] is CircuitState.OPEN
        assert isinstance(await Asked(client).outcome(), UpstreamUnavailable)
    assert [(line["event"], line["request_id"]) for line in logs] == [("circuit_opened", "ours")]
    assert forge.hits.count() == 1


async def test_two_requests_share_it_and_one_may_leave(forge: ForgeEmulator) -> None:
    async with warm(forge) as client:
        leaving, staying = Asked(client), Asked(client)
        assert staying.scope.calls[0].verdict == "JOINED"
        assert leaving.arrival is not None
        leaving.arrival.cancel()
        assert isinstance(await staying.outcome(), Answer)
    assert forge.hits.count() == 1
