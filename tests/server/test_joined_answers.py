"""Who asks what is just being answered: what is shared with them, and what time, tags and purges keep apart."""

import asyncio
import hashlib
from typing import Any
from urllib.parse import quote

import pytest

from providers.emulation.faults import held
from server.edge import response_cache
from server.edge.outcomes import Outcome
from server.runs import Runs
from tests.clock import DrivenClock
from tests.graph import Graph, Reply, running_graph
from tests.server.test_admin import TOKEN, purge
from tests.server.test_response_cache import ONE, PATH, TITLES, post, settle, verdicts
from tests.world import ACTIVITY, PHOTOS, UUIDS

LATE = {"musement_timeout_s": "60", "musement_retries": "0"}


async def test_who_came_later_has_the_time_that_the_first_had_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[float | None] = []
    ended: list[float] = []
    context = Runs.context

    def noted(self: Runs, *asked: Any, arrived: float | None = None) -> Any:
        told.append(arrived)
        # The first has a second left, as if it had come long ago; the other has all of its half minute.
        has_little = len(told) == 1
        return context(self, *asked, arrived=clock() - 29 if has_little else arrived)

    monkeypatch.setattr(Runs, "context", noted)
    monkeypatch.setattr(response_cache, "_LATER_S", 0)
    clock = asyncio.get_running_loop().time
    async with running_graph(deadline_s="30", **LATE) as graph:
        graph.musement.faults.add(held(), route=ACTIVITY, times=1)
        first = asyncio.create_task(graph.query(ONE))
        first.add_done_callback(lambda _: ended.append(clock()))
        await graph.musement.hits.arrived(1, ACTIVITY)
        came = clock()
        late, later = await asyncio.gather(first, graph.query(ONE))
        graph.musement.faults.release()

    assert late.errors[0]["extensions"]["code"] == "UPSTREAM_TIMEOUT"
    assert (later.errors, bool(later.data["activity"]["title"])) == ([], True)
    # Its own time, which goes by while it waits for the first.
    first_arrived, arrived = told
    assert first_arrived is None
    assert arrived is not None
    assert came <= arrived < ended[0]


async def test_who_came_with_the_first_has_no_more_time_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    # However long this machine takes from one to the next.
    monkeypatch.setattr(response_cache, "_LATER_S", 30)
    async with running_graph(deadline_s="0.3", **LATE) as graph:
        graph.musement.faults.add(held(), route=ACTIVITY)
        replies = await asyncio.gather(*(graph.query(ONE, x_request_id=f"r-{n}") for n in range(3)))
        assert await verdicts(graph) == {"MISS": 1, "JOINED": 2}
        assert graph.calls == {ACTIVITY: 1}
        graph.musement.faults.release()

    for n, reply in enumerate(replies):
        assert reply.codes == [("UPSTREAM_TIMEOUT", ("activity", "title"))]
        assert reply.errors[0]["extensions"]["requestId"] == f"r-{n}"


@pytest.mark.parametrize(
    ("answer", "is_so"),
    [
        ({"data": {}}, False),
        ({"data": {}, "errors": [{"extensions": {"code": "UPSTREAM_UNAVAILABLE"}}]}, False),
        ({"data": {}, "errors": [{"extensions": {"code": "UPSTREAM_TIMEOUT"}}]}, True),
        ({"data": {}, "extensions": {"warnings": [{"code": "UPSTREAM_UNAVAILABLE"}]}}, False),
        ({"data": {}, "extensions": {"warnings": [{"code": "UPSTREAM_TIMEOUT"}]}}, True),
    ],
)
def test_a_list_that_time_cut_short_is_as_much_a_matter_of_time_as_a_failure(
    answer: dict[str, Any], *, is_so: bool
) -> None:
    assert Outcome(answer, 200, "application/json", None).is_timed_out is is_so


async def test_what_registers_a_text_is_shared_with_who_registers_it_too() -> None:
    digest = hashlib.sha256(TITLES.encode()).hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    async with running_graph() as graph:
        graph.forge.faults.add(held(), times=1)
        asking = [
            asyncio.create_task(post(graph, {"query": TITLES, "extensions": extensions})) for _ in range(3)
        ]
        await graph.forge.hits.arrived(1, PHOTOS)
        await settle()
        graph.forge.faults.release()
        replies = await asyncio.gather(*asking)
        assert await verdicts(graph) == {"MISS": 1, "JOINED": 2}
        assert graph.calls == {PHOTOS: 1}

    assert len({reply.body for reply in replies}) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_who_has_the_answer_is_told_so_whoever_it_is_made_for(method: str) -> None:
    clock = DrivenClock()
    async with running_graph(clock, forge_fresh_s="10", forge_stale_s="0") as graph:
        tag = (await graph.send("GET", PATH)).headers["etag"]
        clock.now += 11
        graph.forget_calls()
        graph.forge.faults.add(held(), times=1)
        sent = [{"if-none-match": tag}, {}, {"if-none-match": f'"x", {tag}'}, {"if-none-match": "*"}]
        asking = []
        for headers in sent:
            asking.append(asyncio.create_task(graph.send(method, PATH, headers=headers)))
            await settle()
        await graph.forge.hits.arrived(1, PHOTOS)
        graph.forge.faults.release()
        replies = await asyncio.gather(*asking)
        kept = await graph.send(method, PATH)
        assert await verdicts(graph) == {"MISS": 2, "JOINED": 3, "HIT": 1}
        assert graph.calls == {PHOTOS: 1}

    assert [reply.status for reply in replies] == [304, 200, 304, 304]
    assert {reply.headers["etag"] for reply in replies} == {tag}
    assert [bool(reply.body) for reply in replies] == [False, True, False, False]
    assert "content-type" not in replies[0].headers
    assert without_id(kept) == without_id(replies[1])


def without_id(reply: Reply) -> tuple[dict[str, str], bytes]:
    return {name: text for name, text in reply.headers.items() if name != "x-request-id"}, reply.body


@pytest.mark.parametrize("room", ["0", "1000000"])
async def test_an_answer_that_a_purge_has_overtaken_is_for_nobody_to_keep(room: str) -> None:
    query = f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} photos(first: 1) {{ nodes {{ title }} }} }}'
    path = f"/graphql?query={quote(query)}"
    async with running_graph(admin_token=TOKEN, response_cache_bytes=room) as graph:
        graph.forge.faults.add(held(), times=1)
        asking = asyncio.create_task(graph.send("GET", path))
        await graph.forge.hits.arrived(1, PHOTOS)
        await graph.musement.hits.arrived(1, ACTIVITY)
        await settle()
        await purge(graph, {"provider": "MUSEMENT"})
        graph.forge.faults.release()
        before, after = await asking, await graph.send("GET", path)

    assert (before.errors, before.headers["cache-control"]) == ([], "no-store")
    assert {"etag", "age", "x-accel-expires"}.isdisjoint(before.headers)
    assert after.headers["cache-control"].startswith("public, ")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_list_of_headers_may_come_in_several_lines(graph: Graph, method: str) -> None:
    path, body = (PATH, b"") if method == "GET" else ("/graphql", b'{"query":"{ __typename }"}')
    # One name in several spellings: that many lines.
    lines = {
        "Accept": "text/html",
        "accept": "application/json",
        "Accept-Language": "xx",
        "accept-language": "it-IT",
    }
    reply = await graph.send(method, path, body, {"content-type": "application/json", **lines})

    assert (reply.status, reply.errors) == (200, [])
    if method == "GET":
        assert {hit.raw_path.split("/")[3] for hit in graph.forge.hits.calls} == {"it-it"}
