"""Requests that come again byte for byte: answered as if they had been read, and never taken for others."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from server.caching import Reuse
from server.edge.outcomes import KeptAnswer
from server.http_protocol import BoundedProtocol
from server.lane import Lane
from server.life import LIFE
from server.observation import Observation, observation
from server.repeats import LONGEST_KEPT, MOST_BYTES, Asked, Repeats
from server.whole import Form
from tests.clock import DrivenClock
from tests.graph import Graph, running_graph
from tests.server.test_lane import ASKED, PATIENCE_S, Connection, Counted, connected, named, posted, stream

TYPENAME = posted(b'{"query": "{ __typename }"}')

__all__ = ["stream"]


def asked_of(body: bytes) -> Asked:
    return Asked("POST", body, None, None, None, (None, None))  # type: ignore[arg-type]


def repeats_of(graph: Graph) -> Repeats:
    found: Repeats = graph.app.state.lane._repeats  # noqa: SLF001
    return found


class Again:
    """Counts what a lane answers that it knows by its bytes."""

    def __init__(self, graph: Graph) -> None:
        self.times = 0
        self._lane: Lane = graph.app.state.lane
        self._again = self._lane.again

    def __call__(self, request: bytes) -> Any:
        whole = self._again(request)
        self.times += whole is not None
        return whole

    async def answers(self, connection: Connection, *pieces: bytes) -> tuple[int, list[bytes], bytes]:
        """Ask; tell how many answers were given by the bytes alone, too."""
        before = self.times
        with patch.object(self._lane, "again", self):
            lines, body = await connection.ask(*pieces)
        return self.times - before, lines, body


def lasting(lines: list[bytes]) -> list[bytes]:
    return [line for line in lines if not line.startswith((b"x-request-id: ", b"date: "))]


@pytest.mark.parametrize("kept", ["0", "1000000"])
@pytest.mark.parametrize("asked", [TYPENAME, posted(), *ASKED], ids=["typename", "photos", "GET", "gzip"])
async def test_what_comes_again_is_answered_and_written_down_as_before(
    asked: bytes, kept: str, stream: io.StringIO
) -> None:
    clock = DrivenClock()
    async with running_graph(clock, response_cache_bytes=kept) as graph, connected(graph.app) as connection:
        again = Again(graph)
        found = [await again.answers(connection, asked) for _ in range(5)]
        page = (await graph.send("GET", "/metrics")).body.decode()
    is_kept = kept != "0"
    # The first is made; without kept answers the next is too, and a GET is not answered at once at all.
    wanted = [0, 0, 1, 1, 1] if is_kept else [0, 0, 0, 1, 1]
    if not is_kept and (asked.startswith(b"GET") or b"typename" in asked):
        wanted = [0] * 5 if asked.startswith(b"GET") else [0, 0, 1, 1, 1]
    assert [times for times, _, _ in found] == wanted
    assert [body for _, _, body in found] == [found[0][2]] * 5
    assert [lasting(lines) for _, lines, _ in found[2:]] == [lasting(found[1][1])] * 3
    logged = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["request_id"].encode() for line in logged] == [
        named(lines, b"x-request-id") for _, lines, _ in found
    ]
    assert len({line["request_id"] for line in logged}) == 5
    alike = [line | {"ms": 0, "timestamp": "", "request_id": ""} for line in logged[1:]]
    assert alike == [alike[0]] * 4
    assert 'mediagraph_requests_total{status="200"} 5.0' in page
    assert "mediagraph_request_seconds_count 5.0" in page


async def test_who_has_it_and_who_has_not_are_told_in_turn() -> None:
    async with running_graph() as graph, connected(graph.app) as connection:
        again = Again(graph)
        lines, body = await connection.ask(posted())
        has_it = posted(headers=b"if-none-match: %b\r\n" % named(lines, b"etag"))
        for times in (0, 1, 1):
            assert (await again.answers(connection, has_it))[1][0] == b"HTTP/1.1 304 Not Modified"
            found = await again.answers(connection, posted())
            assert (found[0], found[1][0], found[2]) == (times, b"HTTP/1.1 200 OK", body)
        assert again.times == 4


def test_few_forms_of_an_answer_are_kept_and_none_for_long_headers() -> None:
    kept = KeptAnswer(
        "GET", 200, (), b"", b"", is_public=True, reuse=Reuse(0, 60), given_at=0.0, noted=Observation()
    )
    form = (0, Form(200, b"", b"", b""))
    for number in range(100):
        kept.keep_form((None, b"%d" % number), form)
        assert kept.forms[None, b"%d" % number] == form
        assert len(kept.forms) <= 4
    kept.keep_form((b" " * 300, b" " * 300), form)
    assert (b" " * 300, b" " * 300) not in kept.forms


async def test_what_one_request_noted_is_not_the_next_ones() -> None:
    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
    body = b'{"query": "{ __typename }"}'
    async with running_graph(response_cache_bytes="0") as graph:
        await graph.send("POST", "/graphql", body, {"content-type": "application/json"})
        before = observation()
        assert graph.app.state.lane.answer(scope, body) is not None
        assert observation() is before


async def test_the_age_of_what_is_kept_goes_on_until_it_is_made_anew() -> None:
    clock = DrivenClock()
    async with running_graph(clock) as graph:
        app, again, ages = Counted(graph), Again(graph), []
        async with connected(app) as connection:
            for _ in range(4):
                _, lines, _ = await again.answers(connection, posted())
                ages.append((named(lines, b"age"), named(lines, b"x-accel-expires")))
                clock.now += 7
            assert (again.times, app.requests) == (2, 1)
            left = int(ages[0][1])
            assert ages == [(b"%d" % passed, b"%d" % (left - passed)) for passed in (0, 7, 14, 21)]
            clock.now += 10**6
            assert (await again.answers(connection, posted()))[0] == 0
            assert app.requests == 2


TYPENAMED = b'{"data":{"__typename":"Query"}}'


class Pieces(asyncio.Transport):
    """A connection without a socket, so that what comes in pieces does so each time."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._written = b""
        self._grown = asyncio.Event()
        config = Config(graph.app, http=BoundedProtocol, log_config=None)
        config.load()
        self.protocol = BoundedProtocol(config, ServerState(), {})
        self.protocol.connection_made(self)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        del name
        return default

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._written += data
        self._grown.set()

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def close(self) -> None:
        pass

    async def ask(self, *pieces: bytes, until: bytes = TYPENAMED, times: int = 1) -> bytes:
        """Hand pieces on; wait until something is written so often."""
        self._written = b""
        for piece in pieces:
            self.protocol.data_received(piece)
        async with asyncio.timeout(PATIENCE_S):
            while self._written.count(until) < times:
                self._grown.clear()
                await self._grown.wait()
        # The application has still to say that it has ended.
        await asyncio.gather(*self.protocol.tasks)
        return self._written


@pytest.fixture
async def pieces(graph: Graph) -> AsyncIterator[Pieces]:
    connection = Pieces(graph)
    yield connection
    connection.protocol.connection_lost(None)


async def test_what_is_not_the_same_to_a_byte_is_read(graph: Graph, pieces: Pieces) -> None:
    again = Again(graph)
    with patch.object(graph.app.state.lane, "again", again):
        for times in (0, 0, 1, 2):
            await pieces.ask(TYPENAME)
            assert again.times == times
        for parts in (
            (TYPENAME[:-5], TYPENAME[-5:]),
            (b"\r\n" + TYPENAME,),
            (TYPENAME.replace(b"host: here", b"host: hero"),),
            (TYPENAME[:1], TYPENAME[1:]),
        ):
            await pieces.ask(*parts)
            assert again.times == 2
        await pieces.ask(TYPENAME)
        assert again.times == 3


async def test_what_stands_in_anothers_body_is_not_a_request(graph: Graph, pieces: Pieces) -> None:
    again = Again(graph)
    for _ in range(2):
        await pieces.ask(TYPENAME)
    outer = posted(TYPENAME)
    with patch.object(graph.app.state.lane, "again", again):
        written = await pieces.ask(outer[: -len(TYPENAME)], TYPENAME, until=b'"BAD_REQUEST"')
    assert again.times == 0
    assert written.startswith(b"HTTP/1.1 400 ")
    assert b"__typename" not in written


@pytest.mark.parametrize("cut", [1, 7, len(TYPENAME) - 1])
async def test_what_came_with_others_is_not_known_by_their_bytes(
    cut: int, graph: Graph, pieces: Pieces
) -> None:
    for _ in range(2):
        await pieces.ask(TYPENAME + TYPENAME, times=2)
        await pieces.ask(TYPENAME[:-cut], TYPENAME[-cut:] + TYPENAME, times=2)
    assert len(repeats_of(graph)) == 0


async def test_after_what_ends_the_connection_nothing_is_known(graph: Graph, pieces: Pieces) -> None:
    again = Again(graph)
    for _ in range(2):
        await pieces.ask(TYPENAME)
    with patch.object(graph.app.state.lane, "again", again):
        await pieces.ask(TYPENAME)
        await pieces.ask(TYPENAME.replace(b"host: here\r\n", b"host: here\r\nconnection: close\r\n"))
        pieces.protocol.data_received(TYPENAME)
    assert again.times == 1


OWN = (
    b"authorization: Bearer of-a-client\r\n",
    b"cookie: session=of-a-client\r\n",
    b"x-api-key: of-a-client\r\n",
    b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n",
    b"x-request-id: r-1\r\n",
)


@pytest.mark.parametrize("header", [b"", *OWN])
async def test_what_holds_a_clients_own_is_not_kept(header: bytes) -> None:
    async with running_graph() as graph, connected(graph.app) as connection:
        for _ in range(3):
            lines, _ = await connection.ask(TYPENAME.replace(b"host: here\r\n", b"host: here\r\n" + header))
            assert lines[0] == b"HTTP/1.1 200 OK"
        assert len(repeats_of(graph)) == (header == b"")


async def test_a_process_that_is_about_to_end_says_so_to_who_asks_again() -> None:
    async with running_graph() as graph, connected(graph.app) as connection:
        again = Again(graph)
        for _ in range(3):
            await again.answers(connection, TYPENAME)
        assert again.times == 1
        with patch.object(LIFE, "is_draining", new=True):
            times, lines, _ = await again.answers(connection, TYPENAME)
    assert (times, b"connection: close" in lines) == (0, True)


def test_what_came_once_makes_room_for_what_comes_again() -> None:
    repeats, again = Repeats(), asked_of(b"again")
    repeats.keep(b"again", again, [])
    assert repeats.find(b"again") is again
    for number in range(200):
        repeats.keep(b"%d" % number, asked_of(b""), [])
    assert repeats.find(b"again") is again
    assert 0 < len(repeats) < MOST_BYTES // 512
    before = len(repeats)
    repeats.keep(b" " * (LONGEST_KEPT + 1), asked_of(b""), [])
    assert len(repeats) == before
