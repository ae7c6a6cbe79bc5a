"""Federated traces: Apollo's own package reads them, and who does not ask does not pay."""

import time
from typing import Any

import pytest

from tests.graph import Graph
from tests.interop.node import Json, Node

pytestmark = pytest.mark.interop

QUERY = """{
  first: activities(uuids: ["7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10", "no uuid"]) { name: title gallery { totalCount } }
  __typename
}"""


def child(node: Json, step: str | int) -> Json:
    key = "responseName" if isinstance(step, str) else "index"
    return {each.get(key): each for each in node["child"]}[step]


async def test_apollos_package_reads_the_tree_of_fields_with_times_and_errors(
    node: Node, graph: Graph
) -> None:
    before_s = int(time.time())
    reply = await graph.query(QUERY, apollo_federation_include_trace="ftv1")
    trace: dict[str, Any] = await node.ask("decode_trace.mjs", {"ftv1": reply.json["extensions"]["ftv1"]})

    assert before_s <= trace["startTime"]["seconds"] <= trace["endTime"]["seconds"] <= before_s + 60
    assert {each["responseName"] for each in trace["root"]["child"]} == {"first", "__typename"}
    first = child(trace["root"], "first")
    assert (first["originalFieldName"], first["parentType"], first["type"]) == (
        "activities",
        "Query",
        "[Activity]",
    )
    name = child(child(first, 0), "name")
    assert (name["originalFieldName"], name["parentType"], name["type"]) == ("title", "Activity", "String")
    gallery = child(child(first, 0), "gallery")
    assert "originalFieldName" not in gallery
    assert child(gallery, "totalCount")["type"] == "Int!"
    for field in (first, name, gallery):
        assert 0 < field["startTime"] <= field["endTime"] <= trace["durationNs"]
    # The bad key has no field of its own: its error stands at the list.
    (error,) = first["error"]
    assert error["message"] == reply.errors[0]["message"]
    assert error["location"] == [{"line": 2, "column": 3}]
    assert '"code":"BAD_USER_INPUT"' in error["json"]


async def test_an_answer_is_the_same_with_a_trace_and_without(graph: Graph) -> None:
    plain, traced = await graph.query(QUERY), await graph.query(QUERY, apollo_federation_include_trace="ftv1")
    assert traced.data == plain.data
    assert traced.codes == plain.codes
    assert set(traced.json["extensions"]) == {"ftv1"}
    assert "extensions" not in plain.json


@pytest.mark.parametrize("query", ["{ nothing }", "{"])
async def test_a_request_that_does_not_run_has_no_trace(graph: Graph, query: str) -> None:
    assert "extensions" not in (await graph.query(query, apollo_federation_include_trace="ftv1")).json
