"""What a failed position becomes, as a request says by `onError`."""

import json
from typing import Any
from urllib.parse import quote

import pytest
import strawberry
from graphql import parse
from strawberry.schema.config import StrawberryConfig

from schema.graph import core_schema
from server.operations.documents import Document
from server.operations.execution import Outcome, run
from server.operations.failures import EXECUTORS
from server.operations.incremental import frames_of, run_in_parts
from tests.graph import Graph, Reply, running_graph

JSON = {"content-type": "application/json"}
BROKEN = """{
  broken: photos(first: 0) { nodes { slug } }
  photos(first: 1) { nodes { slug } }
  other: node(id: "x") { id }
}"""


@strawberry.type
class Item:
    name: str

    @strawberry.field
    def at_once(self) -> str:
        raise ValueError(self.name)

    @strawberry.field
    async def later(self) -> str:
        raise ValueError(self.name)


@strawberry.type
class Query:
    @strawberry.field
    async def items(self) -> list[Item]:
        return [Item(name="a"), Item(name="b")]

    @strawberry.field
    def item(self) -> Item:
        return Item(name="c")

    @strawberry.field
    async def names(self) -> list[str]:
        return ["a", None]  # type: ignore[list-item] # a position that says it is never null, and is


SCHEMA = core_schema(
    strawberry.Schema(query=Query, config=StrawberryConfig(enable_experimental_incremental_execution=True))
)


async def outcome(text: str, on_error: str) -> Outcome:
    return await run(SCHEMA, Document(parse(text), ()), None, None, None, on_error=on_error)


def paths(result: Outcome) -> list[list[str | int] | None]:
    return sorted((error.path for error in result.errors), key=repr)


@pytest.mark.parametrize("field", ["atOnce", "later"])
async def test_an_error_leaves_null_where_it_happened_and_nowhere_else(field: str) -> None:
    result = await outcome(f"{{ items {{ name {field} }} item {{ {field} name }} }}", "NULL")

    assert result.data == {
        "items": [{"name": "a", field: None}, {"name": "b", field: None}],
        "item": {field: None, "name": "c"},
    }
    assert paths(result) == [["item", field], ["items", 0, field], ["items", 1, field]]


async def test_an_item_that_may_not_be_null_is_null_where_it_stands() -> None:
    result = await outcome("{ names }", "NULL")

    assert (result.data, paths(result)) == ({"names": ["a", None]}, [["names", 1]])


@pytest.mark.parametrize("field", ["atOnce", "later"])
async def test_the_first_error_is_all_that_is_answered(field: str) -> None:
    result = await outcome(f"{{ items {{ name {field} }} item {{ {field} name }} }}", "HALT")

    assert (result.data, result.ran, len(result.errors)) == (None, True, 1)


@pytest.mark.parametrize("on_error", EXECUTORS)
async def test_without_an_error_all_behaviors_answer_the_same(on_error: str) -> None:
    result = await outcome("{ items { name } item { name } }", on_error)

    assert (result.data, result.errors) == (
        {"items": [{"name": "a"}, {"name": "b"}], "item": {"name": "c"}},
        (),
    )


async def test_a_deferred_part_keeps_what_did_not_fail() -> None:
    document = parse("{ item { name ... @defer { later name } } }")
    frames = [
        frame
        async for frame in frames_of(
            await run_in_parts(SCHEMA, document, None, None, None, "NULL"),
            lambda errors: [{"path": error.path} for error in errors],
        )
    ]

    assert frames[-1]["incremental"] == [
        {"id": "0", "data": {"later": None}, "errors": [{"path": ["item", "later"]}]}
    ]


async def asked(graph: Graph, query: str, **members: Any) -> Reply:
    body = json.dumps({"query": query, **members}).encode()
    return await graph.send("POST", "/graphql", body, JSON)


async def test_a_request_chooses_by_post_and_by_get() -> None:
    async with running_graph(on_error="true") as graph:
        propagated = await asked(graph, BROKEN)
        nulled = await asked(graph, BROKEN, onError="NULL")
        halted = await asked(graph, BROKEN, onError="HALT")
        got = await graph.send("GET", f"/graphql?query={quote(BROKEN)}&onError=HALT")

    assert propagated.data == nulled.data
    assert propagated.codes == nulled.codes
    assert (propagated.data["broken"], len(propagated.data["photos"]["nodes"])) == (None, 1)
    for reply in (halted, got):
        assert (reply.status, reply.json["data"], len(reply.errors)) == (200, None, 1)
        assert reply.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("value", ["null", "IGNORE", "", 1, True, ["NULL"], {}])
async def test_what_is_no_behavior_is_refused(value: object) -> None:
    async with running_graph(on_error="true") as graph:
        reply = await asked(graph, "{ __typename }", onError=value)

    assert (reply.status, reply.codes) == (400, [("BAD_REQUEST", ())])
    assert "onError" in reply.errors[0]["message"]


async def test_null_is_as_if_nothing_were_said() -> None:
    async with running_graph(on_error="true") as graph:
        assert (await asked(graph, "{ __typename }", onError=None)).status == 200


@pytest.mark.parametrize("value", ["HALT", "nonsense", 7])
async def test_without_the_setting_it_is_a_member_like_any_that_is_not_known(
    graph: Graph, value: object
) -> None:
    reply = await asked(graph, BROKEN, onError=value)

    assert len(reply.errors) == 2
    assert reply.data["photos"]["nodes"]


async def test_each_operation_of_a_batch_has_its_own() -> None:
    body = json.dumps([{"query": BROKEN, "onError": each} for each in EXECUTORS]).encode()
    async with running_graph(on_error="true") as graph:
        reply = await graph.send("POST", "/graphql", body, JSON)

    data = [answer["data"] is None for answer in json.loads(reply.body)]
    assert data == [each == "HALT" for each in EXECUTORS]


async def test_answers_to_different_choices_are_not_taken_for_each_other() -> None:
    query = "{ photos(first: 1) { nodes { slug } } }"
    async with running_graph(on_error="true") as graph:
        tag = (await asked(graph, query)).headers["etag"]
        bodies = [{"query": query}, {"query": query, "onError": "NULL"}]
        # By POST, where an answer that has been made is sent, though it be the known one.
        statuses = [
            (
                await graph.send(
                    "POST", "/graphql", json.dumps(body).encode(), {**JSON, "if-none-match": tag}
                )
            ).status
            for body in bodies
        ]

    assert statuses == [304, 200]
