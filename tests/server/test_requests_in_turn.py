"""Requests whose answers come all at once: each is answered before what came for the next is read."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from unittest.mock import patch

import pytest

from providers.process import Process
from providers.records import Provider
from providers.registry import Providers
from providers.request_queue import RequestQueue
from providers.transport import Exchange, Leaves, Reply, SessionTransport, Told
from server.settings import Settings
from server.wiring import build_providers
from tests.graph import Graph, running_graph
from tests.graph import Reply as Answer

SIZES = (5, 6, 7)


class Held:
    """A call whose answer is held back."""

    def __init__(self, told: Told, reply: Reply) -> None:
        self._told: Told | None = told
        self._reply = reply

    def cancel(self) -> None:
        """Tell nobody."""
        self._told = None

    def let_go(self) -> None:
        """Tell what came, unless nobody waits for it."""
        told, self._told = self._told, None
        if told is not None:
            told.received(self._reply)


class Holding:
    """A transport that asks for everything once, and holds back what is known until all of it is let go."""

    def __init__(self) -> None:
        self._asking = SessionTransport(64)
        self._known: dict[str, Reply] = {}
        self.held: list[Held] = []

    async def open(self) -> None:
        """Get ready."""
        await self._asking.open()

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
        """Ask."""
        reply = self._known[url] = await self._asking.send(
            method, url, headers, body, timeout_s=timeout_s, max_bytes=max_bytes, leaves=leaves
        )
        return reply

    def begin(
        self, url: str, headers: Mapping[str, str], told: Told, *, timeout_s: float, max_bytes: int
    ) -> Exchange | None:
        """Hold back what is known."""
        del headers, timeout_s, max_bytes
        known = self._known.get(url)
        if known is None:
            return None
        self.held.append(Held(told, known))
        return self.held[-1]

    def let_go(self) -> None:
        """Tell everybody in one step."""
        held, self.held = self.held, []
        for each in held:
            each.let_go()

    async def close(self) -> None:
        """Close every connection."""
        await self._asking.close()


class World:
    """A graph whose photos come when they are let go."""

    def __init__(self, graph: Graph, providers: Providers, photos: Holding) -> None:
        self.graph = graph
        self.photos = photos
        self._providers = providers
        self.left: list[int] = []

    @property
    def unread(self) -> int:
        """How many answers wait to be read, where all have come."""
        return self._providers.clients[Provider.FORGE].in_flight

    def keep_busy(self) -> None:
        """Let ten others have their turns first."""
        for owner in range(10):
            self._providers.queue.settle(owner, lambda: None)

    async def purge(self) -> None:
        """Have the graph forget every photo."""
        await self._providers.purge([Provider.FORGE.value])

    async def ask(self, size: int, leaves: asyncio.Event | None = None) -> Answer:
        """Ask for so many photos, and note how many answers are unread when they leave."""
        answer = await self.graph.query(
            f"{{ photos(first: {size}) {{ nodes {{ slug }} }} }}", leaves=leaves, accept="application/json"
        )
        self.left.append(self.unread)
        return answer

    def asking(self, size: int, leaves: asyncio.Event | None = None) -> asyncio.Task[Answer]:
        """Ask meanwhile."""
        return asyncio.get_running_loop().create_task(self.ask(size, leaves))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Let the loop run until something is so."""
        async with asyncio.timeout(10):
            while not is_so():  # noqa: ASYNC110 - there is no event of this
                await asyncio.sleep(0)


@asynccontextmanager
async def world(**settings: str) -> AsyncIterator[World]:
    transports: list[Holding] = []
    built: list[Providers] = []

    def holding(settings: Settings, connections: int) -> Holding:
        del settings, connections
        transports.append(Holding())
        return transports[-1]

    def built_once(*arguments: object) -> Providers:
        built.append(build_providers(*arguments))  # type: ignore[arg-type]
        return built[-1]

    forgetting = {"FORGE_FRESH_S": "0", "RESPONSE_CACHE_BYTES": "0"}
    with (
        patch("server.wiring.transport_of", holding),
        patch("server.app.build_providers", built_once),
    ):
        async with running_graph(**(forgetting | settings)) as graph:
            found = World(graph, built[0], transports[-1])
            # What is known is held back from now on.
            for size in SIZES:
                await found.ask(size)
            found.left.clear()
            yield found


@pytest.mark.parametrize("compiles", ["true", "false"])
async def test_each_is_answered_before_the_next_answer_is_read(compiles: str) -> None:
    async with world(COMPILE=compiles) as here:
        asking = [here.asking(size) for size in SIZES]
        await here.until(lambda: len(here.photos.held) == len(SIZES))
        assert here.unread == len(SIZES)
        here.photos.let_go()
        answers = await asyncio.gather(*asking)
        assert here.left == [2, 1, 0]
    assert [len(answer.data["photos"]["nodes"]) for answer in answers] == list(SIZES)


async def test_a_request_begins_when_no_answer_waits() -> None:
    async with world() as here:
        asking = [here.asking(size) for size in SIZES[:2]]
        await here.until(lambda: len(here.photos.held) == 2)
        here.photos.let_go()
        late = here.asking(SIZES[2])
        await asyncio.gather(*asking)
        assert here.photos.held == []
        await here.until(lambda: len(here.photos.held) == 1)
        here.photos.let_go()
        assert not (await late).errors


async def test_what_came_for_a_client_that_left_is_not_read() -> None:
    async with world() as here:
        leaves = asyncio.Event()
        stays, gone = here.asking(SIZES[0]), here.asking(SIZES[1], leaves)
        await here.until(lambda: len(here.photos.held) == 2)
        here.photos.let_go()
        assert here.unread == 1
        leaves.set()
        assert not (await stays).errors
        assert (await gone).status == 499
        assert here.unread == 0
        # And nothing stands in the way of who comes next.
        again = here.asking(SIZES[1])
        await here.until(lambda: len(here.photos.held) == 1)
        here.photos.let_go()
        assert not (await again).errors


async def test_who_leaves_before_its_request_began_has_nothing_sent() -> None:
    async with world() as here:
        leaves = asyncio.Event()
        here.keep_busy()
        gone, stays = here.asking(SIZES[0], leaves), here.asking(SIZES[1])
        leaves.set()
        assert (await gone).status == 499
        assert here.photos.held == []
        await here.until(lambda: len(here.photos.held) == 1)
        here.photos.let_go()
        assert not (await stays).errors


async def test_what_was_purged_before_it_was_read_is_not_kept() -> None:
    async with world(FORGE_FRESH_S="60") as here:
        await here.purge()
        asking = [here.asking(size) for size in SIZES[:2]]
        await here.until(lambda: len(here.photos.held) == 2)
        here.photos.let_go()
        assert here.unread == 1
        await here.purge()
        assert not any([(await each).errors for each in asking])
        again = here.asking(SIZES[1])
        await here.until(lambda: len(here.photos.held) == 1)
        here.photos.let_go()
        assert not (await again).errors


class Spied(RequestQueue):
    """Counts who takes a turn, and who none."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.let_by_count = self.joined = 0

    def join(self) -> None:
        """Take note."""
        self.joined += 1
        super().join()

    async def begin(self, owner: int) -> None:
        """Take note."""
        self.begun.append(owner)
        await super().begin(owner)

    def end(self, owner: int) -> None:
        """Take note."""
        self.ended.append(owner)
        super().end(owner)

    def let_by(self) -> None:
        """Take note."""
        self.let_by_count += 1
        super().let_by()


@pytest.mark.parametrize(
    ("text", "keeps", "times", "turns"),
    [
        ("{ photos(first: 5) { nodes { slug } } }", "0", 3, 3),
        # The first one answers whoever asks the same.
        ("{ photos(first: 5) { nodes { slug } } }", "1000000", 3, 1),
        ("{ __typename }", "0", 1, 0),
        ("{ nothing }", "0", 1, 0),
    ],
)
async def test_who_has_nothing_to_call_for_takes_no_turn(
    text: str, keeps: str, times: int, turns: int
) -> None:
    queue = Spied()
    with patch("server.wiring.Process", lambda clock: Process(clock, queue)):
        async with running_graph(RESPONSE_CACHE_BYTES=keeps, FORGE_FRESH_S="60") as graph:
            for _ in range(times):
                await graph.query(text, accept="application/json")
    assert (len(queue.begun), queue.let_by_count) == (turns, times - turns)
    assert set(queue.begun) <= set(queue.ended)


async def test_the_lane_takes_no_turn() -> None:
    queue = Spied()
    body = b'{"query":"{ photos(first: 5) { nodes { slug } } }"}'
    told = {"content-type": "application/json", "accept": "application/json"}
    headers = [(name.encode(), text.encode()) for name, text in told.items()]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
    with patch("server.wiring.Process", lambda clock: Process(clock, queue)):
        async with running_graph() as graph:
            await graph.send("POST", "/graphql", body, told)
            assert queue.let_by_count == 0
            assert graph.app.state.lane.answer(scope, body, body).status == HTTPStatus.OK
            assert graph.app.state.lane.again(body).status == HTTPStatus.OK
    assert (len(queue.begun), queue.let_by_count) == (1, 2)


async def test_a_part_in_the_call_of_another_is_told() -> None:
    queue = Spied()
    own, others = "{ a: photos(first: 5) { nodes { slug } } b: photos(first: 5) { nodes { slug } } }", "ab"
    with patch("server.wiring.Process", lambda clock: Process(clock, queue)):
        async with running_graph(RESPONSE_CACHE_BYTES="0", FORGE_FRESH_S="0") as graph:
            assert not (await graph.query(own)).errors
            assert queue.joined == 0
            graph.forget_calls()
            # The same photos in other words: nothing but their call is the same.
            asked = [f"{{ photos(first: 5) {{ nodes {{ {alias}: slug }} }} }}" for alias in others]
            answers = await asyncio.gather(*[graph.query(text) for text in asked])
            assert not any(answer.errors for answer in answers)
            assert queue.joined == 1
            assert sum(graph.calls.values()) == 1
