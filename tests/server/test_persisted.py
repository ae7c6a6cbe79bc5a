"""Automatic persisted queries, as clients of Apollo speak them."""

import hashlib
import json
from urllib.parse import quote

import pytest

from server.operations.persisted import PersistedQueries
from server.operations.requests import GraphQLRequest, RequestRefused
from tests.graph import Graph, Reply

QUERY = "{ __typename }"
HASH = hashlib.sha256(QUERY.encode()).hexdigest()


def persisted(named: object, version: object = 1) -> dict[str, object]:
    return {"persistedQuery": {"version": version, "sha256Hash": named}}


async def posted(graph: Graph, **body: object) -> Reply:
    return await graph.send(
        "POST", "/graphql", json.dumps(body).encode(), {"content-type": "application/json"}
    )


async def test_a_query_is_found_by_its_hash_once_it_came_with_it(graph: Graph) -> None:
    unknown = await posted(graph, extensions=persisted(HASH))
    kept = await posted(graph, query=QUERY, extensions=persisted(HASH))
    found = await posted(graph, extensions=persisted(HASH))
    by_get = await graph.send("GET", f"/graphql?extensions={quote(json.dumps(persisted(HASH)))}")

    assert unknown.status == 200
    assert unknown.errors[0]["message"] == "PersistedQueryNotFound"
    assert unknown.errors[0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert kept.data == found.data == by_get.data == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("extensions", "query", "code"),
    [
        (persisted("0" * 64), QUERY, "PERSISTED_QUERY_HASH_MISMATCH"),
        (persisted(HASH, version=2), QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
        (persisted(HASH.upper()), QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
        (persisted(7), QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"persistedQuery": []}, QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ],
)
async def test_a_hash_that_does_not_fit_is_refused(
    graph: Graph, extensions: dict[str, object], query: str, code: str
) -> None:
    reply = await posted(graph, query=query, extensions=extensions)

    assert (reply.status, reply.errors[0]["extensions"]["code"]) == (400, code)


def test_what_is_kept_is_bounded_and_the_least_used_goes_first() -> None:
    queries = PersistedQueries(most_bytes=30)
    texts = ["{ aaaaaa }", "{ bbbbbb }", "{ cccccc }"]
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]

    def ask(number: int, text: str = "") -> GraphQLRequest:
        return queries.completed(GraphQLRequest(text, extensions=persisted(hashes[number])))

    for number, text in enumerate(texts):
        ask(number, text)
    ask(0)
    long = "{ dddddd }"
    queries.completed(GraphQLRequest(long, extensions=persisted(hashlib.sha256(long.encode()).hexdigest())))

    assert ask(0).query == texts[0]
    with pytest.raises(RequestRefused):
        ask(1)
    assert ask(2).query == texts[2]
