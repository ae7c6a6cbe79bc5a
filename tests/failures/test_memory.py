"""What is left in memory of requests that have ended: nothing, whatever failed in them."""

import asyncio
import gc
import json
from collections import Counter

import pytest
from graphql import GraphQLError

from providers.emulation.faults import Fault, forbidden, unavailable
from providers.errors import ProviderError
from providers.forge.records import Photo
from resolvers.context import Context
from resolvers.loader import Loader
from resolvers.loaders import Loaders
from tests.benchmarks.workloads import PAGE_OF_ALL
from tests.failures.subjects import SUBJECTS, Subject, query
from tests.graph import EXECUTION, Graph
from tests.world import ACTIVITY, SEARCH, UUIDS

REQUESTS = 24
OWNED = (Context, Loader, Loaders, Photo, ProviderError, GraphQLError)

on_every_provider = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.provider)


def survivors() -> Counter[str]:
    """Count what belongs to one request and can still be reached."""
    gc.collect()
    return held()


def held() -> Counter[str]:
    """Count the same, with what waits for the garbage collector."""
    return Counter(kind.__name__ for each in gc.get_objects() for kind in OWNED if isinstance(each, kind))


async def left_by(graph: Graph, text: str) -> Counter[str]:
    """Ask some dozens of times, the half of it at once, each time with errors, and count what outlives that."""
    before = survivors()
    replies = [await graph.query(text) for _ in range(REQUESTS // 2)]
    replies += await asyncio.gather(*(graph.query(text) for _ in range(REQUESTS // 2)))
    assert all(reply.errors for reply in replies)
    return survivors() - before


@on_every_provider
async def test_requests_whose_provider_is_stopped_are_forgotten(bare_graph: Graph, subject: Subject) -> None:
    text = query((subject,), bare_graph)
    await subject.emulator(bare_graph).stop()
    assert await left_by(bare_graph, text) == Counter()


@on_every_provider
@pytest.mark.parametrize("fault", [unavailable(), forbidden()], ids=["unavailable", "forbidden"])
async def test_requests_whose_provider_answers_a_failure_are_forgotten(
    bare_graph: Graph, subject: Subject, fault: Fault
) -> None:
    text = query((subject,), bare_graph)
    subject.emulator(bare_graph).faults.add(fault)
    assert await left_by(bare_graph, text) == Counter()


async def test_requests_with_a_list_item_whose_detail_fails_are_forgotten(bare_graph: Graph) -> None:
    body = json.dumps([{"uuid": UUIDS[0], "title": "A walk"}]).encode()
    bare_graph.musement.faults.add(Fault(status=200, body=body), route=SEARCH)
    bare_graph.musement.faults.add(unavailable(), route=ACTIVITY)
    text = "{ activitySearch(first: 1) { nodes { title description url } } }"
    assert await left_by(bare_graph, text) == Counter()


@pytest.mark.skipif(EXECUTION.get("COMPILE") == "false", reason="graphql-core's own executor holds itself")
@pytest.mark.parametrize(
    "text",
    [
        PAGE_OF_ALL.query,
        "{ activitySearch(first: 2) { nodes { title gallery { nodes { url } } } } }",
        "{ resortCatalog(first: 2) { nodes { title videos { nodes { url } } } } }",
        "{ a: photos(first: 2) { nodes { slug } } b: photos(first: 3, filter: {featured: true}) { edges { cursor } } }",
    ],
)
async def test_a_request_leaves_nothing_to_the_garbage_collector(bare_graph: Graph, text: str) -> None:
    variables = PAGE_OF_ALL.variables if "$" in text else {}
    for _ in range(2):
        assert not (await bare_graph.query(text, variables)).errors
    before = survivors()
    gc.disable()
    try:
        assert not (await bare_graph.query(text, variables)).errors
        assert held() - before == Counter()
    finally:
        gc.enable()
