"""Circuits of several processes with a real Redis between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from providers.agreement import Agreement
from providers.breaker import Circuits, CircuitState
from providers.clock import Clock
from providers.errors import UpstreamTimeout, UpstreamUnavailable
from providers.records import Provider
from providers.redis_circuits import RedisCircuits
from providers.redis_errands import RedisErrands
from providers.redis_link import RedisLink
from providers.redis_pipeline import RedisPipeline
from providers.redis_rates import RedisRates
from tests.clock import DrivenClock
from tests.log_lines import listening
from tests.providers.redis_server import RedisServer

ROUTE = "GET /x"
OPEN_S = 0.3


class Process:
    """The circuits of one process; exchanges happen when the test says so."""

    def __init__(self, url: str, name: str, clock: Clock | None) -> None:
        self.link = RedisLink(url, patience_s=5.0)
        pipeline = RedisPipeline(self.link)
        self.board = RedisCircuits(pipeline)
        self.clock = clock or Clock()
        agreement = Agreement(name, RedisRates(pipeline), self.board, RedisErrands(pipeline))
        self.circuits = Circuits(Provider.FORGE, 2, OPEN_S, self.clock, agreement)

    async def call(self, *, fails: bool = False) -> bool:
        """Make a call that ends as told; False where the circuit did not let it pass."""
        passed = False
        with suppress(UpstreamTimeout, UpstreamUnavailable):
            async with self.circuits.guard(ROUTE):
                passed = True
                if fails:
                    raise UpstreamTimeout(Provider.FORGE, "failed")
        return passed

    async def break_down(self) -> None:
        """Open the circuit, and have all know."""
        for _ in range(2):
            await self.call(fails=True)
        await self.board.exchange()

    @property
    def state(self) -> CircuitState | None:
        return self.circuits.states.get(ROUTE)


@asynccontextmanager
async def processes(
    url: str, count: int = 3, clock: Clock | None = None, names: tuple[str, ...] = ()
) -> AsyncIterator[list[Process]]:
    made = [Process(url, name, clock) for name in names or ["FORGE:identity"] * count]
    try:
        yield made
    finally:
        for process in made:
            await process.board.close()
            await process.link.close()


async def half_open(*all_of_them: Process) -> None:
    """Wait until the time of an open circuit is over in every process and in Redis."""
    for process in all_of_them:
        while process.state is not CircuitState.HALF_OPEN:
            await process.clock.pause(OPEN_S / 10)
    # Redis counts whole milliseconds.
    await all_of_them[0].clock.pause(0.002)


async def test_what_one_process_opened_lets_no_call_of_the_others_pass(redis_server: RedisServer) -> None:
    async with processes(redis_server.url) as (first, second, third):
        await first.break_down()
        for other in (second, third):
            await other.board.exchange()
            assert other.state is CircuitState.OPEN
            assert not await other.call()


async def test_only_one_of_all_processes_probes_and_its_success_closes_the_circuit_for_all(
    redis_server: RedisServer,
) -> None:
    async with processes(redis_server.url) as all_of_them:
        first, second, third = all_of_them
        await first.break_down()
        for other in (second, third):
            await other.board.exchange()
        await half_open(*all_of_them)
        async with second.circuits.guard(ROUTE):
            passed = await asyncio.gather(*(each.call() for each in all_of_them for _ in range(10)))
            assert not any(passed)
        await second.board.exchange()
        for other in (first, third):
            await other.board.exchange()
            assert other.state is CircuitState.CLOSED
            assert await other.call()


async def test_a_failed_probe_keeps_all_away_for_as_long_again(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 2) as (first, second):
        await first.break_down()
        await second.board.exchange()
        await half_open(first, second)
        assert await first.call(fails=True)
        await first.board.exchange()
        assert not await second.call(), "it has not learned of it, but asks before it probes"
        await second.board.exchange()
        assert second.state is CircuitState.OPEN


async def test_a_probe_that_is_cancelled_leaves_its_place_to_another_process(
    redis_server: RedisServer,
) -> None:
    async with processes(redis_server.url, 2) as (first, second):
        await first.break_down()
        await second.board.exchange()
        await half_open(first, second)
        with pytest.raises(asyncio.CancelledError):
            async with first.circuits.guard(ROUTE):
                raise asyncio.CancelledError
        await first.board.exchange()
        assert await second.call()


async def test_a_process_that_dies_with_the_probe_does_not_keep_it(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.redis_circuits._LENT_MS", 300)
    async with processes(redis_server.url, 2) as (first, second):
        await first.break_down()
        await second.board.exchange()
        await half_open(first, second)
        await first.circuits.guard(ROUTE).__aenter__()
        async with asyncio.timeout(10):
            while not await second.call():
                await second.clock.pause(OPEN_S / 5)


async def test_with_redis_gone_each_process_opens_probes_and_closes_for_itself(
    redis_server: RedisServer,
) -> None:
    async with processes(redis_server.url, 2) as (first, second):
        await first.break_down()
        await second.board.exchange()
        await redis_server.kill()
        for each in (first, second):
            await each.board.exchange()
            assert each.state is not CircuitState.CLOSED
        await half_open(first, second)
        assert [await each.call() for each in (first, second)] == [True, True]
        assert [each.state for each in (first, second)] == [CircuitState.CLOSED] * 2


async def test_what_is_open_is_told_again_to_a_redis_that_lost_its_memory(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 2, DrivenClock()) as (first, second):
        await first.break_down()
        await redis_server.kill()
        await first.board.exchange()
        await redis_server.start()
        # What asks in the background finds out that it is back.
        assert await first.link.tried(first.link.redis.ping(), 5.0)
        await first.board.exchange()
        await second.board.exchange()
        assert [each.state for each in (first, second)] == [CircuitState.OPEN] * 2


async def test_providers_reached_with_other_credentials_have_circuits_of_their_own(
    redis_server: RedisServer,
) -> None:
    async with processes(redis_server.url, names=("FORGE:ours", "FORGE:theirs")) as (ours, theirs):
        await ours.break_down()
        await theirs.board.exchange()
        assert await theirs.call()


async def test_changes_are_told_at_once_and_learned_in_the_background(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 2) as (first, second):
        for each in (first, second):
            await each.board.open()
        with listening() as lines:
            for _ in range(2):
                await first.call(fails=True)
            await lines.said("circuit_opened", times=2, within_s=2.0)
        assert second.state is not CircuitState.CLOSED


async def test_what_somebody_else_wrote_there_does_not_end_the_learning(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 2) as (one, other):
        await RedisPipeline(one.link).run("HSET", "mediagraph:1:circuits", b"\xff\n\xff", "1")
        await one.break_down()
        await other.board.exchange()
        assert other.state is CircuitState.OPEN
