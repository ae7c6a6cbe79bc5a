"""Requests share what they ask for: over HTTP in front, with exact counts behind."""

import asyncio

import pytest

from providers.emulation import faults
from tests.clock import HastyClock
from tests.failures.subjects import CLUB_MED, FORGE, MUSEMENT, SUBJECTS, Subject, query
from tests.graph import Graph, running_graph
from tests.world import CATALOG, LOGIN, MEDIA, PHOTOS, SEARCH, UUIDS

ALL = {each.route: 1 for each in SUBJECTS}
on_every_provider = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.provider)


async def test_two_concurrent_requests_with_the_same_query_cost_the_same_as_one(graph: Graph) -> None:
    text = query(SUBJECTS, graph)
    first, second = await asyncio.gather(graph.query(text), graph.query(text))
    assert first.data == second.data
    assert graph.calls == ALL


async def test_the_same_query_again_within_the_freshness_time_costs_nothing(graph: Graph) -> None:
    text = query(SUBJECTS, graph)
    first = await graph.query(text)
    graph.forget_calls()
    assert (await graph.query(text)).data == first.data
    assert graph.calls == {}


async def test_lists_are_kept_too_each_locale_for_itself(graph: Graph) -> None:
    text = (
        "query($l: Locale!) { activitySearch(first: 2, locale: $l) { nodes { uuid title } } "
        "resortCatalog(first: 2, locale: $l) { nodes { productId title } } "
        "photos(first: 2, locale: $l) { nodes { slug } } }"
    )
    english = [(await graph.query(text, {"l": "en-US"})).data for _ in range(2)]
    assert graph.calls == {SEARCH: 1, CATALOG: 1, PHOTOS: 1}
    french = (await graph.query(text, {"l": "fr-FR"})).data
    assert graph.calls == {SEARCH: 2, CATALOG: 2, PHOTOS: 2}
    assert english[0] == english[1] != french


async def test_locales_that_a_provider_speaks_alike_share_a_detail_but_not_a_list_item(graph: Graph) -> None:
    text = "query($l: Locale!) { activitySearch(first: 1, locale: $l) { nodes { uuid title media { totalCount } } } }"
    for locale in ("de-DE", "de-AT"):
        reply = await graph.query(text, {"l": locale})
        assert reply.errors == []
    assert graph.calls == {SEARCH: 2, MEDIA: 1}


async def test_the_receipts_tell_miss_joined_hit_and_stale() -> None:
    async with running_graph(explain="true") as graph:
        graph.musement.response_headers = {"Cache-Control": "max-age=0"}
        text = query((MUSEMENT, FORGE), graph)
        together = await asyncio.gather(*(graph.query(text, x_mediagraph_explain="1") for _ in range(2)))
        later = await graph.query(text, x_mediagraph_explain="1")
        told = [
            sorted((call["provider"], call["verdict"], call["attempts"]) for call in upstream["calls"])
            for upstream in (reply.json["extensions"]["upstream"] for reply in (*together, later))
        ]
        assert sorted(told[:2]) == [
            [("FORGE", "JOINED", 0), ("MUSEMENT", "JOINED", 0)],
            [("FORGE", "MISS", 1), ("MUSEMENT", "MISS", 1)],
        ]
        assert told[2] == [("FORGE", "HIT", 0), ("MUSEMENT", "STALE", 0)]


@on_every_provider
async def test_a_hundred_clients_of_one_expired_answer_get_it_at_once_for_one_call(subject: Subject) -> None:
    async with running_graph() as graph:
        emulator = subject.emulator(graph)
        emulator.response_headers = {"Cache-Control": "max-age=0"}
        text = query((subject,), graph)
        await graph.query(text)
        graph.forget_calls()
        emulator.faults.add(faults.held())
        replies = await asyncio.gather(*(graph.query(text) for _ in range(100)))
        items = [subject.item(reply) for reply in replies]
        assert all(item and item["title"] and item["freshness"]["state"] == "STALE" for item in items)
        await emulator.hits.arrived(1)
        assert graph.calls == {subject.route: 1}
        emulator.faults.clear()


@on_every_provider
async def test_a_hundred_clients_of_one_missing_answer_cost_one_call(subject: Subject) -> None:
    async with running_graph() as graph:
        text = query((subject,), graph)
        replies = await asyncio.gather(*(graph.query(text) for _ in range(100)))
        assert all(subject.item(reply) == subject.item(replies[0]) for reply in replies)
        assert graph.calls == {subject.route: 1}


async def test_a_client_that_goes_away_stops_its_calls(graph: Graph) -> None:
    for subject in SUBJECTS:
        subject.emulator(graph).faults.add(faults.hang())
    leaves = asyncio.Event()
    asking = asyncio.create_task(graph.query(query(SUBJECTS, graph), leaves=leaves))
    await asyncio.gather(*(subject.emulator(graph).hits.arrived(1) for subject in SUBJECTS))
    leaves.set()
    async with asyncio.timeout(0.2):
        assert (await asking).status == 499
        await asyncio.gather(*(subject.emulator(graph).hits.idle() for subject in SUBJECTS))


async def test_a_client_that_goes_away_stops_the_login_that_nobody_else_waits_for() -> None:
    async with running_graph(musement_client_id="c", musement_client_secret="s") as graph:
        graph.musement.client_id, graph.musement.client_secret = "c", "s"
        graph.musement.faults.add(faults.hang(), route=LOGIN, times=1)
        leaves = asyncio.Event()
        asking = asyncio.create_task(graph.query(query((MUSEMENT,), graph), leaves=leaves))
        await graph.musement.hits.arrived(1, LOGIN)
        leaves.set()
        async with asyncio.timeout(0.2):
            assert (await asking).status == 499
            await graph.musement.hits.idle()
        assert (await graph.query(query((MUSEMENT,), graph))).errors == []
        assert graph.calls == {LOGIN: 2, MUSEMENT.route: 1}


async def test_a_client_that_goes_away_leaves_the_login_that_another_waits_for() -> None:
    async with running_graph(musement_client_id="c", musement_client_secret="s") as graph:
        graph.musement.client_id, graph.musement.client_secret = "c", "s"
        graph.musement.faults.add(faults.held(), route=LOGIN)
        leaves = asyncio.Event()
        leaving = asyncio.create_task(graph.query(query((MUSEMENT,), graph), leaves=leaves))
        await graph.musement.hits.arrived(1, LOGIN)
        staying = asyncio.create_task(graph.query(query((MUSEMENT,), graph, position=1)))
        for _ in range(100):
            # Until it stands behind the same login; nothing else can happen meanwhile.
            await asyncio.sleep(0)
        leaves.set()
        await leaving
        graph.musement.faults.clear()
        assert (await staying).errors == []
        assert graph.calls == {LOGIN: 1, MUSEMENT.route: 1}


async def test_a_client_that_goes_away_leaves_the_calls_that_another_waits_for(graph: Graph) -> None:
    graph.clubmed.faults.add(faults.held())
    text = query((CLUB_MED,), graph)
    leaves = asyncio.Event()
    leaving = asyncio.create_task(graph.query(text, leaves=leaves))
    await graph.clubmed.hits.arrived(1)
    staying = asyncio.create_task(graph.query(text))
    await asyncio.sleep(0)
    leaves.set()
    await leaving
    graph.clubmed.faults.clear()
    item = CLUB_MED.item(await staying)
    assert item is not None
    assert item["title"]
    assert graph.calls == {CLUB_MED.route: 1}


async def test_at_the_deadline_what_has_come_is_answered() -> None:
    async with running_graph(deadline_s="1") as graph:
        graph.musement.faults.add(faults.hang())
        reply = await graph.query(query(SUBJECTS, graph))
        assert {code for code, _ in reply.codes} == {"UPSTREAM_TIMEOUT"}
        assert all(item and item["title"] for item in (CLUB_MED.item(reply), FORGE.item(reply)))


async def test_readiness_names_a_provider_whose_circuit_is_open() -> None:
    async with running_graph(HastyClock(), clubmed_breaker_failures="2", clubmed_retries="0") as graph:
        assert (await graph.send("GET", "/readyz")).json["degraded"] == []
        graph.clubmed.faults.add(faults.server_error())
        for _ in range(2):
            await graph.query(query((CLUB_MED,), graph))
        ready = await graph.send("GET", "/readyz")
        assert (ready.status, ready.json["degraded"]) == (200, ["CLUB_MED"])
        reply = await graph.query(query(SUBJECTS, graph))
        assert {error["extensions"]["code"] for error in reply.errors} == {"UPSTREAM_UNAVAILABLE"}
        assert graph.clubmed.hits.count() == 2


async def test_a_request_of_two_hundred_calls_does_not_hold_up_a_request_of_one() -> None:
    async with running_graph(musement_concurrency="2") as graph:
        graph.musement.faults.add(faults.held())
        many = "query($keys: [ID!]!) { activities(uuids: $keys) { title } }"
        large = asyncio.create_task(graph.query(many, {"keys": UUIDS[1:31]}))
        await graph.musement.hits.arrived(2)
        small = asyncio.create_task(graph.query(query((MUSEMENT,), graph)))
        for _ in range(400):
            # Until the small request stands in line too; nothing else can happen meanwhile.
            await asyncio.sleep(0)
        graph.musement.faults.clear()
        await small
        assert (await large).errors == []
        # It came among the first, not behind the thirty that stood in line before it.
        order = [hit.raw_path.rpartition("/")[2] for hit in graph.musement.hits.calls]
        assert order.index(UUIDS[0]) < 10
