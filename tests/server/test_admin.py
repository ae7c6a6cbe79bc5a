"""The operator has the graph forget: one provider, one entity, or what carries a tag."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.failures.subjects import CLUB_MED, FORGE, MUSEMENT, SUBJECTS, query
from tests.graph import Graph, Reply, running_graph
from tests.log_lines import listening
from tests.providers.redis_server import RedisServer, redis_program
from tests.world import CATALOG, SEARCH, UUIDS

TOKEN = "an-admin-token"
LISTS = (
    "{ activitySearch(first: 1) { nodes { uuid } } resortCatalog(first: 1) { nodes { productId } } "
    "photos(first: 1) { nodes { slug } } }"
)


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    async with running_graph(admin_token=TOKEN) as running:
        await running.query(query(SUBJECTS, running))
        await running.query(LISTS)
        running.forget_calls()
        yield running


async def purge(graph: Graph, body: object, token: str = TOKEN) -> Reply:
    return await graph.send(
        "POST", "/admin/purge", json.dumps(body).encode(), {"authorization": f"Bearer {token}"}
    )


async def calls_for_all(graph: Graph) -> set[str]:
    await graph.query(query(SUBJECTS, graph))
    await graph.query(LISTS)
    return set(graph.calls)


async def test_a_provider_is_forgotten_whole_and_alone(graph: Graph) -> None:
    reply = await purge(graph, {"provider": "CLUB_MED"})
    assert (reply.status, reply.json) == (200, {"purged": 2, "everywhere": True})
    assert await calls_for_all(graph) == {CLUB_MED.route, CATALOG}


async def test_an_entity_is_forgotten_and_the_lists_that_show_it(graph: Graph) -> None:
    reply = await purge(graph, {"entity": {"type": "Activity", "key": UUIDS[0].upper()}})
    assert reply.json == {"purged": 2, "everywhere": True}
    assert await calls_for_all(graph) == {MUSEMENT.route, SEARCH}


async def test_another_entity_is_kept(graph: Graph) -> None:
    await purge(graph, {"entity": {"type": "Activity", "key": UUIDS[1]}})
    assert await calls_for_all(graph) == set()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        7,
        {"provider": "NOBODY"},
        {"provider": "FORGE", "tag": "x"},
        {"entity": {"type": "Video", "key": "x"}},
        {"entity": {"type": "Activity", "key": "no uuid"}},
        {"entity": "Activity"},
        {"everything": True},
    ],
)
async def test_an_unclear_purge_is_refused_and_forgets_nothing(graph: Graph, body: object) -> None:
    reply = await purge(graph, body)
    assert (reply.status, reply.errors[0]["extensions"]["code"]) == (400, "BAD_REQUEST")
    assert await calls_for_all(graph) == set()


async def test_a_purge_too_large_to_be_one_is_refused(graph: Graph) -> None:
    assert (await purge(graph, {"tag": "x" * 100_000})).status == 413


@pytest.mark.parametrize("token", ["", "another", TOKEN + "x", "\u00e9"])
async def test_without_the_token_nobody_may(graph: Graph, token: str) -> None:
    reply = await purge(graph, {"provider": "FORGE"}, token)
    assert (reply.status, reply.errors[0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert reply.headers["www-authenticate"] == "Bearer"
    assert await calls_for_all(graph) == set()


async def test_where_no_token_is_set_there_is_no_such_place() -> None:
    async with running_graph() as graph:
        assert (await purge(graph, {"provider": "FORGE"}, "")).status == 404


async def test_a_purge_reaches_the_other_machines_within_a_second(tmp_path: Path) -> None:
    redis = RedisServer(redis_program(), tmp_path)
    await redis.start()
    settings = {"admin_token": TOKEN, "cache_url": redis.url}
    async with running_graph(**settings) as first:
        urls = {f"{each.segment}_url": each.emulator(first).url for each in SUBJECTS}
        async with running_graph(**settings, **urls) as second:
            text = query(SUBJECTS, first)
            for graph in (first, second):
                assert (await graph.query(text)).errors == []
            with listening() as lines:
                assert (await purge(first, {"provider": "FORGE"})).json["everywhere"]
                await lines.said("purge_heard", times=2, within_s=1.0)
            await second.query(text)
            assert first.calls == {MUSEMENT.route: 1, CLUB_MED.route: 1, FORGE.route: 2}
            await redis.kill()
            assert (await purge(first, {"provider": "FORGE"})).status == 503


async def test_a_purge_reaches_the_other_workers_of_a_machine_within_a_second(tmp_path: Path) -> None:
    told = tmp_path / "purges"
    told.touch()
    settings = {"admin_token": TOKEN, "purge_file": str(told)}
    async with running_graph(**settings) as first:
        urls = {f"{each.segment}_url": each.emulator(first).url for each in SUBJECTS}
        async with running_graph(**settings, **urls) as second:
            text = query((CLUB_MED,), first)
            for graph in (first, second):
                await graph.query(text)
            with listening() as lines:
                assert (await purge(first, {"provider": "CLUB_MED"})).json["everywhere"]
                await lines.said("purge_heard", times=2, within_s=1.0)
            await second.query(text)
            assert first.calls == {CLUB_MED.route: 3}
