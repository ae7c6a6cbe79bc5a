"""Every way to misbehave, seen from the socket's other end."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from providers.emulation import faults
from providers.emulation.emulator import Emulator
from providers.emulation.exchange import Answer, Call, Route, answer_json
from providers.emulation.faults import Fault
from tests.providers.emulation.wire import Wire, ask

RIGHT = b'{"name":"thing","list":[1,2,3]}'


class Toy(Emulator):
    """A provider with one thing and one list."""

    def __init__(self) -> None:
        routes = [Route("GET", "/thing", self._thing), Route("GET", "/list", self._list)]
        super().__init__("toy", routes)

    def error(self, status: int) -> Answer:
        return answer_json({"error": status}, status)

    def _thing(self, _call: Call) -> Answer:
        return Answer(200, RIGHT)

    def _list(self, _call: Call) -> Answer:
        return answer_json(["a", "b"])


@pytest.fixture
async def toy() -> AsyncIterator[Toy]:
    emulator = Toy()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (faults.server_error(), 500),
        (faults.unavailable(), 503),
        (faults.too_many_requests(), 429),
        (faults.unauthorized(), 401),
        (faults.forbidden(), 403),
        (faults.not_found(), 404),
    ],
)
async def test_a_status_comes_with_the_providers_own_body(toy: Toy, fault: Fault, status: int) -> None:
    toy.faults.add(fault)
    reply = await ask(toy.url, "/thing")
    assert (reply.status, reply.json()) == (status, {"error": status})


async def test_too_many_requests_may_say_when_to_come_back(toy: Toy) -> None:
    toy.faults.add(faults.too_many_requests("7"), times=1)
    toy.faults.add(faults.too_many_requests())
    assert (await ask(toy.url, "/thing")).headers["retry-after"] == "7"
    assert "retry-after" not in (await ask(toy.url, "/thing")).headers


async def test_a_bad_gateway_speaks_html(toy: Toy) -> None:
    toy.faults.add(faults.bad_gateway())
    reply = await ask(toy.url, "/thing")
    assert (reply.status, reply.headers["content-type"]) == (502, "text/html")
    assert reply.body.startswith(b"<html>")


async def test_a_fault_may_be_made_of_any_status_body_type_and_headers(toy: Toy) -> None:
    toy.faults.add(Fault(status=299, body=b"odd", content_type="text/odd", headers={"X-Odd": "yes"}))
    reply = await ask(toy.url, "/thing")
    assert (reply.status, reply.body) == (299, b"odd")
    assert (reply.headers["content-type"], reply.headers["x-odd"]) == ("text/odd", "yes")


async def test_an_empty_body_is_a_success_without_a_byte(toy: Toy) -> None:
    toy.faults.add(faults.empty_body())
    reply = await ask(toy.url, "/thing")
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "0")


async def test_truncated_json_has_a_length_that_fits(toy: Toy) -> None:
    toy.faults.add(faults.truncated())
    assert (await ask(toy.url, "/thing")).body == RIGHT[:15]


@pytest.mark.parametrize(
    ("target", "body"), [("/thing", b'["unexpected"]'), ("/list", b'{"unexpected":true}')]
)
async def test_another_shape_is_an_array_for_an_object_and_the_reverse(
    toy: Toy, target: str, body: bytes
) -> None:
    toy.faults.add(faults.other_shape())
    assert (await ask(toy.url, target)).body == body


@pytest.mark.parametrize(
    ("target", "body"), [("/thing", b'{"nan":NaN,"name":"thing","list":[1,2,3]}'), ("/list", b"[NaN]")]
)
async def test_nan_makes_json_that_is_none(toy: Toy, target: str, body: bytes) -> None:
    toy.faults.add(faults.nan())
    assert (await ask(toy.url, target)).body == body


async def test_a_wrong_content_type_keeps_the_body(toy: Toy) -> None:
    toy.faults.add(faults.wrong_content_type())
    reply = await ask(toy.url, "/thing")
    assert (reply.headers["content-type"], reply.body) == ("text/html", RIGHT)


async def test_invalid_utf8_stands_inside_a_string(toy: Toy) -> None:
    toy.faults.add(faults.invalid_utf8())
    body = (await ask(toy.url, "/thing")).body
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert body.replace(b"\xff\xfe", b"") == RIGHT


async def test_a_redirect_leads_to_the_given_address(toy: Toy) -> None:
    toy.faults.add(faults.redirect("http://127.0.0.1:1/x"))
    reply = await ask(toy.url, "/thing")
    assert (reply.status, reply.headers["location"]) == (302, "http://127.0.0.1:1/x")


async def test_a_reset_comes_after_half_of_the_body(toy: Toy) -> None:
    toy.faults.add(faults.reset())
    async with Wire(toy.url) as wire:
        await wire.send("/thing")
        head = await wire.reader.readuntil(b"\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            await wire.reader.readexactly(len(RIGHT))
    assert b"200 OK" in head
    await toy.hits.idle()


async def test_a_cut_ends_before_the_length_is_reached(toy: Toy) -> None:
    toy.faults.add(faults.cut())
    async with Wire(toy.url) as wire:
        await wire.send("/thing")
        head = await wire.reader.readuntil(b"\r\n\r\n")
        rest = await wire.reader.read()
    assert f"Content-Length: {len(RIGHT)}".encode() in head
    assert rest == RIGHT[:15]
    await toy.hits.idle()


async def test_a_hanging_call_never_answers_and_ends_with_its_client(toy: Toy) -> None:
    toy.faults.add(faults.hang())
    async with Wire(toy.url) as wire:
        await wire.send("/thing")
        await toy.hits.arrived(1)
        assert not wire.reader.at_eof()
        assert toy.hits.in_flight == 1
    await toy.hits.idle()


async def test_a_dripping_answer_comes_byte_by_byte(toy: Toy) -> None:
    toy.faults.add(faults.drip(interval_s=0.0001))
    assert (await ask(toy.url, "/thing")).body == RIGHT


async def test_a_huge_body_is_streamed_without_a_length(toy: Toy) -> None:
    toy.faults.add(faults.huge(size=300_000))
    async with Wire(toy.url) as wire:
        await wire.send("/thing", {"Connection": "close"})
        head = await wire.reader.readuntil(b"\r\n\r\n")
        rest = await wire.reader.read()
    assert b"content-length" not in head.lower()
    assert rest.count(b"a") >= 300_000


async def test_a_huge_body_ends_when_the_client_has_had_enough(toy: Toy) -> None:
    toy.faults.add(faults.huge())
    async with Wire(toy.url) as wire:
        await wire.send("/thing")
        await wire.reader.readexactly(1000)
        wire.writer.transport.abort()
    await toy.hits.idle()


async def test_a_gzip_bomb_is_a_thousand_times_larger_inside(toy: Toy) -> None:
    toy.faults.add(faults.gzip_bomb(size=4 * 1024 * 1024))
    reply = await ask(toy.url, "/thing", {"Accept-Encoding": "gzip"})
    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) * 500 < len(gzip.decompress(reply.body)) == 4 * 1024 * 1024


async def test_a_held_call_waits_for_its_release(toy: Toy) -> None:
    toy.faults.add(faults.held(), times=1)
    call = asyncio.create_task(ask(toy.url, "/thing"))
    await toy.hits.arrived(1)
    assert (await ask(toy.url, "/thing")).body == RIGHT
    assert not call.done()
    toy.faults.release()
    assert (await call).body == RIGHT


async def test_a_fault_strikes_its_route_and_paths_only(toy: Toy) -> None:
    toy.faults.add(faults.forbidden(), route="GET /list")
    toy.faults.add(faults.not_found(), match="key=7")
    assert (await ask(toy.url, "/list")).status == 403
    assert (await ask(toy.url, "/thing?key=7")).status == 404
    assert (await ask(toy.url, "/thing?key=8")).status == 200


async def test_faults_strike_in_the_order_added_and_as_often_as_told(toy: Toy) -> None:
    toy.faults.add(faults.unavailable(), times=2)
    toy.faults.add(faults.forbidden(), times=1)
    assert [(await ask(toy.url, "/thing")).status for _ in range(4)] == [503, 503, 403, 200]


async def test_cleared_faults_are_gone_and_what_they_held_goes_on(toy: Toy) -> None:
    toy.faults.add(faults.held())
    call = asyncio.create_task(ask(toy.url, "/thing"))
    await toy.hits.arrived(1)
    toy.faults.clear()
    assert (await call).status == 200
    assert (await ask(toy.url, "/thing")).status == 200


@pytest.mark.parametrize("name", faults.NAMED_FAULTS)
async def test_an_emulator_survives_every_named_fault(toy: Toy, name: str) -> None:
    toy.faults.add(faults.NAMED_FAULTS[name](), times=1)
    async with Wire(toy.url) as wire:
        await wire.send("/thing")
        await toy.hits.arrived(1)
    toy.faults.clear()
    await toy.hits.idle()
    assert (await ask(toy.url, "/thing")).body == RIGHT
