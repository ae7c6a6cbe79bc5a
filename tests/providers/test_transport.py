"""Sending over real sockets: the bytes that leave, and the one reason for each way in which nothing comes back."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from providers.emulation.faults import (
    Fault,
    cut,
    drip,
    gzip_bomb,
    hang,
    huge,
    redirect,
    reset,
    server_error,
)
from providers.forge.emulator import ForgeEmulator, create_emulator
from providers.pooled import PooledTransport
from providers.transport import (
    BodyTooLarge,
    BodyUnreadable,
    Reply,
    SendFailed,
    SessionTransport,
    Transport,
)
from tests.providers.prompt import Prompt

PHOTOS = "/v2/content/en-us/photos"
LARGEST = 400_000


@pytest.fixture
async def forge() -> AsyncIterator[ForgeEmulator]:
    emulator = create_emulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture(params=[PooledTransport, Prompt, SessionTransport])
async def transport(request: pytest.FixtureRequest) -> AsyncIterator[Transport]:
    build: Callable[[int], Transport] = request.param
    made = build(8)
    yield made
    await made.close()


async def send(transport: Transport, url: str, timeout_s: float = 5.0, max_bytes: int = LARGEST) -> Reply:
    return await transport.send(
        "GET", url, {"accept": "application/json"}, None, timeout_s=timeout_s, max_bytes=max_bytes
    )


@pytest.mark.parametrize(
    "target",
    [
        "?$skip=0&$limit=2&$sort=contentDate:desc",
        "?tags.slug=a%26b%3Dc&tags.slug=%24x",
        "/%2e%2e?x=%2F",
        "/..%2fstories",
        "?tags.slug=a+b&x=%C3%A9,&y=;",
        "//a/./b",
    ],
)
async def test_the_bytes_of_the_url_leave_as_they_are(
    forge: ForgeEmulator, transport: Transport, target: str
) -> None:
    await send(transport, forge.url + PHOTOS + target)
    assert [hit.raw_path for hit in forge.hits.calls] == [PHOTOS + target]


async def test_a_reply_has_its_status_lower_case_headers_and_whole_body(
    forge: ForgeEmulator, transport: Transport
) -> None:
    forge.response_headers["X-Mixed-Case"] = "Value"
    reply = await send(transport, f"{forge.url}{PHOTOS}?$limit=1")
    assert reply.status == 200
    assert reply.headers["x-mixed-case"] == "Value"
    assert reply.headers["content-type"].startswith("application/json")
    assert reply.body.startswith(b"{")
    assert (await send(transport, f"{forge.url}{PHOTOS}/no-such-photo")).status == 404


async def test_the_given_headers_leave_and_no_user_agent_is_made_up(
    forge: ForgeEmulator, transport: Transport
) -> None:
    await transport.send("GET", forge.url + PHOTOS, {"x-api-key": "k"}, None, timeout_s=5, max_bytes=LARGEST)
    (hit,) = forge.hits.calls
    assert hit.headers["x-api-key"] == "k"
    assert "user-agent" not in hit.headers


async def test_a_body_is_posted_as_it_is(forge: ForgeEmulator, transport: Transport) -> None:
    await transport.send("POST", forge.url + "/login", {}, b'{"a": 1}', timeout_s=5, max_bytes=LARGEST)
    (hit,) = forge.hits.calls
    assert (hit.method, hit.body) == ("POST", b'{"a": 1}')


async def test_no_cookie_is_kept(forge: ForgeEmulator, transport: Transport) -> None:
    forge.response_headers["Set-Cookie"] = "session=1; Path=/"
    for _ in range(2):
        await send(transport, forge.url + PHOTOS)
    assert all("cookie" not in hit.headers for hit in forge.hits.calls)


async def test_a_redirect_is_an_answer_and_not_followed(forge: ForgeEmulator, transport: Transport) -> None:
    forge.faults.add(redirect(f"{forge.url}/elsewhere"))
    reply = await send(transport, forge.url + PHOTOS)
    assert (reply.status, reply.headers["location"]) == (302, f"{forge.url}/elsewhere")
    assert forge.hits.count() == 1


async def test_a_compressed_body_arrives_decompressed(forge: ForgeEmulator, transport: Transport) -> None:
    plain = await send(transport, f"{forge.url}{PHOTOS}?$limit=5")
    forge.gzip = True
    packed = await send(transport, f"{forge.url}{PHOTOS}?$limit=5")
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.body) == len(plain.body)


async def test_connections_are_kept_and_opened_again_after_a_close(
    forge: ForgeEmulator, transport: Transport
) -> None:
    await send(transport, forge.url + PHOTOS)
    await transport.close()
    assert (await send(transport, forge.url + PHOTOS)).status == 200


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (reset(), SendFailed),
        (cut(), SendFailed),
        (huge(1_000_000), BodyTooLarge),
        (gzip_bomb(2_000_000), BodyTooLarge),
        (Fault(body=b"no gzip at all", headers={"Content-Encoding": "gzip"}), BodyUnreadable),
    ],
)
async def test_a_body_that_cannot_be_had_has_its_reason(
    forge: ForgeEmulator, transport: Transport, fault: Fault, reason: type[Exception]
) -> None:
    forge.faults.add(fault)
    with pytest.raises(reason):
        await send(transport, forge.url + PHOTOS)
    forge.faults.clear()
    assert (await send(transport, forge.url + PHOTOS)).status == 200


@pytest.mark.parametrize("fault", [hang(), drip(interval_s=0.02)])
async def test_an_answer_that_takes_longer_than_its_time_is_a_timeout(
    forge: ForgeEmulator, transport: Transport, fault: Fault
) -> None:
    forge.faults.add(fault)
    with pytest.raises(TimeoutError):
        await send(transport, forge.url + PHOTOS, timeout_s=0.1)


async def test_a_status_is_no_failure(forge: ForgeEmulator, transport: Transport) -> None:
    forge.faults.add(server_error())
    assert (await send(transport, forge.url + PHOTOS)).status == 500


async def test_a_refused_connection_is_a_failure(forge: ForgeEmulator, transport: Transport) -> None:
    await forge.stop()
    with pytest.raises(SendFailed):
        await send(transport, forge.url + PHOTOS)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 abc OK\r\n\r\n"])
async def test_an_answer_that_is_no_http_cannot_be_read(transport: Transport, answer: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BodyUnreadable):
            await send(transport, f"http://127.0.0.1:{port}/")


async def test_a_body_of_exactly_the_limit_is_no_byte_too_many(
    forge: ForgeEmulator, transport: Transport
) -> None:
    forge.faults.add(Fault(status=200, body=b"x" * 1000))
    assert len((await send(transport, forge.url + PHOTOS, max_bytes=1000)).body) == 1000
    with pytest.raises(BodyTooLarge):
        await send(transport, forge.url + PHOTOS, max_bytes=999)
