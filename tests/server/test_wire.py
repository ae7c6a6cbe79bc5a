"""What strangers send: HTTP that is odd, ambiguous or no longer spoken. Nothing of it is read in two ways."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from tests.graph import Graph, running_graph
from tests.live import serving
from tests.server.test_lane import connected

PATIENCE_S = 10.0
ASKED = b'{"query": "{ __typename }"}'
ANSWER = b'{"data":{"__typename":"Query"}}'
GET = b"GET /graphql?query={__typename} HTTP/1.1\r\n"
POST = b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
LENGTH = b"content-length: %d\r\n" % len(ASKED)
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(ASKED), ASKED)
CLOSE = b"connection: close\r\n"
UPGRADE = b"upgrade: h2c\r\nconnection: upgrade, http2-settings\r\nhttp2-settings: AAMAAABk\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nhost: here\r\n\r\n"


@pytest.fixture
async def origin(graph: Graph) -> AsyncIterator[str]:
    async with serving(graph.app) as served:
        yield served


async def answers_to(origin: str, *sent: bytes) -> list[tuple[bytes, bytes]]:
    """Send pieces, read until the server closes: head and body of every answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
    for piece in sent:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(PATIENCE_S):
        received = await reader.read()
    writer.close()
    found = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        # What has no length is an interim answer, which has no body.
        length = int(lengths[0].partition(b":")[2]) if lengths else 0
        found.append((head, rest[:length]))
        received = rest[length:]
    return found


def code_of(body: bytes) -> str:
    return str(json.loads(body)["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize(
    "sent",
    [
        GET + CLOSE + b"\r\n",
        GET + b"host: here\r\nhost: there\r\n" + CLOSE + b"\r\n",
        GET.replace(b"1.1", b"1.0") + b"host: here\r\nhost: there\r\n\r\n",
        GET.replace(b"1.1", b"2.0") + b"host: here\r\n" + CLOSE + b"\r\n",
        b"GET /graphql?query={__typename}\r\n\r\n",
        POST + LENGTH + b"content-length: 5\r\n\r\n" + ASKED,
        POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        POST + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        POST + b"transfer-encoding: gzip\r\n\r\n" + ASKED,
        POST + b"transfer-encoding: gzip, chunked\r\n" + CLOSE + b"\r\n" + CHUNKS,
        POST.replace(b"1.1", b"1.0") + b"transfer-encoding: chunked\r\n\r\n" + CHUNKS,
        POST + b"content-length: -1\r\n\r\n" + ASKED,
        POST + LENGTH + UPGRADE + b"\r\n" + SMUGGLED,
        b"CONNECT other.example:443 HTTP/1.1\r\nhost: other.example:443\r\n\r\n" + SMUGGLED,
        GET + b"host: here\r\nx-folded: a\r\n b\r\n\r\n",
        GET + b"host : here\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=[
        "no host",
        "two hosts",
        "two hosts in HTTP/1.0",
        "a later version",
        "no version",
        "two lengths",
        "length and chunks",
        "no chunk",
        "coding",
        "coding beside chunks",
        "chunks in HTTP/1.0",
        "negative length",
        "upgrade of a body",
        "tunnel",
        "folded header",
        "space before a colon",
        "HTTP/2",
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(
    origin: str, graph: Graph, sent: bytes
) -> None:
    ((head, body),) = await answers_to(origin, sent)

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in head
    assert code_of(body) == "BAD_REQUEST"
    assert graph.calls == {}


@pytest.mark.parametrize(
    "sent",
    [
        GET.replace(b"1.1", b"1.0") + b"\r\n",
        GET + b"host: here\r\n" + CLOSE + b"\r\n",
        GET + b"host: here\r\nupgrade: websocket\r\nconnection: upgrade, close\r\n\r\n",
        b"GET http://other.example/graphql?query={__typename} HTTP/1.1\r\nhost: here\r\n" + CLOSE + b"\r\n",
        GET + b"host: here\r\nrange: bytes=0-1\r\n" + CLOSE + b"\r\n",
        POST + LENGTH + b"expect: 200-maybe\r\n" + CLOSE + b"\r\n" + ASKED,
        POST + b"transfer-encoding: chunked\r\n" + CLOSE + b"\r\n" + CHUNKS,
    ],
    ids=["HTTP/1.0", "plain", "upgrade", "absolute", "range", "expectation", "chunks"],
)
async def test_what_is_merely_odd_is_answered(origin: str, sent: bytes) -> None:
    ((head, body),) = await answers_to(origin, sent)

    assert (head.split()[1], body) == (b"200", ANSWER)


async def test_a_body_is_asked_for_where_the_client_waits_for_that(origin: str) -> None:
    first, second = await answers_to(origin, POST + LENGTH + CLOSE + b"expect: 100-continue\r\n\r\n", ASKED)

    assert first == (b"HTTP/1.1 100 Continue", b"")
    assert second[1] == ANSWER


async def test_what_is_refused_before_its_body_was_asked_for_ends_the_connection() -> None:
    expecting = POST + LENGTH + b"expect: 100-continue\r\n"
    key = b"x-api-key: planted-key-of-the-shop\r\n"
    async with running_graph(client_keys="shop=planted-key-of-the-shop") as graph:
        async with connected(graph.app) as connection:
            lines, body = await connection.ask(expecting + b"\r\n")
            assert await connection.rest() == b""
        async with serving(graph.app) as origin:
            last = POST + LENGTH + key + CLOSE + b"\r\n" + ASKED
            known = await answers_to(origin, expecting + key + b"\r\n", ASKED, last)

    assert (lines[0].split()[1], code_of(body)) == (b"401", "UNAUTHENTICATED")
    assert b"connection: close" in lines
    assert [body for _, body in known] == [b"", ANSWER, ANSWER]


async def test_who_speaks_an_older_version_is_sent_nothing_before_its_answer(origin: str) -> None:
    expecting = POST.replace(b"1.1", b"1.0") + LENGTH + b"expect: 100-continue\r\n\r\n"
    ((_, body),) = await answers_to(origin, expecting, ASKED)

    assert body == ANSWER


async def test_requests_in_a_row_are_answered_in_their_order(origin: str) -> None:
    broken = POST + b"content-length: 1\r\n\r\n{"
    asked = POST + LENGTH + b"\r\n" + ASKED
    last = POST + LENGTH + CLOSE + b"\r\n" + ASKED
    found = await answers_to(origin, asked + broken + last)

    assert [head.split()[1] for head, _ in found] == [b"200", b"400", b"200"]
    assert (found[0][1], code_of(found[1][1]), found[2][1]) == (ANSWER, "BAD_REQUEST", ANSWER)


async def test_a_batch_of_one_is_a_batch_for_what_is_deferred(graph: Graph) -> None:
    body = json.dumps([{"query": "{ photos(first: 1) { nodes { slug ... @defer { title } } } }"}]).encode()
    headers = {"content-type": "application/json", "accept": "multipart/mixed"}
    reply = await graph.send("POST", "/graphql", body, headers)

    assert (reply.status, code_of(reply.body)) == (406, "BAD_REQUEST")


@pytest.mark.parametrize(
    "path",
    [
        "/graphql?query={__typename}&query={a:__typename}",
        "/graphql?query={__typename}&variables={}&variables={}",
        "/graphql?query=query%20A{__typename}&operationName=A&operationName=B",
        f"/graphql/{'0' * 64}?documentId={'1' * 64}",
        f"/graphql/{'0' * 64}?query={{__typename}}",
    ],
)
async def test_an_address_that_asks_two_things_is_refused(graph: Graph, path: str) -> None:
    reply = await graph.send("GET", path)

    assert (reply.status, code_of(reply.body)) == (400, "BAD_REQUEST")


async def test_a_get_cannot_be_talked_into_effects(graph: Graph) -> None:
    for header in ({}, {"x-http-method-override": "POST"}, {"x-http-method": "POST"}):
        reply = await graph.send("GET", "/graphql?query=mutation{__typename}&_method=POST", b"", header)
        assert (reply.status, reply.headers["allow"]) == (405, "POST")
