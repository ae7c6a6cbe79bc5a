"""Several workers behind one port, as real processes: what they share, and a Redis that is killed under load."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis

from providers.emulation import faults
from tests.failures.subjects import CLUB_MED, MUSEMENT, SUBJECTS, Subject, query
from tests.graph import Emulators, Reply
from tests.providers.redis_server import RedisServer, redis_program
from tests.served import Served, serving

TOKEN = "an-admin-token"
CLIENTS = 100
CHANGED = "Changed since"


@pytest.fixture
async def redis(tmp_path: Path) -> AsyncIterator[RedisServer]:
    server = RedisServer(redis_program(), tmp_path)
    await server.start()
    yield server
    await server.kill()


def expire_at_once(emulators: Emulators) -> None:
    for subject in SUBJECTS:
        subject.emulator(emulators).response_headers = {"Cache-Control": "max-age=0"}


def is_right(reply: Reply, subjects: tuple[Subject, ...] = SUBJECTS) -> bool:
    items = [subject.item(reply) for subject in subjects]
    return reply.status == 200 and not reply.errors and all(item and item["title"] for item in items)


async def test_a_hundred_clients_of_a_missing_answer_cost_two_calls_at_most(redis: RedisServer) -> None:
    async with serving(2, cache_url=redis.url) as (emulators, graph):
        for subject in SUBJECTS:
            replies = await graph.at_once(query((subject,), emulators), CLIENTS)
            assert all(is_right(reply, (subject,)) for reply in replies)
            assert 1 <= subject.emulator(emulators).hits.count() <= 2


async def test_a_hundred_clients_of_an_expired_answer_get_it_at_once_for_two_calls_at_most(
    redis: RedisServer,
) -> None:
    async with serving(2, cache_url=redis.url) as (emulators, graph):
        expire_at_once(emulators)
        for subject in SUBJECTS:
            emulator, text = subject.emulator(emulators), query((subject,), emulators)
            await graph.query(text)
            await emulator.hits.idle()
            emulators.forget_calls()
            emulator.faults.add(faults.held())
            replies = await graph.at_once(text, CLIENTS)
            items = [subject.item(reply) for reply in replies]
            assert all(item and item["freshness"]["state"] == "STALE" for item in items)
            await emulator.hits.arrived(1)
            assert emulator.hits.count() <= 2
            emulator.faults.clear()


class Load:
    """Clients that ask one after another until they are told to stop, and what came of it."""

    def __init__(self, ask: Callable[[], Awaitable[Reply]], clients: int) -> None:
        self.answered = 0
        self.wrong: list[bytes] = []
        self._ask = ask
        self._stop = asyncio.Event()
        self._answered = asyncio.Event()
        self._clients = [asyncio.create_task(self._run()) for _ in range(clients)]

    async def more(self, answers: int) -> None:
        """Wait until so many more answers have come."""
        wanted = self.answered + answers
        while self.answered < wanted:
            self._answered.clear()
            await self._answered.wait()

    async def stop(self) -> None:
        self._stop.set()
        await asyncio.gather(*self._clients)

    async def _run(self) -> None:
        while not self._stop.is_set():
            reply = await self._ask()
            if not is_right(reply):
                self.wrong.append(reply.body)
            self.answered += 1
            self._answered.set()


async def test_a_redis_that_is_killed_and_started_again_under_load_fails_no_request(
    redis: RedisServer,
) -> None:
    async with serving(2, cache_url=redis.url) as (emulators, graph):
        # Every answer is renewed behind its reader, so that Redis is read and written all the time.
        expire_at_once(emulators)
        text = query(SUBJECTS, emulators)
        load = Load(lambda: graph.query(text), clients=8)
        await load.more(100)
        await redis.kill()
        await graph.lines.said("shared_cache_gone", times=2, within_s=5.0)
        await graph.tells("mediagraph_sharing_down 2.0")
        await load.more(100)
        await redis.start("--notify-keyspace-events", "E$")
        await graph.lines.said("shared_cache_back", times=2, within_s=5.0)
        await graph.tells("mediagraph_sharing_down 0.0")
        await kept_again(redis)
        await load.more(100)
        await load.stop()
        assert load.wrong == []
        assert [graph.lines.events.count(f"shared_cache_{event}") for event in ("gone", "back")] == [2, 2]


async def kept_again(redis: RedisServer) -> None:
    """Wait until a worker keeps an answer in Redis."""
    async with Redis.from_url(redis.url) as connection, connection.pubsub() as events:
        await events.subscribe("__keyevent@0__:set")
        async with asyncio.timeout(5.0):
            async for event in events.listen():
                if event["type"] == "message":
                    assert event["data"].startswith(b"mediagraph:")
                    return


def change(emulators: Emulators) -> None:
    """Have every provider answer the first thing with another title."""
    keys = {subject: subject.keys(emulators)[0] for subject in SUBJECTS}
    emulators.musement.world.activities[keys[MUSEMENT]]["title"] = CHANGED
    emulators.clubmed.world.products["en-US"][keys[CLUB_MED]]["title"] = CHANGED
    emulators.forge.world.photos["en-us"][0]["title"] = CHANGED


async def asked_by_both(graph: Served, emulators: Emulators, subject: Subject) -> None:
    """Ask until both workers have an answer of their own."""
    text = query((subject,), emulators)
    while subject.emulator(emulators).hits.count() < 2:
        await graph.at_once(text, 16)


@pytest.mark.parametrize("shares", ["redis", "a_file"])
async def test_a_purge_is_seen_by_the_other_worker_within_a_second(redis: RedisServer, shares: str) -> None:
    settings = {"cache_url": redis.url} if shares == "redis" else {}
    async with serving(2, admin_token=TOKEN, **settings) as (emulators, graph):
        text = query(SUBJECTS, emulators)
        if shares == "a_file":
            for subject in SUBJECTS:
                await asked_by_both(graph, emulators, subject)
        await graph.at_once(text, 32)
        change(emulators)
        assert {title for reply in await graph.at_once(text, 32) for title in titles(reply)}.isdisjoint(
            {CHANGED}
        )
        for subject in SUBJECTS:
            order = {"provider": subject.provider}
            reply = await graph.send("POST", "/admin/purge", order, authorization=f"Bearer {TOKEN}")
            assert (reply.status, reply.json["everywhere"]) == (200, True)
        await graph.lines.said("purge_heard", times=2 * len(SUBJECTS), within_s=1.0)
        assert {title for reply in await graph.at_once(text, 32) for title in titles(reply)} == {CHANGED}


def titles(reply: Reply) -> list[str]:
    assert reply.errors == []
    return [item["title"] for subject in SUBJECTS if (item := subject.item(reply))]
