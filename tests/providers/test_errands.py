"""What several processes want is fetched by one of them, with a real Redis between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from unittest.mock import Mock

import pytest

from providers.agreement import Agreement, Errand
from providers.client import Call, CallPolicy
from providers.emulation import faults
from providers.errands import Errands
from providers.errors import UpstreamUnavailable
from providers.records import Provider
from providers.redis_cache import RedisCache
from providers.redis_circuits import RedisCircuits
from providers.redis_errands import RedisErrands
from providers.redis_pipeline import RedisPipeline
from providers.redis_rates import RedisRates
from providers.shared import Share
from tests.providers.redis_server import RedisServer
from tests.providers.toy import Toy, running_toy


class Worker:
    """A process: a client with a memory of its own, and its connection to Redis."""

    def __init__(self, toy: Toy, cache: RedisCache) -> None:
        self.toy = toy
        self.cache = cache


@asynccontextmanager
async def workers(
    redis: RedisServer, count: int, policy: CallPolicy | None = None
) -> AsyncIterator[list[Worker]]:
    """Run workers that ask one and the same provider: the first one's emulator."""
    async with AsyncExitStack() as stack:
        made: list[Worker] = []
        for _ in range(count):
            cache = RedisCache(redis.url, patience_s=5.0)
            stack.push_async_callback(cache.close)
            pipeline = RedisPipeline(cache.link)
            agreement = Agreement(
                "FORGE:x", RedisRates(pipeline), RedisCircuits(pipeline), RedisErrands(pipeline)
            )
            share = Share(Provider.FORGE, "x", cache, agreement)
            url = made[0].toy.emulator.url if made else None
            toy = await stack.enter_async_context(running_toy(policy, share=share, url=url))
            made.append(Worker(toy, cache))
        yield made


async def test_a_hundred_clients_of_a_missing_answer_on_four_workers_are_one_call(
    redis_server: RedisServer,
) -> None:
    async with workers(redis_server, 4) as made:
        answers = await asyncio.gather(*(each.toy.ask() for each in made for _ in range(25)))
        assert {answer.value.name for answer in answers if answer.value} == {"a"}
        assert made[0].toy.calls == 1


async def test_a_hundred_clients_of_an_expired_answer_on_four_workers_are_one_renewal(
    redis_server: RedisServer,
) -> None:
    async with workers(redis_server, 4) as made:
        for each in made:
            await each.toy.ask()
            await each.cache.flush()
            each.toy.clock.now += 61
        emulator = made[0].toy.emulator
        emulator.version = 2
        answers = await asyncio.gather(*(each.toy.ask() for each in made for _ in range(25)))
        assert {answer.value.version for answer in answers if answer.value} == {1}, "the old one, at once"
        for each in made:
            await each.toy.renewed()
            assert await each.toy.version() == 2
        assert made[0].toy.calls == 2


async def test_what_is_fetched_for_many_keys_at_once_is_claimed_in_few_round_trips(
    redis_server: RedisServer,
) -> None:
    async with workers(redis_server, 2) as (first, second):
        keys = [str(number) for number in range(50)]
        await asyncio.gather(*(each.toy.ask(key) for each in (first, second) for key in keys))
        assert first.toy.calls == 50
        clients = await first.cache.link.redis.info("clients")
        assert clients["connected_clients"] < 10


async def test_an_errand_that_fails_is_taken_over_by_another_process(redis_server: RedisServer) -> None:
    async with workers(redis_server, 2) as (first, second):
        first.toy.emulator.faults.add(faults.server_error(), times=1)
        ends = await asyncio.gather(first.toy.version(), second.toy.version(), return_exceptions=True)
        assert 1 in ends
        assert [type(end) for end in ends if end != 1] == [UpstreamUnavailable]
        assert first.toy.calls == 2


async def test_an_errand_whose_clients_went_away_is_taken_over_by_another_process(
    redis_server: RedisServer,
) -> None:
    async with workers(redis_server, 2) as (first, second):
        emulator = first.toy.emulator
        emulator.faults.add(faults.hang(), times=1)
        leaving = asyncio.create_task(first.toy.version())
        await emulator.hits.arrived(1)
        staying = asyncio.create_task(second.toy.version())
        leaving.cancel()
        assert await staying == 1
        assert emulator.hits.count() == 2


async def test_a_process_that_hangs_with_an_errand_holds_up_no_other_for_long(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("providers.errands._LONGEST_WAIT_S", 0.05)
    async with workers(redis_server, 2) as (first, second):
        emulator = first.toy.emulator
        emulator.faults.add(faults.hang(), times=1)
        hanging = asyncio.create_task(first.toy.version())
        await emulator.hits.arrived(1)
        assert await second.toy.version() == 1
        hanging.cancel()


async def test_what_may_not_be_kept_is_fetched_by_each_process(redis_server: RedisServer) -> None:
    async with workers(redis_server, 2) as (first, second):
        first.toy.emulator.response_headers = {"Cache-Control": "no-store"}
        assert [*await asyncio.gather(first.toy.version(), second.toy.version())] == [1, 1]
        assert first.toy.calls == 2


async def test_without_redis_each_process_fetches_for_itself(redis_server: RedisServer) -> None:
    async with workers(redis_server, 2) as (first, second):
        await redis_server.kill()
        assert [*await asyncio.gather(first.toy.version(), second.toy.version())] == [1, 1]
        assert first.toy.calls == 2


class Undecided:
    """Never answers who has an errand."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.finished: list[str] = []

    async def begin(self, key: str, seen: str) -> Errand | None:
        del key, seen
        self.asked.set()
        await asyncio.Event().wait()
        return None

    def finish(self, key: str) -> None:
        self.finished.append(key)


async def test_a_claim_whose_client_went_away_meanwhile_is_given_back() -> None:
    undecided, call = Undecided(), Call(route="GET /x", path="/x")
    share = Share(Provider.FORGE, "x", Mock(), Agreement("FORGE:x", Mock(), Mock(), undecided))

    async def nothing() -> None:
        return None

    async def fetch() -> None:
        async with Errands(share).alone(call, nothing, renews=False):
            raise AssertionError

    fetching = asyncio.create_task(fetch())
    await undecided.asked.wait()
    fetching.cancel()
    await asyncio.wait([fetching])
    assert fetching.cancelled()
    assert undecided.finished == [share.key(call)]
