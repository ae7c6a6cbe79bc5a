"""The end of the program under load: it says so first, answers all that it took, and then is gone."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack

import aiohttp
import pytest

from tests.graph import running_emulators
from tests.served import served
from tests.server.test_command_line import Program

QUERY = json.dumps({"query": '{ photos(first: 3, locale: "en-US") { nodes { title } } }'}).encode()
CLIENTS = 12
PATIENCE_S = 60.0


async def ask(session: aiohttp.ClientSession, origin: str, gone: asyncio.Event) -> list[str]:
    """Ask on and on until told that the graph goes; return what each request came to."""
    outcomes = []
    while not gone.is_set():
        try:
            async with session.post(
                f"{origin}/graphql", data=QUERY, headers={"content-type": "application/json"}
            ) as response:
                answer = await response.json()
                whole = len(answer["data"]["photos"]["nodes"]) == 3
                outcomes.append(f"{response.status} {whole} {response.headers.get('connection', 'kept')}")
        except aiohttp.ClientError as error:
            outcomes.append(repr(error))
    return outcomes


async def watch(session: aiohttp.ClientSession, origin: str) -> dict[str, str]:
    """Wait, as a load balancer does, until the graph says that it takes no more."""
    while True:
        async with session.get(f"{origin}/readyz") as response:
            if response.status == 503:
                state: dict[str, str] = await response.json()
                return state


@pytest.mark.parametrize("workers", ["1", "4"])
async def test_no_request_is_lost_when_it_is_told_to_end_under_load(workers: str) -> None:
    with Program("--port", "0", "--workers", workers, DRAIN_S="2", LOG_LEVEL="warning") as program:
        origin = program.origin()
        gone = asyncio.Event()
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
            asking = [asyncio.create_task(ask(session, origin, gone)) for _ in range(CLIENTS)]
            async with session.get(f"{origin}/readyz") as response:
                assert response.status == 200
            program.process.terminate()
            state = await watch(session, origin)
            gone.set()
            outcomes = [outcome for each in asking for outcome in await each]
        assert state["status"] == "draining"
        assert set(outcomes) <= {"200 True kept", "200 True close"}
        assert len(outcomes) >= CLIENTS
        code, errors = await asyncio.to_thread(program.all_ended)
        assert (code, errors) == (0, "")


class Client:
    """Asks one graph in one connection that it keeps, and goes to the other when it is told that this one ends."""

    def __init__(self, origins: list[str], number: int) -> None:
        self._origins = origins
        self.origin = origins[number % len(origins)]
        self.outcomes: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()

    async def run(self, over: asyncio.Event) -> None:
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector) as session:
            while not over.is_set():
                self.asked[self.origin] += 1
                await self._ask(session)

    async def _ask(self, session: aiohttp.ClientSession) -> None:
        try:
            async with session.post(
                f"{self.origin}/graphql", data=QUERY, headers={"content-type": "application/json"}
            ) as response:
                answer = await response.json()
                self.outcomes[f"{response.status} {len(answer['data']['photos']['nodes'])}"] += 1
                if response.headers.get("connection") == "close":
                    self.origin = next(each for each in self._origins if each != self.origin)
        except aiohttp.ClientError as error:
            self.outcomes[repr(error)] += 1


async def test_no_request_is_lost_while_one_process_after_the_other_is_replaced() -> None:
    async with AsyncExitStack() as stack, asyncio.timeout(2 * PATIENCE_S):
        emulators = await stack.enter_async_context(running_emulators())

        async def start() -> tuple[str, AsyncExitStack]:
            end = await stack.enter_async_context(AsyncExitStack())
            graph = await end.enter_async_context(served(emulators, drain_s="2", log_level="warning"))
            return graph.origin, end

        older = [await start(), await start()]
        origins = [origin for origin, _ in older]
        clients = [Client(origins, number) for number in range(CLIENTS)]
        over = asyncio.Event()
        asking = [asyncio.create_task(each.run(over)) for each in clients]
        for place, (_, end) in enumerate(older):
            # Until it has ended, with 0.
            await end.aclose()
            origins[place], _ = await start()
        over.set()
        await asyncio.gather(*asking)
    assert {outcome for each in clients for outcome in each.outcomes} == {"200 3"}
    assert all(each.origin == origins[0] for each in clients), "nobody was left to the one that ended last"
    assert all(len(each.asked) >= 2 for each in clients)


def test_a_second_sigterm_ends_it_at_once() -> None:
    with Program("--port", "0", DRAIN_S="600") as program:
        origin = program.origin()
        program.process.terminate()
        # The first has to have come before the second is sent: two at once count as one.
        asyncio.run(drained(origin))
        program.process.terminate()
        assert program.all_ended() == (0, "")


async def drained(origin: str) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_S):
        await watch(session, origin)
