"""Answers that the schema alone decides: made once, given again with the id of each request."""

import json
from unittest.mock import patch

import pytest
from graphql import parse

from server.access import Caller
from server.batch import NOTHING_MORE, Batch, Question
from server.caching import Reuse, Validator
from server.constants import LONGEST_KEPT, MOST_KEPT, Constant, Constants
from server.edge.questions import View
from server.operations.cost import Cost
from server.operations.documents import Document
from server.operations.preparation import Prepared
from server.operations.requests import GraphQLRequest
from server.runs import Runs
from server.whole import Form, Whole
from tests.clock import DrivenClock
from tests.graph import Graph, running_graph

PLAIN = View("application/json", "en-US", None)
ASKED = b'{"query": "{ __typename }"}'
JSON = {"content-type": "application/json"}


def batch(text: str, calls: int = 0) -> Batch:
    prepared = Prepared(Document(node=parse(text), errors=()), Cost(calls, 0))
    return Batch((GraphQLRequest(text),), (prepared,), is_list=False, registers=False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{ __typename }", 1),
        ("{ a: __typename b: __typename __schema { queryType { name } } }", 1),
        ("{ __typename photos { nodes { slug } } }", 0),
        ("{ ... { __typename } }", 0),
        ("query A { __typename } query B { __typename }", 0),
        ("mutation { __typename }", 0),
    ],
)
def test_what_asks_the_schema_alone_is_constant(text: str, found: int) -> None:
    assert [text for kept in [batch(text)] if kept.is_constant] == [text] * found


VALIDATOR = Validator('"tag"', is_coded=False, reuse=Reuse(0, 60))


def constant(body: bytes = b"{}", purges: int = 0) -> Constant:
    question = Question(b"", "en-US", "application/json", is_router=False, extras=NOTHING_MORE, purges=purges)
    return Constant(batch("{ __typename }"), question, VALIDATOR, Form(200, b"", b"", body))


def test_few_and_short_ones_are_kept_and_none_beyond_a_purge() -> None:
    constants = Constants()
    for number in range(MOST_KEPT + 1):
        constants.keep((b"%d" % number, PLAIN, False), constant())
    constants.keep((b"long", PLAIN, False), constant(b" " * LONGEST_KEPT))
    assert len(constants) == MOST_KEPT
    assert constants.find((b"0", PLAIN, False), 0) is None
    assert constants.find((b"1", PLAIN, False), 0) is not None
    assert constants.find((b"1", PLAIN, False), 1) is None
    assert constants.find((b"1", PLAIN, True), 0) is None


async def asked(graph: Graph, request_id: str = "r-1") -> Whole | None:
    whole: Whole | None = graph.app.state.lane._making(ASKED, PLAIN, request_id, Caller("here"))  # noqa: SLF001
    return whole


async def test_it_is_run_once_and_carries_each_requests_own_id() -> None:
    async with running_graph(response_cache_bytes="0") as graph:
        assert await asked(graph) is None
        for _ in range(2):
            await graph.send("POST", "/graphql", ASKED, JSON)
        first = await asked(graph, "r-1")
        with patch.object(Runs, "answers", side_effect=AssertionError):
            second = await asked(graph, "r-2")
    assert first is not None
    assert second is not None
    assert json.loads(second.body) == {"data": {"__typename": "Query"}}
    assert b"\r\nx-request-id: r-2\r\n" in second.lines
    assert second == first._replace(lines=first.lines.replace(b"r-1", b"r-2"))


async def test_who_was_given_it_is_told_that_it_is_still_good_for_as_long_as_that_was_said() -> None:
    clock = DrivenClock()
    async with running_graph(clock, response_cache_bytes="0") as graph:
        for _ in range(2):
            reply = await graph.send("POST", "/graphql", ASKED, JSON)
        known = JSON | {"if-none-match": reply.headers["etag"]}
        await asked(graph)
        clock.now += 50
        await asked(graph)
        clock.now += 50
        assert (await graph.send("POST", "/graphql", ASKED, known)).status == 304
