"""Bodies that were understood before: which are remembered, and for how long."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from graphql import parse

from server.batch import Batch
from server.operations.cost import Cost
from server.operations.documents import Document
from server.operations.preparation import Prepared
from server.operations.requests import GraphQLRequest
from server.understood import LONGEST_KEPT, MOST_BYTES, Understood
from tests.graph import Graph, running_graph

JSON = {"content-type": "application/json"}


def batch(text: str = "{ __typename }", calls: int = 0) -> Batch:
    prepared = Prepared(Document(node=parse(text), errors=()), Cost(calls, 0))
    return Batch((GraphQLRequest(text),), (prepared,), is_list=False, registers=False)


def test_what_came_once_makes_room_for_what_comes_again() -> None:
    understood, kept = Understood(), batch()
    understood.keep(b"again", kept, is_router=False)
    assert understood.find(b"again", is_router=False) is kept
    bodies = [b"%d" % number + b" " * (LONGEST_KEPT - 8) for number in range(100)]
    for body in bodies:
        understood.keep(body, batch(), is_router=False)
    assert understood.find(b"again", is_router=False) is kept
    assert [understood.find(body, is_router=False) for body in bodies] == [None] * len(bodies)
    for body in bodies * 2:
        understood.keep(body, batch(), is_router=False)
    assert 0 < len(understood) <= MOST_BYTES // LONGEST_KEPT


def test_two_requests_that_bring_the_same_take_one_place() -> None:
    understood, kept = Understood(), batch()
    # Counted thrice it would be too much for what is new.
    body = b" " * (LONGEST_KEPT * 3 // 8)
    for _ in range(3):
        understood.keep(body, kept, is_router=False)
    assert understood.find(body, is_router=False) is kept


def test_a_long_body_is_not_kept_and_the_routers_are_its_own() -> None:
    understood = Understood()
    understood.keep(b" " * (LONGEST_KEPT + 1), batch(), is_router=False)
    assert len(understood) == 0
    understood.keep(b"{}", batch(), is_router=True)
    assert understood.find(b"{}", is_router=False) is None


@pytest.mark.parametrize(
    ("kept", "found"),
    [(batch(), 1), (batch(calls=1), 1), (batch("mutation { __typename }"), 0)],
    ids=["query", "calls", "effects"],
)
def test_what_may_be_run_twice_is_quick(kept: Batch, found: int) -> None:
    understood = Understood()
    understood.keep(b"{}", kept, is_router=False)
    assert [understood.find_quick(b"{}", is_router=False)] == [kept] * found + [None] * (1 - found)
    understood.note_slow(b"{}", is_router=False)
    assert understood.find_quick(b"{}", is_router=False) is None
    assert understood.find(b"{}", is_router=False) is kept


def understood_of(graph: Graph) -> Understood:
    found: Understood = graph.app.state.lane._making.__self__._understood  # noqa: SLF001
    return found


async def ask(graph: Graph, asked: object) -> Any:
    return (await graph.send("POST", "/graphql", json.dumps(asked).encode(), JSON)).json


async def test_what_names_a_text_or_registers_one_or_is_a_batch_is_read_each_time() -> None:
    text = "{ __typename }"
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}
    alone = {"extensions": persisted}
    async with running_graph(response_cache_bytes="0") as graph:
        assert (await ask(graph, alone))["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        for asked in (alone | {"query": text}, alone) * 2:
            assert await ask(graph, asked) == {"data": {"__typename": "Query"}}
        for _ in range(2):
            assert await ask(graph, [{"query": text}]) == [{"data": {"__typename": "Query"}}]
        assert len(understood_of(graph)) == 0
        for _ in range(2):
            await ask(graph, {"query": text})
        assert len(understood_of(graph)) == 1


@pytest.mark.parametrize("mode", ["log", "enforce"])
async def test_nothing_is_remembered_where_documents_are_trusted(tmp_path: Path, mode: str) -> None:
    document = tmp_path / "typename.graphql"
    document.write_text("{ __typename }")
    async with running_graph(trusted_documents=str(document), trusted_mode=mode) as graph:
        for _ in range(3):
            assert await ask(graph, {"query": "{ __typename }"}) == {"data": {"__typename": "Query"}}
        assert len(understood_of(graph)) == 0
