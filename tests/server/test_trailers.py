"""What comes with a body beside the body: trailers are no headers, and neither they nor extensions go on for ever."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.graph import Graph, running_graph
from tests.live import serving
from tests.server.test_lane import PHOTOS
from tests.server.test_wire import ANSWER, ASKED, CLOSE, PATIENCE_S, POST, answers_to, code_of

CHUNKED = POST + b"transfer-encoding: chunked\r\n"
KEY = b"planted-key-of-the-shop"
PIECE = b"a" * 16 * 1024
PIECES = 640


def chunked(body: bytes, trailers: bytes = b"", extension: bytes = b"") -> bytes:
    return b"%x%b\r\n%b\r\n0\r\n%b\r\n" % (len(body), extension, body, trailers)


@pytest.fixture
async def origin(graph: Graph) -> AsyncIterator[str]:
    async with serving(graph.app) as served:
        yield served


async def poured(origin: str, head: bytes) -> tuple[bytes, int]:
    """Send a head and then the same again and again; return what came back, and how much was taken before that."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(origin.rpartition(":")[2]))
    coming = asyncio.create_task(reader.read(65536))
    taken = 0
    try:
        async with asyncio.timeout(PATIENCE_S):
            writer.write(head)
            while not coming.done() and taken < PIECES * len(PIECE):
                writer.write(PIECE)
                await writer.drain()
                # Both ends are in one loop: the other one has its turn.
                await asyncio.sleep(0)
                taken += len(PIECE)
            return await coming, taken
    finally:
        writer.close()


@pytest.mark.parametrize("name", [b"x-api-key: ", b"authorization: Bearer "])
@pytest.mark.parametrize("in_parts", [False, True], ids=["together", "in parts"])
async def test_a_key_in_a_trailer_opens_nothing(name: bytes, *, in_parts: bool) -> None:
    sent = (CHUNKED + CLOSE + b"\r\n", chunked(ASKED, name + KEY + b"\r\n"))
    async with running_graph(client_keys=f"shop={KEY.decode()}") as graph, serving(graph.app) as origin:
        ((head, body),) = await answers_to(origin, *(sent if in_parts else [b"".join(sent)]))
        with_key = await answers_to(origin, CHUNKED + CLOSE + name + KEY + b"\r\n\r\n" + chunked(ASKED))

    assert (head.split()[1], code_of(body)) == (b"401", "UNAUTHENTICATED")
    assert with_key[0][1] == ANSWER


@pytest.mark.parametrize(
    "trailer",
    [
        b"accept: image/png\r\n",
        b"accept-encoding: gzip\r\n",
        b"x-request-id: trailed\r\n",
        b"content-encoding: gzip\r\n",
        b"x-mediagraph-explain: dry\r\n",
        b"origin: https://a.example\r\n",
    ],
)
async def test_a_trailer_changes_nothing_of_the_answer(trailer: bytes) -> None:
    async with (
        running_graph(explain="true", cors_origins="https://a.example") as graph,
        serving(graph.app) as origin,
    ):
        sent = CHUNKED + b"\r\n" + chunked(PHOTOS, trailer)
        last = CHUNKED + CLOSE + b"x-request-id: r\r\n\r\n" + chunked(PHOTOS)
        trailed, plain = await answers_to(origin, sent + last)

    own = (b"x-request-id", b"date", b"connection", b"age", b"cache-control", b"x-accel-expires")
    lines = [
        [line for line in head.split(b"\r\n") if not line.startswith(own)] for head, _ in (trailed, plain)
    ]
    assert lines[0] == lines[1]
    assert trailed[1] == plain[1]
    assert b"trailed" not in trailed[0]


async def test_after_a_trailer_that_ends_the_connection_it_ends(origin: str) -> None:
    ending = CHUNKED + b"\r\n" + chunked(ASKED, b"connection: close\r\n")
    found = await answers_to(origin, ending + ending)

    assert [body for _, body in found] == [ANSWER]


async def test_a_secret_of_the_router_in_a_trailer_opens_nothing() -> None:
    sent = CHUNKED + CLOSE + b"\r\n"
    asked = b'{"query": "{ __schema { queryType { name } } }"}'
    secret = b"x-mediagraph-router: planted-router-secret\r\n"
    async with (
        running_graph(introspection="false", router_secret="planted-router-secret") as graph,
        serving(graph.app) as origin,
    ):
        ((_, body),) = await answers_to(origin, sent + chunked(asked, secret))

    assert b'"data"' not in body


@pytest.mark.parametrize(
    "begun",
    [
        chunked(ASKED)[:-2] + b"x-endless: ",
        chunked(ASKED)[:-2],
        chunked(ASKED, extension=b";x=").partition(b"\r\n")[0],
        b"1\r\n{\r\n1;",
    ],
    ids=["value of a trailer", "name of a trailer", "extension", "extension of a later chunk"],
)
async def test_neither_trailers_nor_extensions_go_on_for_ever(origin: str, begun: bytes) -> None:
    answer, taken = await poured(origin, CHUNKED + b"\r\n" + begun)

    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in answer
    # What the kernel holds for both ends is taken too.
    assert taken < PIECES * len(PIECE)


async def test_trailers_count_among_the_headers(origin: str) -> None:
    sent = CHUNKED + b"\r\n" + chunked(ASKED, b"x: y\r\n" * 101)
    ((head, body),) = await answers_to(origin, sent)

    assert (head.split()[1], code_of(body)) == (b"431", "BAD_REQUEST")


async def test_a_body_in_many_small_chunks_with_few_trailers_is_read(origin: str) -> None:
    body = ASKED + b" " * 20_000
    small = b"".join(b"1\r\n%b\r\n" % bytes([each]) for each in body) + b"0\r\nx-checksum: 1\r\n\r\n"
    middle = len(small) // 2
    found = await answers_to(origin, CHUNKED + CLOSE + b"\r\n", small[:middle], small[middle:])

    assert [body for _, body in found] == [ANSWER]
