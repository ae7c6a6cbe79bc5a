"""One process, four workers, or two processes on ports of their own: with a Redis between them they act as one."""

import asyncio
import hashlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack

import pytest

from providers.emulation import faults
from tests.failures.subjects import FORGE, SUBJECTS, query
from tests.failures.test_workers import Load
from tests.graph import Emulators, Reply, running_emulators
from tests.providers.redis_server import RedisServer
from tests.served import Served, served

SHAPES = {"one_process": (1,), "four_workers": (4,), "two_processes": (1, 1)}
CLIENTS = 100
TOKEN = "an-admin-token"
QUERY = "{ __typename }"
HASH = hashlib.sha256(QUERY.encode()).hexdigest()
ALLOWED = 100
# The machine that tests is busy: what it does late is no failure of Redis.
PATIENT = {"cache_wait_s": "5"}


class Machines:
    """Graphs over the same emulators and the same Redis; ``workers`` is how many processes each of them has."""

    def __init__(self, emulators: Emulators, redis: RedisServer, workers: Sequence[int]) -> None:
        self.emulators = emulators
        self.graphs: list[Served] = []
        self._redis = redis
        self._workers = workers
        self._stack = AsyncExitStack()

    async def serve(self, **settings: str) -> None:
        """Start all of them."""
        starting = (
            self._stack.enter_async_context(
                served(self.emulators, each, cache_url=self._redis.url, **PATIENT, **settings)
            )
            for each in self._workers
        )
        self.graphs += [await each for each in starting]

    async def end(self) -> None:
        await self._stack.aclose()

    async def post(self, number: int, body: object) -> Reply:
        """Ask one graph after the other; which of its workers answers is chance."""
        return await self.graphs[number % len(self.graphs)].send("POST", "/graphql", body)

    async def post_and_read(self, number: int, text: str) -> None:
        """Ask one graph, and read what it logged until it was answered."""
        lines = self.graphs[number % len(self.graphs)].lines
        answered = lines.events.count("request")
        await self.post(number, {"query": text})
        await lines.said("request", times=answered + 1, within_s=10.0)

    async def at_once(self, text: str, times: int) -> list[Reply]:
        """Have so many clients ask the same at the same time."""
        return await asyncio.gather(*(self.post(number, {"query": text}) for number in range(times)))

    async def all_said(self, event: str) -> None:
        """Wait until every process has logged an event."""
        for graph, workers in zip(self.graphs, self._workers, strict=True):
            await graph.lines.said(event, times=workers, within_s=10.0)


@pytest.fixture(params=SHAPES)
async def machines(request: pytest.FixtureRequest, redis_server: RedisServer) -> AsyncIterator[Machines]:
    async with running_emulators() as emulators:
        made = Machines(emulators, redis_server, SHAPES[request.param])
        yield made
        await made.end()


async def test_what_is_missing_is_fetched_once_what_expired_renewed_once_and_what_fails_served_stale(
    machines: Machines,
) -> None:
    await machines.serve()
    for subject in SUBJECTS:
        emulator, emulators = subject.emulator(machines.emulators), machines.emulators
        replies = await machines.at_once(query((subject,), emulators), CLIENTS)
        assert all(reply.errors == [] and subject.item(reply) for reply in replies)
        assert emulator.hits.count() <= 2

        text = query((subject,), emulators, position=1)
        emulator.response_headers = {"Cache-Control": "max-age=0"}
        await machines.post(0, {"query": text})
        await emulator.hits.idle()
        emulator.hits.clear()
        emulator.faults.add(faults.held())
        replies = await machines.at_once(text, CLIENTS)
        assert states(subject.field, replies) == {"STALE": CLIENTS}
        await emulator.hits.arrived(1)
        assert emulator.hits.count() <= 2
        emulator.faults.clear()
        await emulator.hits.idle()

        await emulator.stop()
        replies = await machines.at_once(text, CLIENTS)
        assert states(subject.field, replies) == {"STALE": CLIENTS}


def states(field: str, replies: Sequence[Reply]) -> Counter[str]:
    """Count the answers by their freshness; none of them has an error."""
    assert [reply.errors for reply in replies if reply.errors] == []
    return Counter(reply.data[field][0]["freshness"]["state"] for reply in replies)


async def test_a_circuit_that_one_process_opens_keeps_all_away_and_one_probe_closes_it_for_all(
    machines: Machines,
) -> None:
    await machines.serve(forge_breaker_failures="3", forge_breaker_open_s="2", forge_retries="0")
    emulator, text = machines.emulators.forge, query((FORGE,), machines.emulators)
    emulator.faults.add(faults.server_error())
    asked = 0
    while not any("circuit_opened" in graph.lines.events for graph in machines.graphs):
        await machines.post_and_read(asked, text)
        asked += 1
    await machines.all_said("circuit_opened")
    calls = emulator.hits.count()
    # Each process may have failed twice without opening it.
    assert calls <= 3 + 2 * 3

    opened_at = time.monotonic()
    replies = await machines.at_once(text, 40)
    assert {code for reply in replies for code, _ in reply.codes} == {"UPSTREAM_UNAVAILABLE"}
    if time.monotonic() - opened_at < 1.0:
        assert emulator.hits.count() == calls

    emulator.faults.clear()
    emulator.faults.add(faults.held())
    emulator.hits.clear()
    probing = asyncio.create_task(until_answered(machines, text))
    await emulator.hits.arrived(1)
    await machines.at_once(text, 40)
    assert emulator.hits.count() == 1
    emulator.faults.clear()
    await probing
    await machines.all_said("circuit_closed")
    replies = await machines.at_once(text, 40)
    assert [reply.errors for reply in replies if reply.errors] == []


async def until_answered(machines: Machines, text: str) -> None:
    """Ask one after the other until an answer comes: the first after the circuit's time is the probe."""
    asked = 0
    while (await machines.post(asked, {"query": text})).errors:
        asked += 1


@pytest.mark.parametrize("machines", ["four_workers", "two_processes"], indirect=True)
async def test_a_redis_that_is_killed_and_comes_back_fails_no_request_and_purges_are_heard_again(
    machines: Machines, redis_server: RedisServer
) -> None:
    await machines.serve(admin_token=TOKEN, rate_requests="1000000")
    for subject in SUBJECTS:
        subject.emulator(machines.emulators).response_headers = {"Cache-Control": "max-age=0"}
    text, numbers = query(SUBJECTS, machines.emulators), itertools.count()
    load = Load(lambda: machines.post(next(numbers), {"query": text}), clients=8)
    await load.more(50)
    await redis_server.kill()
    await machines.all_said("shared_cache_gone")
    await load.more(50)
    await redis_server.start()
    await machines.all_said("shared_cache_back")
    await load.more(50)
    await load.stop()
    assert load.wrong == []
    reply = await machines.graphs[0].send(
        "POST", "/admin/purge", {"provider": "FORGE"}, authorization=f"Bearer {TOKEN}"
    )
    assert reply.json["everywhere"]
    await machines.all_said("purge_heard")


async def test_a_query_is_known_and_a_client_is_limited_by_what_was_sent_to_any_of_them(
    machines: Machines,
) -> None:
    await machines.serve(rate_requests=str(ALLOWED))
    began = time.monotonic()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": HASH}}
    unknown = await machines.post(0, {"extensions": extensions})
    assert unknown.errors[0]["message"] == "PersistedQueryNotFound"
    await machines.post(0, {"query": QUERY, "extensions": extensions})
    found = await asyncio.gather(*(machines.post(number, {"extensions": extensions}) for number in range(38)))
    assert [reply.data for reply in found] == [{"__typename": "Query"}] * 38

    replies = await machines.at_once(QUERY, ALLOWED)
    refilled = (time.monotonic() - began) * ALLOWED / 60 + 1
    statuses = Counter(reply.status for reply in replies)
    assert ALLOWED - 40 <= statuses[200] <= ALLOWED - 40 + refilled
    assert statuses[200] + statuses[429] == ALLOWED
    assert all(int(reply.headers["retry-after"]) > 0 for reply in replies if reply.status == 429)
