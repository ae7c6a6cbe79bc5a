"""Clients of single-page apps against the graph behind a real socket: Apollo Client 4 and urql."""

import json
from typing import Any

import pytest

from providers.emulation.faults import slow
from tests.graph import Graph
from tests.interop_http.node import run_node
from tests.live import serving


async def told(graph: Graph, script: str) -> dict[str, Any]:
    async with serving(graph.app) as origin:
        decoded: dict[str, Any] = json.loads(await run_node(script, f"{origin}/graphql"))
    return decoded


@pytest.mark.parametrize("script", ["apollo.mjs", "urql.mjs"])
async def test_a_client_asks_by_post_by_get_and_by_hash(graph: Graph, script: str) -> None:
    answers = await told(graph, script)

    assert {len(answer["slugs"]) for name, answer in answers.items() if name in {"post", "get"}} == {2}
    assert [each["method"] for each in answers["post"]["requests"]] == ["POST"]
    assert [each["method"] for each in answers["get"]["requests"]] == ["GET"]
    # The first time the hash is unknown and the text is sent with it; then the hash is enough.
    assert [each["hasQuery"] for each in answers["firstHash"]["requests"]] == [False, True]
    assert answers["secondHash"]["requests"] == [{"method": "GET", "hasQuery": False, "status": 200}]
    assert len(answers["secondHash"]["slugs"]) == 3


async def test_apollo_keeps_items_by_their_ids_and_reads_our_codes(graph: Graph) -> None:
    answers = await told(graph, "apollo.mjs")

    assert answers["post"]["kept"] >= 5  # the root, two photos, two images
    assert answers["refused"] == {"name": "CombinedGraphQLErrors", "codes": ["GRAPHQL_VALIDATION_FAILED"]}


async def test_clients_show_what_is_there_before_what_is_deferred(graph: Graph) -> None:
    graph.forge.faults.add(slow(0.3))
    answers = await told(graph, "deferred.mjs")

    assert set(answers) == {"current", "older", "urql"}
    for seen in answers.values():
        assert seen[0] == {"hasPhotos": False, "hasTitle": True}
        assert seen[-1] == {"hasPhotos": True, "hasTitle": True}
