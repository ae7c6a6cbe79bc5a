"""Connections that drip, stay silent, say too much, or are too many; the others are served meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import aiohttp
import pytest
from starlette.types import Receive, Scope, Send

from server.app import app_from_environment
from server.connections import Bounds, Connection
from server.http_protocol import BoundedProtocol
from tests.graph import Graph
from tests.live import serving

QUICK = Bounds(connections=200, header_timeout_s=0.3, body_timeout_s=0.3, idle_timeout_s=1)
PATIENCE_S = 10.0
# More than the kernel takes.
LONG = 32 * 1024 * 1024
ASKED = b'{"query": "{ __typename }"}'
POST = b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"


async def asked_of(origin: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{origin}/graphql", json={"query": "{ __typename }"}) as response,
    ):
        return response.status


async def opened(origin: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))


async def answer_to(origin: str, sent: bytes) -> bytes:
    """Send bytes, then nothing more, and read until the server ends the connection."""
    reader, writer = await opened(origin)
    writer.write(sent)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await reader.read()
    finally:
        writer.close()


def refusal(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/json" in head
    extensions = json.loads(body)["errors"][0]["extensions"]
    assert b"x-request-id: %s\r\n" % extensions["requestId"].encode() in head
    return int(head.split()[1]), extensions["code"]


async def test_48_dripping_connections_are_closed_while_others_are_served(graph: Graph) -> None:
    async with serving(graph.app, QUICK) as origin:
        dripping = [asyncio.create_task(answer_to(origin, POST + b"x-slow: ")) for _ in range(48)]
        served = [await asked_of(origin) for _ in range(5)]
        answers = await asyncio.gather(*dripping)

    assert served == [200] * 5
    assert {refusal(answer) for answer in answers} == {(408, "BAD_REQUEST")}


async def test_a_connection_that_says_nothing_is_closed(graph: Graph) -> None:
    async with serving(graph.app, QUICK) as origin:
        assert refusal(await answer_to(origin, b"")) == (408, "BAD_REQUEST")


async def test_a_body_that_does_not_come_is_not_waited_for(graph: Graph) -> None:
    async with serving(graph.app, QUICK) as origin:
        answer = await answer_to(origin, POST + b"content-length: 100\r\n\r\n{")

    assert answer.startswith(b"HTTP/1.1 4") or answer == b""
    assert graph.calls == {}


async def test_silence_between_requests_ends_a_connection(graph: Graph) -> None:
    request = POST + b"content-length: %d\r\n\r\n" % len(ASKED) + ASKED
    async with serving(graph.app, QUICK) as origin:
        answer = await answer_to(origin, request)

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b'{"data":{"__typename":"Query"}}')


@pytest.mark.parametrize(
    "head",
    [
        POST + b"".join(b"x-%d: 1\r\n" % i for i in range(101)) + b"\r\n",
        POST + b"x-long: " + b"a" * 70_000,
        b"GET /" + b"a" * 70_000,
    ],
    ids=["too many", "too long", "a long address"],
)
async def test_too_large_headers_are_refused_before_they_end(graph: Graph, head: bytes) -> None:
    async with serving(graph.app) as origin:
        assert refusal(await answer_to(origin, head)) == (431, "BAD_REQUEST")


async def long_answer(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    headers = [(b"content-length", b"%d" % LONG)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"a" * LONG})


@pytest.mark.parametrize("reads", [True, False], ids=["slowly", "hardly"])
async def test_who_reads_slowly_is_waited_for_but_not_who_hardly_reads(
    *, reads: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, looks, found = asyncio.Event(), 0, b""

    def told(name: str) -> Callable[[Connection], None]:
        tell: Callable[[Connection], None] = getattr(Connection, name)

        def telling(connection: Connection) -> None:
            nonlocal looks
            tell(connection)
            looks += 1
            looked.set()

        return telling

    for name in ("_look_at_reader", "resume_writing"):
        monkeypatch.setattr(Connection, name, told(name))
    async with serving(long_answer, Bounds(idle_timeout_s=0.2)) as origin:
        reader, writer = await opened(origin)
        writer.write(b"GET / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            while reads and looks < 3:
                found += await reader.readexactly(LONG // 4)
                looked.clear()
                await looked.wait()
            await looked.wait()
            with suppress(ConnectionResetError):
                found += await reader.read()
        writer.close()
    assert (len(found) > LONG) == reads


@pytest.mark.parametrize("framing", ["length", "chunks"])
async def test_who_sends_too_much_is_told_so_and_may_ask_again(graph: Graph, framing: str) -> None:
    size = 4 * 1024 * 1024
    head = b"content-length: %d\r\n\r\n" % size
    if framing == "chunks":
        head = b"transfer-encoding: chunked\r\n\r\n%x\r\n" % size
    end = b"\r\n0\r\n\r\n" if framing == "chunks" else b""
    last = POST + b"connection: close\r\ncontent-length: %d\r\n\r\n" % len(ASKED) + ASKED
    async with serving(graph.app) as origin:
        answer = await answer_to(origin, POST + head + b" " * size + end + last)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert answer.endswith(b'{"data":{"__typename":"Query"}}')


async def test_who_sends_too_much_for_too_long_is_read_no_more(graph: Graph) -> None:
    async with serving(graph.app, QUICK) as origin:
        answer = await answer_to(origin, POST + b"content-length: 5000000\r\n\r\n" + b" " * 3_000_000)

    assert answer.startswith(b"HTTP/1.1 413 ")


async def test_what_is_no_http_is_refused_as_json(graph: Graph) -> None:
    async with serving(graph.app) as origin:
        assert refusal(await answer_to(origin, b"\x16\x03\x01 hello\r\n\r\n")) == (400, "BAD_REQUEST")


@pytest.fixture
async def crowded(graph: Graph) -> AsyncIterator[str]:
    async with serving(graph.app, Bounds(connections=3)) as origin:
        yield origin


async def test_a_connection_too_many_is_refused_and_there_is_room_again_later(crowded: str) -> None:
    held = [await opened(crowded) for _ in range(3)]
    refused = refusal(await answer_to(crowded, b""))
    for _, writer in held:
        writer.close()
        await writer.wait_closed()

    assert refused == (503, "RATE_LIMITED")
    assert await asked_of(crowded) == 200


async def test_no_header_names_the_server(graph: Graph) -> None:
    async with (
        serving(graph.app) as origin,
        aiohttp.ClientSession() as session,
        session.get(f"{origin}/healthz") as response,
    ):
        assert "server" not in response.headers


async def test_the_bounds_of_a_served_process_are_those_of_its_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BoundedProtocol, "bounds", Bounds())
    monkeypatch.setenv("MEDIAGRAPH_MAX_CONNECTIONS", "7")
    monkeypatch.setenv("MEDIAGRAPH_HEADER_TIMEOUT_S", "3")
    monkeypatch.setenv("MEDIAGRAPH_SANDBOX", "false")
    app = app_from_environment()
    async with app.router.lifespan_context(app):
        assert BoundedProtocol.bounds == Bounds(connections=7, header_timeout_s=3.0)
