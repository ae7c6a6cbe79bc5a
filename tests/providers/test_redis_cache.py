"""A real Redis between two clients of one provider: shared answers, purges, and how it may fail."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
import structlog

from providers.cache import Keeping
from providers.client import Call, CallPolicy
from providers.emulation import faults
from providers.records import Provider
from providers.redis_cache import RedisCache
from providers.shared import Share, Stored
from providers.transport import Reply
from tests.log_lines import listening
from tests.providers.redis_server import RedisServer, redis_program
from tests.providers.toy import Toy, running_toy


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(redis_program(), tmp_path)
    await server.start()
    yield server
    await server.kill()


class Worker:
    """A client with a memory of its own, and its connection to Redis."""

    def __init__(self, toy: Toy, cache: RedisCache) -> None:
        self.toy = toy
        self.cache = cache

    async def written(self) -> None:
        """Wait until what was kept is in Redis."""
        await self.cache.flush()

    async def hears_of_a_purge(self) -> None:
        """Wait for a second at the most until a purge is heard of."""
        heard = asyncio.Event()
        self.cache.when_purged(lambda _: heard.set())
        async with asyncio.timeout(1.0):
            await heard.wait()


@asynccontextmanager
async def workers(
    redis: RedisServer, count: int = 2, policy: CallPolicy | None = None
) -> AsyncIterator[list[Worker]]:
    """Run workers that ask one and the same provider: the first one's emulator."""
    async with AsyncExitStack() as stack:
        made: list[Worker] = []
        for _ in range(count):
            cache = RedisCache(redis.url)
            stack.push_async_callback(cache.close)
            share = Share(Provider.FORGE, "identity", cache)
            url = made[0].toy.emulator.url if made else None
            toy = await stack.enter_async_context(running_toy(policy, share=share, url=url))
            cache.when_purged(toy.client.purge)
            await cache.open()
            made.append(Worker(toy, cache))
        yield made


async def test_what_one_worker_fetched_another_finds(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        await first.toy.ask()
        await first.written()
        scope = second.toy.scope()
        answer = await second.toy.ask("a", scope)
        assert answer.value is not None
        assert answer.value.name == "a"
        assert [(record.verdict, record.attempts) for record in scope.calls] == [("HIT", 0)]
        assert first.toy.calls == 1
        assert await second.toy.version() == 1, "from its own memory"


async def test_a_hundred_clients_of_a_missing_entry_on_two_workers_are_two_calls_at_most(
    redis: RedisServer,
) -> None:
    async with workers(redis) as (first, second):
        await asyncio.gather(*(worker.toy.ask() for worker in (first, second) for _ in range(50)))
        assert first.toy.calls <= 2


async def test_a_hundred_clients_of_an_expired_entry_on_two_workers_are_two_renewals_at_most(
    redis: RedisServer,
) -> None:
    async with workers(redis) as (first, second):
        for worker in (first, second):
            await worker.toy.ask()
            await worker.written()
            worker.toy.clock.now += 61
        first.toy.emulator.version = 2
        answers = await asyncio.gather(*(worker.toy.ask() for worker in (first, second) for _ in range(50)))
        assert {answer.value.version for answer in answers if answer.value} == {1}
        for worker in (first, second):
            await worker.toy.renewed()
            assert await worker.toy.version() == 2
        assert first.toy.calls <= 3


async def test_a_stale_answer_of_another_worker_comes_at_once_and_is_renewed(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        await first.toy.ask()
        await first.written()
        second.toy.clock.now += 61
        first.toy.emulator.version = 2
        scope = second.toy.scope()
        answer = await second.toy.ask("a", scope)
        assert answer.value is not None
        assert (answer.value.version, scope.calls[0].verdict, scope.calls[0].age_s) == (1, "STALE", 61)
        await second.toy.renewed()
        assert await second.toy.version() == 2


async def test_a_404_is_shared_too(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        first.toy.emulator.faults.add(faults.not_found(), times=1)
        assert await first.toy.version() is None
        await first.written()
        assert await second.toy.version() is None
        assert first.toy.calls == 1


async def test_a_renewal_without_a_body_is_shared_too(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        first.toy.emulator.validators = True
        await first.toy.ask()
        await first.written()
        for worker in (first, second):
            worker.toy.clock.now += 61
        await first.toy.ask()
        await first.toy.renewed()
        await first.written()
        scope = second.toy.scope()
        await second.toy.ask("a", scope)
        assert [record.verdict for record in scope.calls] == ["HIT"]
        assert first.toy.calls == 2


async def test_a_refusal_ends_what_was_shared(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        await first.toy.ask()
        first.toy.clock.now += 61
        first.toy.emulator.faults.add(faults.forbidden(), times=1)
        await first.toy.ask()
        await first.toy.renewed()
        await first.written()
        first.toy.emulator.version = 2
        assert await second.toy.version() == 2


async def test_a_purge_is_seen_by_every_worker_within_a_second(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        for worker in (first, second):
            await worker.toy.ask("a")
            await worker.toy.ask("b")
            await worker.written()
        first.toy.emulator.version = 2
        first.toy.client.purge("FORGE:Thing:a")
        hearing = asyncio.create_task(second.hears_of_a_purge())
        assert await first.cache.purge("FORGE:Thing:a")
        await hearing
        assert await second.toy.version("a") == 2
        assert await first.toy.version("a") == 2
        assert [await worker.toy.version("b") for worker in (first, second)] == [1, 1]


async def test_a_redis_that_dies_and_comes_back_fails_no_request(redis: RedisServer) -> None:
    with listening() as lines:
        async with workers(redis) as (first, second):
            await first.toy.ask("a")
            await redis.kill()
            assert await first.toy.version("a") == 1
            assert await first.toy.version("b") == 1
            assert await second.toy.version("a") == 1
            assert first.cache.failures > 0
            await lines.said("shared_cache_gone", times=2, within_s=3.0)
            await redis.start()
            await lines.said("shared_cache_back", times=2, within_s=3.0)
            await first.toy.ask("c")
            await first.written()
            await second.toy.ask("c")
            assert first.toy.calls == 4
    for event in ("shared_cache_gone", "shared_cache_back"):
        assert lines.events.count(event) == 2, "one line of each worker"


async def test_a_redis_that_hangs_costs_a_tenth_of_a_second_once(redis: RedisServer) -> None:
    async with workers(redis, 1) as (worker,):
        await worker.toy.ask("a")
        await worker.written()
        redis.signal(signal.SIGSTOP)
        try:
            began = asyncio.get_running_loop().time()
            for key in "bcdefgh":
                assert await worker.toy.version(key) == 1
            assert asyncio.get_running_loop().time() - began < 0.5
        finally:
            redis.signal(signal.SIGCONT)


async def test_a_redis_that_is_full_fails_no_request(redis: RedisServer) -> None:
    await redis.kill()
    await redis.start("--maxmemory", "1", "--maxmemory-policy", "noeviction")
    with structlog.testing.capture_logs() as logged:
        async with workers(redis) as (first, second):
            for key in "abc":
                assert [await worker.toy.version(key) for worker in (first, second)] == [1, 1]
                await asyncio.gather(first.written(), second.written())
            assert first.toy.calls == 6
            assert first.cache.failures == 3
    assert [each["event"] for each in logged] == ["shared_cache_refuses"] * 2


async def test_what_somebody_else_wrote_is_no_answer(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        await first.toy.ask()
        await first.written()
        [key] = [key async for key in first.cache.connection.scan_iter("mediagraph:1:FORGE:*")]
        for spoilt in (b"", b"nonsense", b"\x98" + b"\xc0" * 8):
            await first.cache.connection.set(key, spoilt)
            second.toy.client.purge("FORGE")
            assert await second.toy.version() == 1
            await second.written()


async def test_nonsense_among_the_purges_hides_none(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        await first.cache.connection.hset(
            "mediagraph:1:purges", mapping={b"\xff": b"x", b"Thing:a": b"", b"#": b"3"}
        )
        hearing = asyncio.create_task(second.hears_of_a_purge())
        assert await first.cache.purge("FORGE:Thing:b")
        await hearing
        assert second.cache.purges > 3


async def test_a_late_answer_of_redis_is_never_taken_for_another(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        with listening() as lines:
            for key in "ab":
                await first.toy.ask(key)
            await first.written()
            redis.signal(signal.SIGSTOP)
            assert await second.toy.version("a") == 1
            assert first.toy.calls == 3, "asked for itself"
            await lines.said("shared_cache_gone", within_s=5.0)
            redis.signal(signal.SIGCONT)
            await lines.said("shared_cache_back", within_s=3.0)
        answer = await second.toy.ask("b")
        assert answer.value is not None
        assert answer.value.name == "b"
        assert first.toy.calls == 3


def test_a_packed_body_that_is_cut_short_is_refused() -> None:
    stored = Stored(
        status=200, headers={}, body=b"x\x9c", is_packed=True, stored_at=1, fresh_s=1, stale_s=1, purges=0
    )
    with pytest.raises(ValueError, match="cut short"):
        stored.reply()


async def test_reads_of_one_turn_go_together(redis: RedisServer) -> None:
    async with workers(redis) as (first, second):
        await asyncio.gather(*(first.toy.ask(str(number)) for number in range(50)))
        await first.written()
        before = int(
            (await first.cache.connection.info("commandstats")).get("cmdstat_mget", {}).get("calls", 0)
        )
        await asyncio.gather(*(second.toy.ask(str(number)) for number in range(50)))
        after = int((await first.cache.connection.info("commandstats"))["cmdstat_mget"]["calls"])
        assert first.toy.calls == 50
        assert after - before == 1


async def test_a_header_that_is_no_text_spoils_nothing_of_what_is_written_beside_it(
    redis: RedisServer,
) -> None:
    async with workers(redis) as (first, second):
        share = Share(Provider.FORGE, "identity", first.cache)
        call = Call(route="r", path="/things/odd")
        odd = Reply(status=200, headers={"content-type": "application/json", "etag": "\udcff"}, body=b"{}")
        share.keep(call, odd, Keeping(60.0, 60.0), 1.0, 0)
        await first.toy.ask("a")
        await first.written()
        scope = second.toy.scope()
        await second.toy.ask("a", scope)
        assert [record.verdict for record in scope.calls] == ["HIT"]
        stored = await Share(Provider.FORGE, "identity", second.cache).find(call)
        assert stored is not None
        assert stored.headers == {"content-type": "application/json"}
