"""What stands on the wire: answers of every form, connections that are used again, and those that are not."""

import asyncio
import gc
import gzip
import hashlib
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from time import monotonic

import brotli
import pytest

from providers.pooled import PooledTransport
from providers.reading import Reading
from providers.transport import BodyTooLarge, BodyUnreadable, Reply, SendFailed, SessionTransport, Transport
from providers.wire import Wire
from tests.providers.prompt import Prompt
from tests.providers.scripted import DROP, END, answer, scripted

ZSTD = bytes.fromhex("28b52ffd2003190000") + b"one"
MANY = b"x" * 2_000_000


@pytest.fixture(params=[PooledTransport, Prompt, SessionTransport])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    build: Callable[[int], Transport] = request.param
    made = build(4)
    yield made
    await made.close()


@pytest.fixture
async def pooled() -> AsyncIterator[PooledTransport]:
    made = PooledTransport(4)
    yield made
    await made.close()


async def send(
    transport: Transport, url: str, method: str = "GET", max_bytes: int = 4_000_000, **headers: str
) -> Reply:
    return await transport.send(method, url, headers, None, timeout_s=5, max_bytes=max_bytes)


def deflated(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def chunked(*parts: bytes) -> bytes:
    told = b"".join(b"%x;note=1\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + told + b"0\r\nx-trailer: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (answer(b"one"), 200, b"one"),
        (answer(b""), 200, b""),
        (chunked(b"on", b"e"), 200, b"one"),
        (chunked(), 200, b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n", 304, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"one"), 200, b"one"),
        (b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" * 3 + answer(b"one"), 200, b"one"),
        (answer(gzip.compress(b"one"), "content-encoding: gzip"), 200, b"one"),
        (answer(zlib.compress(b"one"), "content-encoding: deflate"), 200, b"one"),
        (answer(deflated(b"one"), "content-encoding: deflate"), 200, b"one"),
        (answer(brotli.compress(b"one"), "content-encoding: br"), 200, b"one"),
        (answer(ZSTD, "content-encoding: zstd"), 200, b"one"),
        (answer(b"one", "content-encoding: identity"), 200, b"one"),
        (answer(b"", "content-encoding: gzip"), 200, b""),
        (chunked(*[b"o"] * 5000), 200, b"o" * 5000),
        (answer(b"one", status="299 "), 299, b"one"),
    ],
)
async def test_an_answer_of_any_form_is_read_and_its_connection_used_again(
    transport: Transport, said: bytes, status: int, body: bytes
) -> None:
    async with scripted([said, answer(b"two")]) as server:
        reply = await send(transport, server.url)
        assert (reply.status, reply.body) == (status, body)
        assert (await send(transport, server.url)).body == b"two"
        assert len(server.heads) == 1


async def test_an_answer_arrives_whole_however_it_is_cut(transport: Transport) -> None:
    for said in (answer(gzip.compress(b"one"), "content-encoding: gzip"), chunked(b"on", b"e")):
        async with scripted([b"HTT"]) as server:
            sending = asyncio.ensure_future(send(transport, server.url))
            await server.asked.acquire()
            for position in range(3, len(said)):
                server.writers[0].write(said[position : position + 1])
                await asyncio.sleep(0)
            assert (await sending).body == b"one"


@pytest.mark.parametrize(
    "said",
    [
        answer(b"one", "connection: close"),
        b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\none",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
        answer(b"one") + answer(b"nobody asked for this"),
    ],
)
async def test_a_connection_that_ends_or_has_said_too_much_is_not_used_again(
    transport: Transport, said: bytes
) -> None:
    async with scripted([said], [answer(b"two")]) as server:
        await send(transport, server.url)
        assert (await send(transport, server.url)).body == b"two"
        assert len(server.heads) == 2


async def test_what_comes_to_a_connection_that_rests_answers_no_later_call(pooled: PooledTransport) -> None:
    # aiohttp's session takes it for the answer.
    async with scripted([answer(b"one"), answer(b"never")], [answer(b"two")]) as server:
        await send(pooled, server.url)
        server.writers[0].write(answer(b"nobody asked for this"))
        await asyncio.wait_for(server.left.wait(), 5)
        assert (await send(pooled, server.url)).body == b"two"


async def test_what_comes_before_anything_was_asked_is_no_answer() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"nobody asked for this"))
        await reader.read()
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()
        _, wire = await asyncio.get_running_loop().create_connection(Wire, *address)
        assert wire.closed is not None
        await asyncio.wait_for(wire.closed, 5)
        with pytest.raises(SendFailed):
            wire.ask(b"GET / HTTP/1.1\r\n\r\n", 99, has_body=True)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 3000,
        b"HTTP/1.1 200 " + b"O" * 70_000,
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000,
        chunked(b"one")[:-14] + b"0\r\nx: " + b"y" * 70_000,
        chunked(b"one")[:-14] + b"0;x=" + b"y" * 70_000,
    ],
)
async def test_what_is_no_body_has_a_bound(pooled: PooledTransport, said: bytes) -> None:
    async with scripted([said], [answer(b"two")]) as server:
        with pytest.raises(BodyUnreadable):
            await send(pooled, server.url)
        assert (await send(pooled, server.url)).body == b"two"


async def test_a_body_that_packing_made_larger_is_no_byte_too_many(transport: Transport) -> None:
    body = b"".join(hashlib.sha256(bytes([each])).digest() for each in range(32))
    packed = gzip.compress(body)
    assert len(packed) > len(body)
    async with scripted([answer(packed, "content-encoding: gzip")]) as server:
        assert (await send(transport, server.url, max_bytes=len(body))).body == body


def test_a_body_in_the_smallest_chunks_takes_no_more_than_its_size() -> None:
    reading = Reading(10_000_000, has_body=True)
    said = chunked(*[b"ab"] * 20_000)[:-5]
    tracemalloc.start()
    try:
        assert not reading.feed(said)
        assert tracemalloc.get_traced_memory()[0] < 100_000
    finally:
        tracemalloc.stop()


async def test_a_connection_that_rested_too_long_is_not_used_again(
    pooled: PooledTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scripted([answer(b"one")], [answer(b"two")]) as server:
        await send(pooled, server.url)
        later_s = iter([31.0])
        monkeypatch.setattr("providers.pool.monotonic", lambda: monotonic() + next(later_s, 0.0))
        assert (await send(pooled, server.url)).body == b"two"


async def test_a_switch_of_protocols_ends_its_connection(pooled: PooledTransport) -> None:
    async with scripted([b"HTTP/1.1 101 OK\r\n\r\n"], [answer(b"two")]) as server:
        assert (await send(pooled, server.url)).status == 101
        assert (await send(pooled, server.url)).body == b"two"


@pytest.mark.parametrize("told", ["content-length: 3", "transfer-encoding: chunked", "x: y"])
@pytest.mark.parametrize("behind", [b"", b"one", answer(b"nobody asked for this"), b"\x00\x01"])
@pytest.mark.parametrize("build", [PooledTransport, Prompt])
async def test_a_switch_of_protocols_that_nobody_asked_for_is_no_fault_of_ours(
    build: Callable[[int], Transport], behind: bytes, told: str
) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    head = f"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n{told}\r\n\r\n"
    transport = build(4)
    async with scripted([head.encode() + behind], [answer(b"two")]) as server:
        assert (await send(transport, server.url)).status == 101
        await asyncio.wait_for(server.left.wait(), 5)
        assert (await send(transport, server.url)).body == b"two"
        await transport.close()
    assert faults == []


async def test_a_call_leaves_nothing_to_the_garbage_collector(pooled: PooledTransport) -> None:
    # What tests before this one have left is not what is looked for.
    gc.collect()
    gc.disable()
    try:
        async with scripted([answer(b"one"), b"HTTP/1.1 200 OK\r\n\r\none", END]) as server:
            for _ in range(2):
                assert (await send(pooled, server.url)).body == b"one"
        assert [each for each in gc.get_objects() if isinstance(each, Reading)] == []
    finally:
        gc.enable()


async def test_an_origin_is_not_taken_for_another_that_begins_like_it(pooled: PooledTransport) -> None:
    async with scripted([answer(b"one")]) as server:
        await send(pooled, f"{server.url}/")
        with pytest.raises((SendFailed, BodyUnreadable)):
            await send(pooled, f"{server.url}0")
        assert [len(heads) for heads in server.heads] == [1]


async def test_a_body_without_a_length_ends_with_its_connection(transport: Transport) -> None:
    async with scripted([b"HTTP/1.1 200 OK\r\n\r\none", END]) as server:
        assert (await send(transport, server.url)).body == b"one"


@pytest.mark.parametrize("told", [b"content-length: 1972\r\n", b""])
async def test_a_large_packed_body_that_ends_with_its_connection_is_whole(
    transport: Transport, told: bytes
) -> None:
    packed = gzip.compress(MANY)
    assert len(packed) == 1972
    said = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-encoding: gzip\r\n" + told + b"\r\n" + packed
    async with scripted([said, END]) as server:
        assert len((await send(transport, server.url)).body) == len(MANY)


async def test_the_head_of_an_answer_has_no_body_to_wait_for(transport: Transport) -> None:
    async with scripted([b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n", answer(b"two")]) as server:
        assert (await send(transport, server.url, "HEAD")).body == b""
        assert (await send(transport, server.url)).body == b"two"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: \0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}\r\n0\r\n\r\n",
        answer(b"one") + b"more",
        b"\x16\x03\x01\x00\x01",
        b"<html>",
    ],
)
async def test_a_head_that_no_server_should_send_cannot_be_read(transport: Transport, said: bytes) -> None:
    async with scripted([said], [answer(b"two")]) as server:
        with pytest.raises(BodyUnreadable):
            await send(transport, server.url)
        assert (await send(transport, server.url)).body == b"two"


@pytest.mark.parametrize(
    "said",
    [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", chunked(b"one")[:-12], b"HTTP/1.1 200 OK\r\nx: y"],
)
async def test_an_answer_that_ends_too_early_has_failed(transport: Transport, said: bytes) -> None:
    async with scripted([said, END], [said, END]) as server:
        with pytest.raises(SendFailed):
            await send(transport, server.url)


async def test_a_read_is_sent_again_where_its_resting_connection_was_gone(transport: Transport) -> None:
    async with scripted([answer(b"one"), DROP], [answer(b"two")]) as server:
        await send(transport, server.url)
        assert (await send(transport, server.url)).body == b"two"
        assert [len(heads) for heads in server.heads] == [2, 1]


async def test_an_action_is_never_sent_again(transport: Transport) -> None:
    async with scripted([answer(b"one"), DROP], [answer(b"two")]) as server:
        await send(transport, server.url)
        with pytest.raises(SendFailed):
            await send(transport, server.url, "POST")
        assert len(server.heads) == 1


async def test_a_new_connection_that_ends_at_once_is_a_failure(pooled: PooledTransport) -> None:
    async with scripted([DROP], [answer(b"two")]) as server:
        with pytest.raises(SendFailed):
            await send(pooled, server.url)
        assert len(server.heads) == 1


async def test_a_read_whose_answer_had_begun_is_not_sent_again(pooled: PooledTransport) -> None:
    async with scripted([answer(b"one"), b"HTTP/1.1 200 OK\r\nx: y", END], [answer(b"two")]) as server:
        await send(pooled, server.url)
        with pytest.raises(SendFailed):
            await send(pooled, server.url)
        assert len(server.heads) == 1


@pytest.mark.parametrize("mark", ["\r", "\n", "\0"])
async def test_a_header_cannot_become_two(transport: Transport, mark: str) -> None:
    async with scripted() as server:
        with pytest.raises(ValueError, match="header"):
            await send(transport, server.url, token=f"a{mark}host: elsewhere")
        assert server.heads == []


@pytest.mark.parametrize("mark", ["\r\n", "\0", " ", "\x7f", "\t"])
async def test_a_url_cannot_end_the_request_line(transport: Transport, mark: str) -> None:
    async with scripted() as server:
        with pytest.raises(ValueError, match="control characters"):
            await send(transport, f"{server.url}/a{mark}HTTP/1.1")
        assert server.heads == []


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/", "http://", "/path", "http://127.0.0.1:99999/", "http://[::1/"]
)
async def test_what_is_no_address_of_the_web_is_no_call(pooled: PooledTransport, url: str) -> None:
    with pytest.raises(BodyUnreadable):
        await send(pooled, url)


@pytest.mark.parametrize(
    ("below", "line"),
    [
        ("", b"GET / HTTP/1.1"),
        ("?a=/b", b"GET /?a=/b HTTP/1.1"),
        ("/a#b", b"GET /a HTTP/1.1"),
        ("/a?b#c?d", b"GET /a?b HTTP/1.1"),
    ],
)
async def test_the_request_line_and_the_host_are_those_of_the_url(
    transport: Transport, below: str, line: bytes
) -> None:
    async with scripted([answer()]) as server:
        await send(transport, server.url + below)
        lines = server.heads[0][0].lower().split(b"\r\n")
        assert server.heads[0][0].split(b"\r\n")[0] == line
        assert lines.count(b"host: " + server.url.removeprefix("http://").encode()) == 1
        assert sum(each.startswith(b"accept-encoding: gzip, deflate") for each in lines) == 1


async def test_too_much_of_a_body_ends_its_connection(transport: Transport) -> None:
    async with scripted([answer(MANY)]) as server:
        with pytest.raises(BodyTooLarge):
            await send(transport, server.url, max_bytes=1000)
        await asyncio.wait_for(server.left.wait(), 5)


@pytest.mark.parametrize("said", [b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}", b"HTTP/1.1 200"])
async def test_a_call_that_is_cancelled_leaves_no_connection(transport: Transport, said: bytes) -> None:
    async with scripted([said], [answer(b"two")]) as server:
        sending = asyncio.ensure_future(send(transport, server.url))
        await server.asked.acquire()
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        await asyncio.wait_for(server.left.wait(), 5)
        assert (await send(transport, server.url)).body == b"two"


async def test_each_call_has_its_own_time(transport: Transport) -> None:
    async with scripted([b"HTTP"], [b"HTTP"]) as server:

        async def late(timeout_s: float) -> float:
            began = asyncio.get_running_loop().time()
            with pytest.raises(TimeoutError):
                await transport.send("GET", server.url, {}, None, timeout_s=timeout_s, max_bytes=9)
            return asyncio.get_running_loop().time() - began

        patient, hasty = await asyncio.gather(late(0.2), late(0.05))
        # However late a busy machine is, each has waited for its own time at least, and the hasty one for no other.
        assert hasty < patient
        assert patient >= 0.2 - 0.01
