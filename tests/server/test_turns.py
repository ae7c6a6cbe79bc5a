"""Requests in a row on one connection: each is answered in its turn, and who waits for that is not taken for silent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.connections import Bounds
from server.http_protocol import MOST_WAITING
from tests.graph import running_graph
from tests.live import serving
from tests.server.test_lane import PHOTOS, Connection, posted
from tests.server.test_wire import PATIENCE_S, answers_to, code_of

TICK_S = 0.05
QUICK = Bounds(
    header_timeout_s=TICK_S,
    body_timeout_s=TICK_S,
    idle_timeout_s=1,
    half_closed_s=4 * TICK_S,
    leaving_s=4 * TICK_S,
)
# A body is waited for a second longer than the application waits for it.
PATIENT_S = TICK_S + 1 + 4 * TICK_S
SLOW = b"GET /slow HTTP/1.1\r\nhost: here\r\n\r\n"
QUICKLY = b"GET /quickly HTTP/1.1\r\nhost: here\r\n\r\n"
LAST = b"GET /last HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n"
BODY = b"POST /body HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\n"
GARBAGE = b"\x00\x01 garbage\r\n\r\n"


class Slow:
    """Answers with the path and the body; to ``/slow`` after its client could have been given up."""

    def __init__(self, patience_s: float = PATIENT_S) -> None:
        self.waiting, self.departed = asyncio.Event(), asyncio.Event()
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await whole_body(receive) if scope["method"] == "POST" else b""
        if scope["path"] == "/slow":
            self.waiting.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience_s):
                    await gone(receive)
                    self.departed.set()
        told = scope["path"].encode() + body
        headers = [(b"content-length", b"%d" % len(told))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": told})


async def whole_body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    message: Message = {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def bodies_of(app: ASGIApp, *sent: bytes, bounds: Bounds = QUICK) -> list[bytes]:
    async with serving(app, bounds) as origin:
        return [body for _, body in await answers_to(origin, *sent)]


@asynccontextmanager
async def opened(
    app: ASGIApp, bounds: Bounds = QUICK
) -> AsyncIterator[tuple[Connection, asyncio.StreamReader]]:
    async with serving(app, bounds) as origin:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
        try:
            yield Connection(reader, writer), reader
        finally:
            writer.close()


@pytest.mark.parametrize(
    "behind", [b"\r\n", b"GET /last HT"], ids=["an empty line", "a part of the next head"]
)
async def test_who_waits_for_its_answer_is_not_taken_for_silent(behind: bytes) -> None:
    slow = Slow(4 * TICK_S)
    async with opened(slow) as (connection, _):
        connection.writer.write(SLOW)
        await slow.waiting.wait()
        _, body = await connection.ask(behind)
    assert (body, slow.departed.is_set()) == (b"/slow", False)


async def test_an_answer_at_once_before_does_not_end_who_waits_for_the_next() -> None:
    last = posted(b'{"query": "{ photos(first: 3) { nodes { slug } } }"}', b"connection: close\r\n")
    async with running_graph() as graph:
        json_type = {"content-type": "application/json"}
        known = (await graph.send("POST", "/graphql", PHOTOS, json_type)).body
        found = await bodies_of(graph.app, posted() + last, bounds=Bounds(idle_timeout_s=0))
    assert found[0] == known
    assert [len(json.loads(body)["data"]["photos"]["nodes"]) for body in found] == [2, 3]


async def test_a_body_in_the_queue_has_its_time_when_it_is_its_turn() -> None:
    slow = Slow()
    async with opened(slow) as (connection, _):
        connection.writer.write(SLOW + BODY + b"{")
        _, first = await connection.answer()
        _, second = await connection.ask(b"}")
    assert (first, second) == (b"/slow", b"/body{}")


async def test_a_body_that_does_not_come_in_its_turn_is_refused_after_the_answer_before() -> None:
    first, second = await bodies_of(Slow(4 * TICK_S), SLOW + BODY + b"{")
    assert (first, code_of(second)) == (b"/slow", "BAD_REQUEST")


async def test_a_head_that_is_not_ended_has_its_time_after_the_answer_before() -> None:
    first, second = await bodies_of(Slow(4 * TICK_S), SLOW + LAST[:-2])
    assert (first, code_of(second)) == (b"/slow", "BAD_REQUEST")


@pytest.mark.parametrize("before", [SLOW, SLOW + QUICKLY], ids=["one", "two"])
@pytest.mark.parametrize(
    "garbage",
    [
        GARBAGE,
        LAST.replace(b"host: here\r\n", b""),
        LAST.replace(b"\r\n\r\n", b"\r\n" + b"x: y\r\n" * 101 + b"\r\n"),
        b"POST /body HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["no HTTP", "no host", "too many headers", "no chunk"],
)
async def test_what_cannot_be_read_is_refused_after_the_answers_before(before: bytes, garbage: bytes) -> None:
    *found, last = await bodies_of(Slow(4 * TICK_S), before + garbage + LAST)
    assert found == [b"/slow", b"/quickly"][: len(found)]
    assert len(found) == before.count(b"GET")
    assert code_of(last) == "BAD_REQUEST"


async def test_few_wait_for_their_turn_and_the_first_too_many_is_refused_in_its_turn() -> None:
    found = await bodies_of(Slow(4 * TICK_S), SLOW + QUICKLY * MOST_WAITING + LAST)
    assert found[:-1] == [b"/slow"] + [b"/quickly"] * MOST_WAITING
    assert code_of(found[-1]) == "RATE_LIMITED"


async def test_who_sends_what_cannot_be_read_is_not_asked_for_more(caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /body HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n"
    ((answer, body),) = await refused_by(Slow(), head + b"zz\r\n")
    assert (answer.split()[1], code_of(body)) == (b"400", "BAD_REQUEST")
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_garbage_that_comes_later_takes_no_answer_away() -> None:
    slow = Slow(4 * TICK_S)
    async with opened(slow) as (connection, reader):
        connection.writer.write(SLOW)
        await slow.waiting.wait()
        _, first = await connection.ask(GARBAGE)
        lines, second = await connection.answer()
        assert await reader.read() == b""
    assert (first, lines[0].split()[1], code_of(second)) == (b"/slow", b"400", "BAD_REQUEST")


async def test_who_says_nothing_more_is_answered() -> None:
    slow = Slow(TICK_S)
    async with opened(slow) as (connection, reader):
        connection.writer.write(SLOW + QUICKLY)
        connection.writer.write_eof()
        found = [(await connection.answer())[1] for _ in range(2)]
        assert await reader.read() == b""
    assert found == [b"/slow", b"/quickly"]


@pytest.mark.parametrize(
    "behind", [b"", QUICKLY, BODY + b"{"], ids=["alone", "with another", "with half of one"]
)
async def test_who_leaves_is_noticed(behind: bytes) -> None:
    slow = Slow(PATIENCE_S)
    async with opened(slow) as (connection, _):
        connection.writer.write(SLOW + behind)
        await slow.waiting.wait()
        connection.writer.close()
        await connection.writer.wait_closed()
        async with asyncio.timeout(PATIENCE_S):
            await slow.departed.wait()


async def test_an_upgrade_that_is_not_made_ends_the_connection_with_its_answer() -> None:
    upgrade = QUICKLY.replace(b"\r\n\r\n", b"\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n")
    assert await bodies_of(Slow(), upgrade + LAST, bounds=Bounds()) == [b"/quickly"]


async def test_what_was_answered_before_its_body_came_leaves_a_connection_that_is_ended_when_silent() -> None:
    async def quick(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async with opened(quick) as (connection, reader):
        assert (await connection.ask(BODY))[1] == b"ok"
        connection.writer.write(b"{}")
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b""


async def test_an_address_that_cannot_be_read_is_refused() -> None:
    ((head, body),) = await refused_by(Slow(), b"GET http://:x HTTP/1.1\r\nhost: here\r\n\r\n")
    assert (head.split()[1], code_of(body)) == (b"400", "BAD_REQUEST")


async def refused_by(app: ASGIApp, sent: bytes) -> list[tuple[bytes, bytes]]:
    async with serving(app, QUICK) as origin:
        return await answers_to(origin, sent)
