"""Answers given again as bytes: to whom, for how long, and never where another answer is due."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import brotli
import pytest

from providers.emulation.faults import Fault, held, unavailable
from server.access import Caller
from server.edge.questions import View, question_of_url
from tests.clock import DrivenClock
from tests.graph import Graph, Reply, running_graph
from tests.server.test_admin import TOKEN, purge
from tests.server.test_metrics import scraped
from tests.world import PHOTOS, UUIDS

TITLES = "query Titles { photos(first: 30) { nodes { slug title } } }"
PATH = f"/graphql?query={quote(TITLES)}"
JSON = {"content-type": "application/json"}
ONE = f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} }}'
OWN = {"x-request-id", "age", "x-accel-expires"}


async def verdicts(graph: Graph) -> dict[str, int]:
    """Count the answers by where they came from."""
    family = "mediagraph_responses_total"
    return {key[1]: int(value) for key, value in (await scraped(graph)).items() if key[0] == family}


def shown(reply: Reply) -> tuple[int, dict[str, str], bytes]:
    """Return what two requests that ask the same see alike."""
    return (
        reply.status,
        {name: text for name, text in reply.headers.items() if name not in OWN},
        reply.body,
    )


async def settle() -> None:
    """Let what can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def post(graph: Graph, body: object, **headers: str) -> Reply:
    sent = JSON | {name.replace("_", "-"): value for name, value in headers.items()}
    return await graph.send("POST", "/graphql", json.dumps(body).encode(), sent)


async def test_the_same_question_has_the_same_answer_and_costs_nothing() -> None:
    async with running_graph() as graph:
        first = await graph.query(
            TITLES, x_request_id="r-1", traceparent="00-" + "1" * 32 + "-" + "1" * 16 + "-01"
        )
        graph.forget_calls()
        second = await graph.query(TITLES, x_request_id="r-2", accept="application/json, */*;q=0.1")
        assert await verdicts(graph) == {"MISS": 1, "HIT": 1}
        seen = await scraped(graph)

    assert shown(second) == shown(first)
    assert (first.headers["x-request-id"], second.headers["x-request-id"]) == ("r-1", "r-2")
    assert (first.headers["age"], second.headers["age"]) == ("0", "0")
    assert graph.calls == {}
    # Nobody looked whether the provider's own answer was kept.
    assert sum(value for key, value in seen.items() if key[0] == "mediagraph_provider_calls_total") == 1
    assert seen["mediagraph_requests_total", "200"] == 2


async def test_an_answer_grows_old_and_ends_with_its_shortest_part() -> None:
    clock = DrivenClock()
    async with running_graph(clock, musement_fresh_s="10", forge_fresh_s="60", forge_stale_s="0") as graph:
        both = f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} photos(first: 2) {{ nodes {{ slug }} }} }}'
        first = await graph.query(both)
        clock.now += 9
        second = await graph.query(both)
        clock.now += 1
        graph.musement.faults.add(
            Fault(status=200, body=b'{"uuid":"x","title":"New"}', content_type="application/json")
        )
        await graph.query(both)
        assert await verdicts(graph) == {"MISS": 2, "HIT": 1}

    assert (first.headers["age"], second.headers["age"]) == ("0", "9")
    assert first.headers["cache-control"] == second.headers["cache-control"] == "public, max-age=10"


async def test_time_that_an_answer_spent_with_the_provider_counts() -> None:
    clock = DrivenClock()
    async with running_graph(clock) as graph:
        await graph.query(TITLES)
        clock.now += 20
        other = await graph.query(TITLES + " # other")
        clock.now += 5
        again = await graph.query(TITLES + " # other")

    assert (other.headers["age"], again.headers["age"]) == ("20", "25")
    assert other.headers["cache-control"] == again.headers["cache-control"] == "public, max-age=60"


NOT_KEPT: list[tuple[str, dict[str, str]]] = [
    ('{ photos(first: 2) { nodes { slug } } activity(uuid: "x") { title } }', {}),
    ("{ photos(first: 2) { freshness { ageSeconds } } }", {}),
    ("{ nothing }", {}),
    ("{ photos(first: 2) ", {}),
    (TITLES, {"x_mediagraph_explain": "1"}),
    (TITLES, {"x_mediagraph_explain": "dry"}),
    (TITLES, {"x_mediagraph_anything": "1"}),
    (TITLES, {"apollo_federation_include_trace": "ftv1"}),
    (TITLES, {"accept": "multipart/mixed;deferSpec=20220824, application/json"}),
    (TITLES, {"accept": "text/html"}),
    (TITLES, {"accept_language": "x" * 600}),
    (TITLES, {"content_type": "text/plain"}),
    (TITLES, {"content_type": 'application/json; charset="latin-1"'}),
    (TITLES, {"content_encoding": "gzip"}),
]


@pytest.mark.parametrize(("query", "headers"), NOT_KEPT)
async def test_what_is_not_whole_fresh_and_everybodys_is_made_each_time(
    query: str, headers: Mapping[str, str]
) -> None:
    async with running_graph(explain="true") as graph:
        body = {"query": query}
        first = await post(graph, body, **headers)
        second = await post(graph, body, **headers)
        assert "HIT" not in await verdicts(graph)

    assert second.status == first.status
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    for error in second.errors:
        assert error["extensions"]["requestId"] == second.headers["x-request-id"]


@pytest.mark.parametrize("told", ["no-store", "private, max-age=60", "max-age=0"])
async def test_what_a_provider_wants_nobody_to_keep_is_kept_by_nobody(told: str) -> None:
    async with running_graph() as graph:
        graph.forge.response_headers = {"Cache-Control": told}
        replies = [await graph.query(TITLES) for _ in range(2)]
        assert await verdicts(graph) == {"MISS": 2}

    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}


async def test_without_freshness_nothing_is_kept() -> None:
    async with running_graph(forge_fresh_s="0") as graph:
        replies = [await graph.query(TITLES) for _ in range(2)]
        assert await verdicts(graph) == {"MISS": 2}

    assert graph.calls == {PHOTOS: 2}
    assert {reply.headers["cache-control"] for reply in replies} == {"no-store"}


async def test_a_stale_answer_is_not_kept_beyond_itself() -> None:
    clock = DrivenClock()
    async with running_graph(clock) as graph:
        await graph.query(TITLES)
        graph.forge.faults.add(unavailable())
        clock.now += 61
        stale = [await graph.query(TITLES) for _ in range(2)]
        assert await verdicts(graph) == {"MISS": 3}

    assert {reply.headers["cache-control"] for reply in stale} == {"no-store"}


async def test_batches_run_each_time(graph: Graph) -> None:
    for _ in range(2):
        assert len((await post(graph, [{"query": TITLES}])).json) == 1

    assert await verdicts(graph) == {}


async def test_a_text_that_comes_with_its_hash_is_always_read() -> None:
    digest = hashlib.sha256(TITLES.encode()).hexdigest()
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": digest}}
    async with running_graph() as graph:
        unknown = await post(graph, {"extensions": extensions})
        for _ in range(2):
            await post(graph, {"query": TITLES, "extensions": extensions})
        known = [await post(graph, {"extensions": extensions}) for _ in range(2)]
        assert await verdicts(graph) == {"MISS": 4, "HIT": 1}

    assert unknown.errors[0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert shown(known[0]) == shown(known[1])
    assert known[0].data["photos"]


@pytest.mark.parametrize(
    "what", [{"provider": "FORGE"}, {"entity": {"type": "Activity", "key": UUIDS[0]}}, {"tag": "any"}]
)
async def test_a_purge_of_anything_drops_every_answer(what: object) -> None:
    async with running_graph(admin_token=TOKEN) as graph:
        await graph.query(TITLES)
        await purge(graph, what)
        await graph.query(TITLES)
        assert await verdicts(graph) == {"MISS": 2}


async def test_an_answer_that_is_being_made_during_a_purge_is_not_kept_and_not_joined() -> None:
    async with running_graph(admin_token=TOKEN) as graph:
        graph.forge.faults.add(held(), times=1)
        before = asyncio.create_task(graph.query(TITLES))
        await graph.forge.hits.arrived(1, PHOTOS)
        await purge(graph, {"provider": "FORGE"})
        after = await graph.query(TITLES)
        graph.forge.faults.release()
        await before
        assert await verdicts(graph) == {"MISS": 2}
        assert graph.calls == {PHOTOS: 2}
        await graph.query(TITLES)
        assert await verdicts(graph) == {"MISS": 2, "HIT": 1}

    assert after.data == (await before).data


LOOKS: list[dict[str, str]] = [
    {},
    {"accept-language": "fr-FR"},
    {"accept-language": "fr-fr;q=0.1, it-IT"},
    {"accept": "application/graphql-response+json"},
    {"accept-encoding": "gzip"},
    {"accept-encoding": "br"},
    {"accept-encoding": "gzip;q=0"},
]


async def test_answers_that_look_different_are_never_mixed_up(graph: Graph) -> None:
    query = f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} photos(first: 30) {{ nodes {{ slug image {{ url }} }} }} }}'
    body = json.dumps({"query": query}).encode()
    first = [await graph.send("POST", "/graphql", body, JSON | look) for look in LOOKS]
    again = [await graph.send("POST", "/graphql", body, JSON | look) for look in LOOKS]

    # The last look is the first in other words.
    assert await verdicts(graph) == {"MISS": len(LOOKS) - 1, "HIT": len(LOOKS) + 1}
    assert [shown(reply) for reply in again] == [shown(reply) for reply in first]
    assert len({reply.headers["etag"] for reply in first}) == len(LOOKS) - 1
    plain, french, italian, newer, small, smaller, _ = first
    assert len({reply.data["activity"]["title"] for reply in (plain, french, italian)}) == 3
    assert newer.headers["content-type"].startswith("application/graphql-response+json")
    assert gzip.decompress(small.body) == brotli.decompress(smaller.body) == plain.body


async def test_a_header_that_comes_twice_is_not_answered_from_here(graph: Graph) -> None:
    await graph.query(TITLES, accept_language="fr-FR")
    # Sent as one and the same dictionary cannot hold a name twice: both spellings are one header on the wire.
    twice = JSON | {"Accept-Language": "it-IT", "accept-language": "fr-FR"}
    await graph.send("POST", "/graphql", json.dumps({"query": TITLES, "variables": None}).encode(), twice)

    assert await verdicts(graph) == {"MISS": 1}


async def test_asking_by_url_and_by_body_are_two_questions(graph: Graph) -> None:
    await graph.send("GET", PATH)
    head = await graph.send("HEAD", PATH)
    by_body = await graph.send("POST", "/graphql", PATH.encode(), JSON)
    page = await graph.send("GET", PATH, headers={"accept": "text/html"})

    assert head.headers["content-length"]
    assert by_body.status == 400
    assert page.status == 406
    assert await verdicts(graph) == {"MISS": 2, "HIT": 1}


async def test_who_has_the_answer_already_is_told_so(graph: Graph) -> None:
    first = await graph.send("GET", PATH, headers={"accept-encoding": "br"})
    tag = first.headers["etag"]
    same = await graph.send("GET", PATH, headers={"accept-encoding": "br", "if-none-match": f'"x", W/{tag}'})
    other = await graph.send("GET", PATH, headers={"accept-encoding": "br", "if-none-match": '"x"'})

    assert (same.status, same.body, other.status) == (304, b"", 200)
    assert same.headers["etag"] == tag
    assert same.headers["cache-control"] == first.headers["cache-control"]
    assert same.headers["vary"] == first.headers["vary"]
    assert "content-type" not in same.headers
    assert await verdicts(graph) == {"MISS": 1, "HIT": 2}


async def test_a_hit_needs_the_key_that_a_miss_needs() -> None:
    key = "planted-key-of-the-shop"
    async with running_graph(
        client_keys=f"shop={key}", router_secret="planted-router-secret", introspection="false"
    ) as graph:
        ask = {"query": "{ __schema { queryType { name } } }"}
        router = await post(graph, ask, x_mediagraph_router="planted-router-secret")
        shop = await post(graph, ask, x_api_key=key)
        nobody = await post(graph, ask)
        wrong = await post(graph, ask, authorization="Bearer planted-router-secret")
        again = await post(graph, ask, x_mediagraph_router="planted-router-secret")

    assert router.data == again.data == {"__schema": {"queryType": {"name": "Query"}}}
    assert shop.errors
    assert (nobody.status, wrong.status) == (401, 401)


@pytest.mark.parametrize("limit", ["rate_requests", "rate_calls"])
async def test_a_hit_counts_against_the_limits_of_its_client(limit: str) -> None:
    async with running_graph(**{limit: "3"}) as graph:
        replies = [await graph.query("{ photos(first: 1) { nodes { slug } } }") for _ in range(4)]

    assert [reply.status for reply in replies] == [200, 200, 200, 429]
    refused = replies[3].errors[0]["extensions"]
    assert (refused["code"], refused["requestId"]) == ("RATE_LIMITED", replies[3].headers["x-request-id"])


async def test_the_origin_that_may_read_is_each_requests_own() -> None:
    async with running_graph(cors_origins="https://a.example https://b.example") as graph:
        first = await graph.query(TITLES, origin="https://a.example")
        second = await graph.query(TITLES, origin="https://b.example")
        third = await graph.query(TITLES)

    allowed = [reply.headers.get("access-control-allow-origin") for reply in (first, second, third)]
    assert allowed == ["https://a.example", "https://b.example", None]
    assert "Origin" in third.headers["vary"]


async def test_get_without_the_header_that_sites_cannot_send_is_refused_after_a_hit_too() -> None:
    async with running_graph(require_preflight="true") as graph:
        asked = {"x-mediagraph-preflight": "1"}
        replies = [await graph.send("GET", PATH, headers=headers) for headers in (asked, asked, {})]

    assert [reply.status for reply in replies] == [200, 200, 400]


async def test_no_room_means_that_every_request_runs() -> None:
    async with running_graph(response_cache_bytes="0") as graph:
        await graph.query(TITLES)
        await graph.query(TITLES)
        assert await verdicts(graph) == {}


async def test_the_answers_given_longest_ago_make_room() -> None:
    async with running_graph(response_cache_bytes="12000") as graph:
        for name in ("a", "b", "a", "c", "a", "b"):
            await graph.query(f"query {name} {{ __typename }}")
        await graph.query("query d { __typename } # " + "d" * 20_000)
        await graph.query("query d { __typename } # " + "d" * 20_000)
        assert await verdicts(graph) == {"MISS": 6, "HIT": 2}


async def test_one_of_many_who_ask_at_once_runs_for_all() -> None:
    async with running_graph(forge_fresh_s="0") as graph:
        graph.forge.faults.add(held(), times=1)
        asking = [asyncio.create_task(graph.query(TITLES, x_request_id=f"r-{n}")) for n in range(5)]
        await graph.forge.hits.arrived(1, PHOTOS)
        await settle()
        graph.forge.faults.release()
        replies = await asyncio.gather(*asking)
        assert await verdicts(graph) == {"MISS": 1, "JOINED": 4}

    assert len({repr(shown(reply)) for reply in replies}) == 1
    assert [reply.headers["x-request-id"] for reply in replies] == [f"r-{n}" for n in range(5)]
    assert graph.calls == {PHOTOS: 1}


async def test_errors_that_are_shared_carry_each_ones_own_request_id() -> None:
    async with running_graph(forge_retries="0") as graph:
        graph.forge.faults.add(Fault(status=503, hold=True))
        query = "{ requestId: __typename photos(first: 2) { nodes { slug } } }"
        asking = [asyncio.create_task(graph.query(query, x_request_id=f"r-{n}")) for n in range(3)]
        await graph.forge.hits.arrived(1, PHOTOS)
        await settle()
        graph.forge.faults.release()
        replies = await asyncio.gather(*asking)
        assert await verdicts(graph) == {"MISS": 1, "JOINED": 2}
        seen = await scraped(graph)

    for n, reply in enumerate(replies):
        (error,) = reply.errors
        assert error["extensions"]["requestId"] == reply.headers["x-request-id"] == f"r-{n}"
        assert reply.headers["cache-control"] == "no-store"
        assert reply.data == {"requestId": "Query", "photos": None}
    assert seen["mediagraph_errors_total", "UPSTREAM_UNAVAILABLE"] == 3


async def test_a_refused_question_is_refused_for_each(graph: Graph) -> None:
    query = "{ nothing }"
    replies = await asyncio.gather(*(graph.query(query, x_request_id=f"r-{n}") for n in range(3)))

    for n, reply in enumerate(replies):
        assert [error["extensions"]["requestId"] for error in reply.errors] == [f"r-{n}"]


@pytest.mark.parametrize("who", ["the first", "another", "the first and another"])
async def test_who_leaves_takes_the_answer_from_nobody(who: str) -> None:
    async with running_graph(forge_fresh_s="0") as graph:
        graph.forge.faults.add(held(), times=1)
        leaves = [asyncio.Event() for _ in range(3)]
        asking: list[asyncio.Task[Reply]] = []
        for each in leaves:
            asking.append(asyncio.create_task(graph.query(TITLES, leaves=each)))
            await settle()
        await graph.forge.hits.arrived(1, PHOTOS)
        for n, name in enumerate(("the first", "another")):
            if name in who:
                leaves[n].set()
        await settle()
        graph.forge.faults.release()
        replies = await asyncio.gather(*asking)

    assert replies[2].status == 200
    assert len(replies[2].data["photos"]["nodes"]) == 30
    assert graph.calls == {PHOTOS: 1}


async def test_when_all_have_left_nothing_goes_on() -> None:
    async with running_graph(forge_fresh_s="0") as graph:
        graph.forge.faults.add(held())
        leaves = [asyncio.Event() for _ in range(3)]
        asking = [asyncio.create_task(graph.query(TITLES, leaves=each)) for each in leaves]
        await graph.forge.hits.arrived(1, PHOTOS)
        for each in leaves:
            each.set()
        replies = await asyncio.gather(*asking)
        graph.forge.faults.release()

    assert {reply.status for reply in replies} == {499}


async def test_a_long_body_is_no_question_for_here(graph: Graph) -> None:
    whole: dict[str, Any] = {"query": TITLES, "padding": "x" * 70_000}
    for _ in range(2):
        reply = await post(graph, whole)
        assert reply.data["photos"]
    assert await verdicts(graph) == {}


async def test_a_client_that_has_what_was_purged_is_not_told_that_it_is_still_good() -> None:
    async with running_graph(admin_token=TOKEN) as graph:
        first = await graph.send("GET", PATH)
        await purge(graph, {"provider": "FORGE"})
        graph.forget_calls()
        again = await graph.send("GET", PATH, headers={"if-none-match": first.headers["etag"]})
        called = dict(graph.calls)

    # Asked anew: what came back is the same, and so its bytes need not be sent.
    assert (again.status, sum(called.values())) == (304, 1)
    assert again.headers["age"] == "0"


def test_a_question_mark_in_a_path_is_not_the_one_before_the_parameters() -> None:
    view, caller = View("application/json", "en-US", None), Caller("somebody")
    escaped = {"path": "/graphql/x?query={a}", "query_string": b"query={b}"}
    plain = {"path": "/graphql/x", "query_string": b"query={a}?query={b}"}

    assert question_of_url(escaped, view, caller) != question_of_url(plain, view, caller)
