"""What needs calls is made at once while their answers are at hand, and as ever when they are not."""

import io
import json

import pytest

from providers.call_record import CallRecord
from providers.client import ProviderClient
from providers.records import Provider
from server.readiness import Readiness
from tests.clock import DrivenClock
from tests.graph import running_graph
from tests.server.test_lane import Counted, connected, posted, same_second, stream
from tests.world import ACTIVITY, MEDIA, UUIDS

__all__ = ["stream"]


async def test_what_needs_calls_is_made_at_once_while_their_answers_are_at_hand(stream: io.StringIO) -> None:
    asked = posted(headers=b"x-request-id: r-1\r\n")
    async with running_graph(response_cache_bytes="0") as graph:
        app = Counted(graph)
        async with connected(app) as connection:
            await connection.ask(asked)
            # Asked by the application, which finds that nothing had to be waited for.
            await connection.ask(asked)
            assert app.requests == 2
            await same_second(connection, asked, app)
            await connection.ask(posted(headers=b"accept-language: fr-FR\r\n"))
        page = (await graph.send("GET", "/metrics")).body.decode()
    logged = [json.loads(line) | {"ms": 0, "timestamp": ""} for line in stream.getvalue().splitlines()]
    assert logged[1:-1] == [logged[0] | {"calls": {"HIT": 1}, "saved": 1}] * (len(logged) - 2)
    assert logged[-1]["calls"] == {"MISS": 1}
    hits = f"{len(logged) - 2}.0"
    assert 'verdict="HIT"} ' + hits in page
    assert 'mediagraph_calls_saved_total{by="cache"} ' + hits in page


@pytest.mark.parametrize("loss", ["room", "purge", "age"])
async def test_what_is_not_at_hand_any_more_is_asked_for_once(loss: str, stream: io.StringIO) -> None:
    uuids = ", ".join(json.dumps(uuid) for uuid in UUIDS[:3])
    asked = posted(
        json.dumps(
            {"query": f"{{ activities(uuids: [{uuids}]) {{ title gallery {{ nodes {{ url }} }} }} }}"}
        ).encode()
    )
    clock, calls = DrivenClock(), {ACTIVITY: 3, MEDIA: 3}
    async with running_graph(clock, response_cache_bytes="0", musement_stale_s="0") as graph:
        app = Counted(graph)
        kept: ProviderClient = app.state.lane._making.__self__._providers.clients[Provider.MUSEMENT]  # noqa: SLF001
        async with connected(app) as connection:
            found = [await connection.ask(asked) for _ in range(3)]
            assert (app.requests, graph.calls) == (2, calls)
            if loss == "room":
                kept._kept.memory.purge(lambda *_: True)  # noqa: SLF001 - as what others have kept does
            elif loss == "purge":
                kept.purge("MUSEMENT")
            else:
                clock.now += 10**6
            found += [await connection.ask(asked) for _ in range(3)]
            assert graph.calls == {route: 2 * times for route, times in calls.items()}
        page = (await graph.send("GET", "/metrics")).body.decode()
    assert [body for _, body in found] == [found[0][1]] * 6
    logged = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["calls"] for line in logged] == [{"MISS": 6}, {"HIT": 6}, {"HIT": 6}] * 2
    assert 'route="GET /activities/{uuid}",status="200",verdict="MISS"} 6.0' in page


def test_a_clock_that_was_put_back_makes_nothing_fresher() -> None:
    readiness, hit = Readiness(), CallRecord(Provider.FORGE, "GET /", 0.0, verdict="HIT")
    readiness.note("en", 1, 100.0, 10, [hit])
    assert [readiness.holds("en", 1, now) for now in (99.9, 100.0, 109.9, 110.0)] == [
        False,
        True,
        True,
        False,
    ]
    assert not readiness.holds("fr", 1, 100.0)
    assert not readiness.holds("en", 2, 100.0)
    readiness.note("en", 2, 100.0, 10, [hit, CallRecord(Provider.FORGE, "GET /", 0.0)])
    assert not readiness.holds("en", 2, 100.0)
