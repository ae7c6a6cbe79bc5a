"""What is answered at once: over a real socket, as the application would, and written down as it would."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from unittest.mock import patch

import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from server.http_protocol import BoundedProtocol
from server.life import LIFE
from server.logs import configure_logs
from server.settings import Settings
from tests.graph import Graph, running_graph
from tests.live import serving

PATIENCE_S = 10.0
PHOTOS = json.dumps({"query": "{ photos(first: 2) { nodes { title image { url } } } }"}).encode()
ASKED = (
    b"GET /graphql?query=%7B%20photos(first:2)%7Bnodes%7Btitle%7D%7D%7D HTTP/1.1\r\nhost: here\r\n\r\n",
    b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\naccept-encoding: gzip\r\n"
    b"content-length: %d\r\n\r\n" % len(PHOTOS) + PHOTOS,
)


def posted(body: bytes = PHOTOS, headers: bytes = b"") -> bytes:
    head = b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
    return head % len(body) + headers + b"\r\n" + body


class Connection:
    """One connection to a server that is asked again and again."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def ask(self, *pieces: bytes) -> tuple[list[bytes], bytes]:
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
        return await self.answer()

    async def answer(self) -> tuple[list[bytes], bytes]:
        """Read the lines of an answer's head, and its body."""
        lines = await self.head()
        told = dict(line.split(b": ", 1) for line in lines[1:])
        async with asyncio.timeout(PATIENCE_S):
            return lines, await self._reader.readexactly(int(told.get(b"content-length", b"0")))

    async def rest(self) -> bytes:
        """Read until the server ends the connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self._reader.read()

    async def head(self) -> list[bytes]:
        async with asyncio.timeout(PATIENCE_S):
            return (await self._reader.readuntil(b"\r\n\r\n")).rstrip().split(b"\r\n")


class Counted:
    """An application that counts what it is asked, with the lane of the one that it wraps."""

    def __init__(self, graph: Graph) -> None:
        self._app: ASGIApp = graph.app
        self.state = graph.app.state
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        await self._app(scope, receive, send)


@asynccontextmanager
async def connected(app: ASGIApp) -> AsyncIterator[Connection]:
    async with serving(app) as origin:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
        try:
            yield Connection(reader, writer)
        finally:
            writer.close()


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    with io.StringIO() as caught:
        configure_logs("json", "info", Settings(), caught)
        yield caught
    structlog.reset_defaults()


def named(lines: list[bytes], name: bytes) -> bytes:
    return next(line.partition(b": ")[2] for line in lines if line.startswith(name + b": "))


async def same_second(connection: Connection, asked: bytes, app: Counted) -> list[bytes]:
    """Ask the lane and the application within one second of the clock that stands in heads; return the lines."""
    before = app.requests
    async with asyncio.timeout(PATIENCE_S):
        while True:
            at_once = await connection.ask(asked)
            assert app.requests == before
            with patch.object(app.state.lane, "answer", return_value=None):
                by_application = await connection.ask(asked)
            before = app.requests
            if named(at_once[0], b"date") == named(by_application[0], b"date"):
                break
    assert at_once == by_application
    return at_once[0]


@pytest.mark.parametrize("asked", ASKED, ids=["GET", "POST"])
@pytest.mark.parametrize("wanted", [b"200 OK", b"304 Not Modified"])
async def test_the_answer_is_the_applications_byte_for_byte(asked: bytes, wanted: bytes) -> None:
    async with running_graph() as graph:
        app = Counted(graph)
        async with connected(app) as connection:
            made, _ = await connection.ask(asked)
            tag = b"if-none-match: %b\r\n" % named(made, b"etag") if wanted.startswith(b"304") else b""
            asked = asked.replace(b"host: here\r\n", b"host: here\r\nx-request-id: r-1\r\n" + tag)
            lines = await same_second(connection, asked, app)
        assert lines[0] == b"HTTP/1.1 " + wanted


@pytest.mark.parametrize("origins", ["https://a.example", "*"])
@pytest.mark.parametrize("origin", [b"", b"origin: https://a.example\r\n", b"origin: https://b.example\r\n"])
async def test_the_origin_that_may_read_is_each_requests_own(origins: str, origin: bytes) -> None:
    asked = posted(headers=b"x-request-id: r-1\r\n" + origin)
    async with running_graph(cors_origins=origins) as graph:
        app = Counted(graph)
        async with connected(app) as connection:
            await connection.ask(posted())
            at_once = await same_second(connection, asked, app)
    assert (b"access-control-allow-origin: *" in at_once) == (origins == "*" and origin != b"")
    is_named = b"access-control-allow-origin: https://a.example" in at_once
    assert is_named == (origins != "*" and origin.endswith(b"a.example\r\n"))


NO_CALLS = (
    posted(b'{"query": "{ __typename }"}'),
    posted(b'{"query": "{ nothingOfThatName }"}', b"accept: application/graphql-response+json\r\n"),
    posted(b'{"query": "{ __schema { types { name fields { name } } } }"}', b"accept-encoding: gzip\r\n"),
    posted(
        b'{"query": "query Who($like: String! = \\"x\\") { __type(name: $like) { name } }"}',
        b"accept-language: fr\r\n",
    ),
)


@pytest.mark.parametrize("asked", NO_CALLS, ids=["typename", "invalid", "compressed", "variables"])
async def test_what_needs_no_call_is_made_at_once_though_nothing_is_kept(
    asked: bytes, stream: io.StringIO
) -> None:
    async with running_graph(response_cache_bytes="0") as graph:
        app = Counted(graph)
        asked = asked.replace(b"host: here\r\n", b"host: here\r\nx-request-id: r-1\r\n")
        async with connected(app) as connection:
            await connection.ask(asked)
            await connection.ask(asked)
            await same_second(connection, asked, app)
        page = (await graph.send("GET", "/metrics")).body.decode()
    logged = [json.loads(line) | {"ms": 0, "timestamp": ""} for line in stream.getvalue().splitlines()]
    assert logged == [logged[0]] * len(logged)
    assert f"mediagraph_request_seconds_count {len(logged)}.0" in page
    assert 'mediagraph_calls_saved_total{by="cache"} 0.0' in page or logged[0]["codes"]


async def test_what_needs_a_call_or_takes_time_is_left_to_the_application() -> None:
    schema = "__schema { types { name description fields { name description args { name description } } } }"
    many = " ".join(f"{alias}: {schema}" for alias in "abcdefghij")
    # So much is compressed in a thread.
    whole = json.dumps({"query": f"{{ {many} }}"}).encode()
    async with running_graph(response_cache_bytes="0") as graph:
        app = Counted(graph)
        making = graph.app.state.lane._making  # noqa: SLF001
        graph.forge.response_headers = {"cache-control": "no-store"}
        async with connected(app) as connection:
            for asked in (posted(), posted(whole, b"accept-encoding: gzip\r\n")):
                app.requests = 0
                found = [(await connection.ask(asked))[1] for _ in range(4)]
                assert found == [found[0]] * 4
                assert app.requests == 4
        understood = making.__self__._understood  # noqa: SLF001
        assert understood.find(whole, is_router=False) is not None
        assert understood.find_quick(whole, is_router=False) is None


async def test_who_has_the_answer_to_what_needs_no_call_is_told_so() -> None:
    typename = b'{"query": "{ __typename }"}'
    async with running_graph(response_cache_bytes="0") as graph, connected(graph.app) as connection:
        for _ in range(3):
            lines, _ = await connection.ask(posted(typename))
        named_tag = b"if-none-match: %b\r\n" % named(lines, b"etag")
        for _ in range(2):
            lines, body = await connection.ask(posted(typename, named_tag))
            assert (lines[0], body) == (b"HTTP/1.1 304 Not Modified", b"")


async def test_what_fails_at_once_is_told_by_the_application() -> None:
    # No constant: it is run each time.
    asked = posted(b'{"query": "{ ... { __typename } }"}')
    async with running_graph(response_cache_bytes="0") as graph:
        app = Counted(graph)
        async with connected(app) as connection:
            for _ in range(2):
                assert (await connection.ask(asked))[0][0] == b"HTTP/1.1 200 OK"
            assert app.requests == 1
            with patch("server.graphql_http.reuse_of", side_effect=ZeroDivisionError):
                lines, body = await connection.ask(asked)
            assert lines[0] == b"HTTP/1.1 500 Internal Server Error"
            assert json.loads(body)["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
            assert (await connection.ask(asked))[0][0] == b"HTTP/1.1 200 OK"


async def test_what_is_answered_at_once_is_logged_and_counted(stream: io.StringIO) -> None:
    async with running_graph() as graph:
        app = Counted(graph)
        async with connected(app) as connection:
            for _ in range(3):
                await connection.ask(posted())
        assert app.requests == 1
        page = (await graph.send("GET", "/metrics")).body.decode()
        logged = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["response"] for line in logged] == ["MISS", "HIT", "HIT"]
    assert logged[1] | {"ms": 0, "request_id": "", "timestamp": ""} == {
        **logged[0],
        "calls": {},
        "response": "HIT",
        "ms": 0,
        "request_id": "",
        "timestamp": "",
    }
    assert len({line["request_id"] for line in logged}) == 3
    assert 'mediagraph_requests_total{status="200"} 3.0' in page
    assert "mediagraph_request_seconds_count 3.0" in page
    assert 'mediagraph_responses_total{verdict="HIT"} 2.0' in page


async def test_a_request_in_parts_and_several_in_a_row_are_answered_in_their_order() -> None:
    async with running_graph() as graph, connected(graph.app) as connection:
        _, body = await connection.ask(posted())
        head, rest = posted()[:-20], posted()[-20:]
        assert (await connection.ask(head, rest))[1] == body
        typename = b'{"query": "{ __typename }"}'
        connection.writer.write(posted() + posted(typename) + posted() + posted(b"{") + posted())
        found = [(await connection.answer())[1] for _ in range(5)]
        assert [found[index] for index in (0, 2, 4)] == [body] * 3
        assert found[1] == b'{"data":{"__typename":"Query"}}'
        assert json.loads(found[3])["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_who_does_not_read_its_answers_is_not_given_more_and_more_at_once() -> None:
    many = 60
    photos = "photos(first: 100) { nodes { ...All } }"
    text = f"{{ a: {photos} b: {photos} c: {photos} d: {photos} }}"
    fragment = "fragment All on Photo { slug title contentDate tags { slug title } image { url } }"
    asked = posted(json.dumps({"query": text + fragment}).encode())
    async with running_graph() as graph, connected(graph.app) as connection:
        _, wanted = await connection.ask(asked)
        lane, given, given_at_pause = graph.app.state.lane, 0, 0

        def counted(*asked: object, answer: Callable[..., object] = lane.answer) -> object:
            nonlocal given
            given += 1
            return answer(*asked)

        def paused(
            protocol: BoundedProtocol, pause: Callable[..., None] = BoundedProtocol.pause_writing
        ) -> None:
            nonlocal given_at_pause
            given_at_pause = given_at_pause or given
            pause(protocol)

        with patch.object(lane, "answer", counted), patch.object(BoundedProtocol, "pause_writing", paused):
            connection.writer.write(asked * many)
            found = [(await connection.answer())[1] for _ in range(many)]
        assert found == [wanted] * many
        # What was asked in the same breath was left to the application, which waits.
        assert 0 < given == given_at_pause < many


@pytest.mark.parametrize(
    ("settings", "headers", "wanted"),
    [
        ({"RATE_REQUESTS": "2"}, b"", b"HTTP/1.1 429 Too Many Requests"),
        ({"RATE_CALLS": "2"}, b"", b"HTTP/1.1 429 Too Many Requests"),
        ({"CLIENT_KEYS": "shop=secret-key-of-a-shop"}, b"", b"HTTP/1.1 401 Unauthorized"),
        ({}, b"accept: text/plain\r\n", b"HTTP/1.1 406 Not Acceptable"),
        ({}, b"content-encoding: gzip\r\n", b"HTTP/1.1 415 Unsupported Media Type"),
        ({}, b"x-long: %b\r\n" % (b"a" * 500) * 90, b"HTTP/1.1 431 Request Header Fields Too Large"),
    ],
    ids=["requests", "calls", "key", "accept", "coding", "headers"],
)
async def test_what_the_application_refuses_is_not_answered_at_once(
    settings: dict[str, str], headers: bytes, wanted: bytes
) -> None:
    key = b"x-api-key: secret-key-of-a-shop\r\n"
    async with running_graph(**settings) as graph, connected(graph.app) as connection:
        for _ in range(2):
            assert (await connection.ask(posted(headers=key)))[0][0] == b"HTTP/1.1 200 OK"
        assert (await connection.ask(posted(headers=headers)))[0][0] == wanted


async def test_a_process_that_is_about_to_end_closes_the_connection_with_its_answer() -> None:
    async with running_graph() as graph, connected(graph.app) as connection:
        await connection.ask(posted())
        with patch.object(LIFE, "is_draining", new=True):
            lines, _ = await connection.ask(posted())
        assert b"connection: close" in lines


async def test_a_head_has_no_body_whichever_way_it_is_answered() -> None:
    head = ASKED[0].replace(b"GET", b"HEAD")
    async with running_graph() as graph:
        app = Counted(graph)
        async with connected(app) as connection:
            made, body = await connection.ask(ASKED[0])
            for _ in range(2):
                connection.writer.write(head)
                lines = await connection.head()
                assert lines[0] == made[0] == b"HTTP/1.1 200 OK"
                assert named(lines, b"content-length") == b"%d" % len(body)
            assert app.requests == 1


async def test_the_date_goes_on() -> None:
    async with running_graph() as graph, connected(graph.app) as connection:
        lines, _ = await connection.ask(posted())
        first = named(lines, b"date")
        async with asyncio.timeout(PATIENCE_S):
            while named(lines, b"date") == first:
                lines, _ = await connection.ask(posted())


async def test_a_purge_is_heeded_at_once() -> None:
    async with running_graph() as graph:
        app = Counted(graph)
        async with connected(app) as connection:
            await connection.ask(posted())
            await connection.ask(posted())
            assert app.requests == 1
            graph.app.state.lane._kept._heeded = -1  # noqa: SLF001
            await connection.ask(posted())
            assert app.requests == 2
