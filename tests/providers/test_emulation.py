"""What every emulator does: listen, count, tell, stop, and deliver as it is switched."""

import asyncio
import gzip
from collections.abc import AsyncIterator

import pytest

from providers.emulation.emulator import Emulator
from providers.emulation.exchange import Answer, Call, Route, answer_json
from providers.emulation.faults import held, slow
from tests.providers.emulation.wire import Wire, ask


class Toy(Emulator):
    """A provider with one thing."""

    def __init__(self) -> None:
        super().__init__("toy", [Route("GET", "/things/{name}", self._thing)], base_path="/api")

    def error(self, status: int) -> Answer:
        return answer_json({"error": status}, status)

    def _thing(self, call: Call) -> Answer:
        return answer_json({"name": call.parameters["name"]})


ROUTE = "GET /things/{name}"


@pytest.fixture
async def toy() -> AsyncIterator[Toy]:
    emulator = Toy()
    await emulator.start()
    yield emulator
    await emulator.stop()


async def test_a_started_emulator_answers_at_its_url(toy: Toy) -> None:
    reply = await ask(toy.url, "/things/a%2Fb")
    assert (reply.status, reply.json()) == (200, {"name": "a/b"})
    assert toy.url == f"{toy.origin}/api"


@pytest.mark.parametrize("target", ["/nothing", "/things/a/b", "//things/a", "/things"])
async def test_a_path_of_no_route_is_a_404_in_the_providers_form_and_a_hit(toy: Toy, target: str) -> None:
    reply = await ask(toy.url, target)
    assert (reply.status, reply.json()) == (404, {"error": 404})
    assert toy.hits.by_route() == {f"GET /api{target}": 1}


async def test_routes_are_under_the_base_path_only(toy: Toy) -> None:
    assert (await ask(toy.origin, "/things/a")).status == 404


async def test_a_hit_keeps_what_was_sent_byte_for_byte(toy: Toy) -> None:
    await ask(toy.url, "/things/a?$x=%24&y=b+c", {"X-Odd": "1"})
    (hit,) = toy.hits.calls
    assert (hit.method, hit.route, hit.raw_path) == ("GET", ROUTE, "/api/things/a?$x=%24&y=b+c")
    assert hit.headers["x-odd"] == "1"
    assert hit.finished is not None
    assert hit.started <= hit.finished


async def test_a_body_is_kept_too(toy: Toy) -> None:
    await ask(toy.url, "/things/a", method="POST", body=b'{"a":1}')
    assert [hit.body for hit in toy.hits.calls] == [b'{"a":1}']


async def test_hits_are_counted_by_route_and_forgotten_when_cleared(toy: Toy) -> None:
    await ask(toy.url, "/things/a")
    await ask(toy.url, "/things/b")
    await ask(toy.url, "/other")
    assert (toy.hits.count(ROUTE), toy.hits.count()) == (2, 3)
    toy.hits.clear()
    assert (toy.hits.count(ROUTE), toy.hits.count(), toy.hits.calls) == (0, 0, [])


async def test_one_connection_carries_many_calls(toy: Toy) -> None:
    async with Wire(toy.url) as wire:
        for name in "abc":
            assert (await wire.ask(f"/things/{name}")).json() == {"name": name}


async def test_calls_that_are_open_together_are_counted_as_the_peak(toy: Toy) -> None:
    toy.faults.add(held())
    calls = [asyncio.create_task(ask(toy.url, f"/things/{name}")) for name in "abc"]
    await toy.hits.arrived(3, ROUTE)
    assert (toy.hits.in_flight, toy.hits.peak_in_flight) == (3, 3)
    assert [hit.finished for hit in toy.hits.calls] == [None, None, None]
    toy.faults.release()
    assert [reply.status for reply in await asyncio.gather(*calls)] == [200, 200, 200]
    assert (toy.hits.in_flight, toy.hits.peak_in_flight) == (0, 3)


async def test_clearing_the_hits_while_one_is_open_keeps_it_in_flight(toy: Toy) -> None:
    toy.faults.add(held())
    call = asyncio.create_task(ask(toy.url, "/things/a"))
    await toy.hits.arrived(1)
    toy.hits.clear()
    assert (toy.hits.count(), toy.hits.in_flight, toy.hits.peak_in_flight) == (0, 1, 1)
    toy.faults.clear()
    assert (await call).status == 200


async def test_a_client_that_goes_away_ends_its_call(toy: Toy) -> None:
    toy.faults.add(held())
    async with Wire(toy.url) as wire:
        await wire.send("/things/a")
        await toy.hits.arrived(1)
    await toy.hits.idle()
    assert toy.hits.in_flight == 0


async def test_a_stopped_emulator_refuses_connections_and_drops_the_open_ones(toy: Toy) -> None:
    toy.faults.add(held())
    async with Wire(toy.url) as wire:
        await wire.send("/things/a")
        await toy.hits.arrived(1)
        await toy.stop()
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await wire.read()
    with pytest.raises(ConnectionRefusedError):
        await ask(toy.url, "/things/a")


async def test_stopping_twice_is_the_same_as_once(toy: Toy) -> None:
    await toy.stop()
    await toy.stop()


async def test_starting_twice_is_an_error(toy: Toy) -> None:
    with pytest.raises(RuntimeError, match="the toy emulator listens already"):
        await toy.start()


async def test_a_restarted_emulator_has_its_port_and_its_hits_again(toy: Toy) -> None:
    before = toy.url
    await ask(toy.url, "/things/a")
    await toy.restart()
    assert toy.url == before
    assert (await ask(before, "/things/a")).status == 200
    assert toy.hits.count() == 2


async def test_response_headers_go_onto_good_answers_only(toy: Toy) -> None:
    toy.response_headers = {"Cache-Control": "max-age=60"}
    assert (await ask(toy.url, "/things/a")).headers["cache-control"] == "max-age=60"
    assert "cache-control" not in (await ask(toy.url, "/nothing")).headers


async def test_validators_answer_304_to_those_who_have_the_same(toy: Toy) -> None:
    toy.validators = True
    toy.response_headers = {"Cache-Control": "max-age=60"}
    first = await ask(toy.url, "/things/a")
    again = await ask(toy.url, "/things/a", {"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "max-age=60"
    since = await ask(toy.url, "/things/a", {"If-Modified-Since": first.headers["last-modified"]})
    assert since.status == 304


@pytest.mark.parametrize(
    "condition",
    [
        {"If-None-Match": '"other"'},
        {"If-Modified-Since": "Wed, 08 Oct 2020 11:42:48 GMT"},
        {"If-Modified-Since": "yesterday"},
    ],
)
async def test_validators_answer_in_full_to_those_who_have_something_else(
    toy: Toy, condition: dict[str, str]
) -> None:
    toy.validators = True
    assert (await ask(toy.url, "/things/a", condition)).json() == {"name": "a"}


async def test_without_validators_conditions_are_ignored(toy: Toy) -> None:
    reply = await ask(toy.url, "/things/a", {"If-Modified-Since": "Wed, 08 Oct 2031 11:42:48 GMT"})
    assert reply.status == 200
    assert "etag" not in reply.headers


async def test_gzip_is_used_when_switched_on_and_accepted(toy: Toy) -> None:
    toy.gzip = True
    packed = await ask(toy.url, "/things/a", {"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == b'{"name":"a"}'
    assert "content-encoding" not in (await ask(toy.url, "/things/a")).headers


async def test_strangers_read_the_hits_over_http_without_being_one(toy: Toy) -> None:
    await ask(toy.url, "/things/a")
    assert (await ask(toy.origin, "/_emulator/hits")).json() == {ROUTE: 1}
    assert toy.hits.count() == 1


async def test_strangers_order_faults_and_reset_everything(toy: Toy) -> None:
    named = b'{"name": "unavailable", "times": 1}'
    assert (await ask(toy.origin, "/_emulator/faults", method="POST", body=named)).status == 204
    assert (await ask(toy.url, "/things/a")).status == 503
    made = b'{"status": 418, "text": "tea", "headers": {"X-Pot": "1"}, "match": "/a"}'
    await ask(toy.origin, "/_emulator/faults", method="POST", body=made)
    reply = await ask(toy.url, "/things/a")
    assert (reply.status, reply.body, reply.headers["x-pot"]) == (418, b"tea", "1")
    assert (await ask(toy.origin, "/_emulator/reset", method="POST")).status == 204
    assert (await ask(toy.url, "/things/a")).status == 200
    assert toy.hits.count() == 1


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"name": "earthquake"}', b"no fault is named 'earthquake'"),
        (b'{"nmae": "hang"}', b"unknown field"),
        (b"{", b"truncated"),
    ],
)
async def test_an_order_that_makes_no_sense_is_told_so(toy: Toy, body: bytes, says: bytes) -> None:
    reply = await ask(toy.origin, "/_emulator/faults", method="POST", body=body)
    assert reply.status == 400
    assert says in reply.body


async def test_an_unknown_control_route_lists_those_that_there_are(toy: Toy) -> None:
    reply = await ask(toy.origin, "/_emulator/coffee")
    assert (reply.status, b"/_emulator/hits" in reply.body) == (404, True)


async def test_a_slow_answer_is_the_right_one(toy: Toy) -> None:
    toy.faults.add(slow(0.001), route=ROUTE)
    reply = await ask(toy.url, "/things/a")
    (hit,) = toy.hits.calls
    assert reply.json() == {"name": "a"}
    assert hit.finished is not None
    assert hit.finished - hit.started >= 0.001
