"""Rates of several processes with a real Redis between them."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from providers.agreement import Agreement
from providers.errors import UpstreamRateLimited
from providers.limits import Rate
from providers.records import Provider
from providers.redis_circuits import RedisCircuits
from providers.redis_errands import RedisErrands
from providers.redis_link import RedisLink
from providers.redis_pipeline import RedisPipeline
from providers.redis_rates import RedisRates
from tests.clock import DrivenClock
from tests.providers.redis_server import RedisServer

NAME = "FORGE:identity"


class Process:
    """One process' rate: how many calls may pass at once shows what the others left."""

    def __init__(self, url: str, per_second: float, wait_s: float = 0.0, patience_s: float = 5.0) -> None:
        self.link = RedisLink(url, patience_s=patience_s)
        self.clock = DrivenClock()
        pipeline = RedisPipeline(self.link)
        self.rates = RedisRates(pipeline)
        agreement = Agreement(NAME, self.rates, RedisCircuits(pipeline), RedisErrands(pipeline))
        self.rate = Rate(Provider.FORGE, per_second, wait_s, self.clock, agreement)

    async def passes(self) -> bool:
        try:
            await self.rate.pass_one()
        except UpstreamRateLimited:
            return False
        return True


@asynccontextmanager
async def processes(
    url: str, count: int, per_second: float, **times_s: float
) -> AsyncIterator[list[Process]]:
    made = [Process(url, per_second, **times_s) for _ in range(count)]
    try:
        yield made
    finally:
        for process in made:
            await process.link.close()


async def test_several_processes_pass_together_no_more_than_one_would(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 4, 20) as made:
        began = asyncio.get_running_loop().time()
        passed = await asyncio.gather(*(each.passes() for each in made for _ in range(20)))
        lasted_s = asyncio.get_running_loop().time() - began
        assert 20 <= sum(passed) <= 20 + 20 * lasted_s + 1


async def test_calls_of_one_turn_are_reserved_in_one_round_trip_and_spaced(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 1, 10, wait_s=30) as (process,):
        await asyncio.gather(*(process.passes() for _ in range(15)))
        # The second's worth passes; the other five wait for a tenth of a second more each.
        waits_s = [pytest.approx(0.1 * number, abs=0.02) for number in range(1, 6)]
        assert sorted(process.clock.pauses) == waits_s
        stats = await process.link.redis.info("commandstats")
        assert stats["cmdstat_get"]["calls"] == 1


async def test_a_busy_process_takes_passes_ahead_and_spares_round_trips(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 1, 1000) as (process,):
        assert all([await process.passes() for _ in range(200)])
        stats = await process.link.redis.info("commandstats")
        assert stats["cmdstat_get"]["calls"] < 20


async def test_with_redis_gone_each_process_keeps_the_rate_for_itself(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 1, 4) as (process,):
        assert [await process.passes() for _ in range(3)] == [True] * 3
        await redis_server.kill()
        # What was passed before counts: no second's worth is left to spend again.
        assert [await process.passes() for _ in range(3)] == [True, False, False]


async def test_a_redis_that_hangs_holds_a_call_up_for_a_moment_once(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 1, 100, patience_s=0.1) as (process,):
        assert await process.passes()
        redis_server.signal(signal.SIGSTOP)
        try:
            began = asyncio.get_running_loop().time()
            assert all([await process.passes() for _ in range(20)])
            assert asyncio.get_running_loop().time() - began < 0.5
        finally:
            redis_server.signal(signal.SIGCONT)


async def test_a_bucket_is_one_for_all_and_tells_when_it_holds_enough(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 2, 1) as (first, second):
        assert [await each.rates.spend("a", 2, 1) for each in (first, second)] == [0, 0]
        wait_s = await second.rates.spend("a", 2, 1)
        assert wait_s is not None
        assert 20 < wait_s <= 30
        assert await first.rates.spend("b", 2, 1) == 0


async def test_an_amount_above_a_whole_bucket_is_paid_off_before_the_next(redis_server: RedisServer) -> None:
    async with processes(redis_server.url, 1, 1) as (process,):
        assert await process.rates.spend("a", 60, 500) == 0
        wait_s = await process.rates.spend("a", 60, 1)
        assert wait_s is not None
        assert 430 < wait_s <= 441


async def test_no_name_of_a_caller_is_written_to_redis_and_each_bucket_is_forgotten_once_it_is_full(
    redis_server: RedisServer,
) -> None:
    async with processes(redis_server.url, 1, 1) as (process,):
        await process.rates.spend("requests:192.0.2.7", 60, 30)
        [key] = [key async for key in process.link.redis.scan_iter("*")]
        assert b"192.0.2.7" not in key
        assert 20_000 < await process.link.redis.pttl(key) <= 30_001
