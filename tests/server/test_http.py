"""GraphQL over HTTP: every refusal is JSON with a code, and nothing that a client sends is a 500."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.graph import Graph, Reply, running_graph

JSON = {"content-type": "application/json"}
NEW = "application/graphql-response+json"
WORDS = '{ } ( ) : ! $ x ... on query fragment photos nodes slug first 1 "a" @include if [ ]'
DEEP = '{"r": ' + "[" * 150 + "]" * 150 + "}"
DEEP_ENTITIES = (
    b'{"query": "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }", "variables": %s}'
    % DEEP.encode()
)
CODES = {
    "BAD_REQUEST",
    "BAD_USER_INPUT",
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "OPERATION_RESOLUTION_FAILURE",
    "OPERATION_TOO_COMPLEX",
    "PERSISTED_QUERY_NOT_FOUND",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    "PERSISTED_QUERY_HASH_MISMATCH",
}


def is_told(reply: Reply) -> bool:
    """Tell whether an answer is one that a client can work with: no 500, and codes for what went wrong."""
    answers = reply.json if isinstance(reply.json, list) else [reply.json]
    errors = [error for answer in answers for error in answer.get("errors", [])]
    assert reply.status < 500, reply.body
    assert all(error["extensions"]["code"] in CODES for error in errors), errors
    assert all(error["extensions"]["requestId"] == reply.headers["x-request-id"] for error in errors)
    assert "Traceback" not in reply.body.decode()
    return bool(errors) or all("data" in answer for answer in answers)


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("POST", "/graphql", b"", JSON, 400),
        ("POST", "/graphql", b"{", JSON, 400),
        ("POST", "/graphql", b"[]", JSON, 400),
        ("POST", "/graphql", b"7", JSON, 400),
        ("POST", "/graphql", b'{"query": 7}', JSON, 400),
        ("POST", "/graphql", b'{"query": "{a}", "variables": []}', JSON, 400),
        ("POST", "/graphql", b'{"query": "{a}", "extensions": 1}', JSON, 400),
        ("POST", "/graphql", b'{"query": "{a}", "operationName": 1}', JSON, 400),
        ("POST", "/graphql", b'\xef\xbb\xbf{"query": "{__typename}"}', JSON, 400),
        ("POST", "/graphql", b'{"query": "\xff"}', JSON, 400),
        ("POST", "/graphql", b'{"query": "\\ud800"}', JSON, 400),
        ("POST", "/graphql", b'{"query": "{a}", "variables": {"x": NaN}}', JSON, 400),
        ("POST", "/graphql", b'{"query": "{a}", "variables": {"x": 1e999}}', JSON, 400),
        ("POST", "/graphql", b"[" * 500_000, JSON, 400),
        ("POST", "/graphql", b'{"query": "{__typename}"}', {}, 415),
        (
            "POST",
            "/graphql",
            b"query={__typename}",
            {"content-type": "application/x-www-form-urlencoded"},
            415,
        ),
        ("POST", "/graphql", b"{}", {"content-type": "text/plain"}, 415),
        ("POST", "/graphql", b"{}", {"content-type": "application/json; charset=utf-16"}, 415),
        ("POST", "/graphql", b"{}", {**JSON, "content-encoding": "gzip"}, 415),
        ("POST", "/graphql", b" " * (1024 * 1024 + 1), JSON, 413),
        ("POST", "/graphql", b"{}", {**JSON, "content-length": "99999999999999"}, 413),
        ("POST", "/graphql", b"{}", {**JSON, "accept": "text/html"}, 406),
        ("POST", "/graphql", b"{}", {**JSON, "accept": "application/json;q=0"}, 406),
        ("POST", "/graphql", b"{}", {**JSON, **{f"x-{i}": "1" for i in range(100)}}, 431),
        ("POST", "/graphql", b"{}", {**JSON, "x-long": "a" * 33_000}, 431),
        ("GET", "/graphql", b"", {}, 400),
        ("GET", "/graphql?query=%ff", b"", {"accept": NEW}, 400),
        ("GET", "/graphql?query={__typename}&variables=[", b"", {}, 400),
        ("GET", "/graphql?query=mutation{__typename}", b"", {}, 405),
        ("PUT", "/graphql", b"", {}, 405),
        ("DELETE", "/graphql", b"", {}, 405),
        ("POST", "/graphql/", b"{}", JSON, 404),
        ("GET", "/nothing", b"", {}, 404),
        ("GET", "/sandbox/images/x", b"", {}, 404),
        ("POST", "/graphql", DEEP_ENTITIES, JSON, 400),
        ("GET", f"/graphql?query={{__typename}}&variables={DEEP}", b"", {}, 400),
        ("POST", "/healthz", b"", {}, 405),
    ],
)
async def test_a_refusal_is_json_with_a_code_and_the_request_id(
    graph: Graph, method: str, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    reply = await graph.send(method, path, body, headers)

    assert reply.status == status
    assert is_told(reply)
    assert "data" not in reply.json
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert graph.calls == {}


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        ("{", None, {"code": "GRAPHQL_PARSE_FAILED"}),
        ("{ nothing }", None, {"code": "GRAPHQL_VALIDATION_FAILED"}),
        ("query ($u: ID!) { __typename }", {}, {"code": "GRAPHQL_VALIDATION_FAILED"}),
        (
            "query A { a: __typename } query B { b: __typename }",
            None,
            {"code": "OPERATION_RESOLUTION_FAILURE"},
        ),
        (
            "query ($u: ID!) { activity(uuid: $u) { title } }",
            {},
            {"code": "BAD_USER_INPUT", "argument": "u"},
        ),
        (
            "query ($n: Int) { photos(first: $n) { nodes { slug } } }",
            {"n": "many"},
            {"code": "BAD_USER_INPUT", "argument": "n"},
        ),
    ],
)
async def test_a_request_error_has_no_data_and_400_under_the_new_type_alone(
    graph: Graph, query: str, variables: dict[str, Any] | None, expected: dict[str, str]
) -> None:
    new = await graph.query(query, variables, accept=NEW)
    old = await graph.query(query, variables, accept="application/json")

    assert (new.status, old.status) == (400, 200)
    for reply in (new, old):
        assert "data" not in reply.json
        assert expected.items() <= reply.errors[0]["extensions"].items()


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (NEW, NEW),
        (f"{NEW}, application/json;q=0.9", NEW),
        (f"{NEW};q=0.5, application/json", "application/json"),
        (f"text/html, {NEW};q=0.2", NEW),
        ("application/json;q=nonsense", "application/json"),
        ("application/json;q=0, */*", NEW),
        (" ,;;=1, ,", "application/json"),
    ],
)
async def test_the_media_type_is_the_one_that_weighs_most(graph: Graph, accept: str, answered: str) -> None:
    reply = await graph.query("{ __typename }", accept=accept)

    assert reply.headers["content-type"] == f"{answered}; charset=utf-8"


async def test_a_batch_shares_its_loaders_and_answers_in_order(graph: Graph) -> None:
    one = {"query": 'query One { resortProduct(productId: "product-1") { title } }'}
    other = {"query": 'query Other { again: resortProduct(productId: "product-1") { title } }'}
    reply = await graph.send(
        "POST", "/graphql", json.dumps([one, other, {"query": "{ nothing }"}]).encode(), JSON
    )
    first, second, third = json.loads(reply.body)

    assert first["data"]["resortProduct"] == second["data"]["again"] != None  # noqa: E711 - one chain
    assert third["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert list(graph.calls.values()) == [1]


async def test_a_batch_of_more_than_ten_is_refused(graph: Graph) -> None:
    body = json.dumps([{"query": "{ __typename }"}] * 11).encode()

    assert (await graph.send("POST", "/graphql", body, JSON)).status == 400


async def test_head_and_options_are_answered(graph: Graph) -> None:
    head = await graph.send("HEAD", "/graphql?query={__typename}")
    options = await graph.send("OPTIONS", "/graphql")

    assert head.status == 200
    assert (options.status, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


async def test_without_introspection_nothing_tells_of_the_schema_but_to_the_router() -> None:
    async with running_graph(introspection="false", router_secret="planted-router-secret") as graph:
        router = {"x-mediagraph-router": "planted-router-secret"}
        asked = await graph.query("{ __schema { types { name } } }")
        missed = await graph.query("{ activitie { title } }")
        unfit = await graph.query(
            "query ($k: [PhotoKey!]!) { photosByKey(keys: $k) { slug } }", {"k": [{"cultur": 1}]}
        )
        sdl = await graph.send("GET", "/schema.graphql")
        told = await graph.query(
            "{ __schema { types { name } } }", x_mediagraph_router="planted-router-secret"
        )
        told_sdl = await graph.send("GET", "/schema.graphql", headers=router)

    assert asked.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "Did you mean" not in missed.body.decode() + unfit.body.decode()
    assert (sdl.status, told_sdl.status) == (404, 200)
    assert told.data["__schema"]["types"]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**25) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "query": st.sampled_from(
            ["{ __typename }", "query ($x: [PhotoKey!]!) { photosByKey(keys: $x) { slug } }", "{"]
        )
        | anything,
        "variables": anything | st.fixed_dictionaries({"x": anything}),
        "operationName": anything,
        "extensions": anything | st.fixed_dictionaries({"persistedQuery": anything}),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=200)
    | anything.map(lambda value: json.dumps(value).encode())
    | requests.map(lambda value: json.dumps(value).encode())
)
@example(body=b'{"query": "{ __typename }", "query": "{"}')
@example(body=b'{"query": "{ a }", "variables": {"x": 1' + b"0" * 5000 + b"}}")
@example(body=b'{"query": "{ __typename }", "variables": {"x": 1' + b"0" * 30 + b"}}")
@example(body=b'{"query": "{ __typename }", "variables": {"x": ' + b"[" * 900 + b"]" * 900 + b"}}")
async def test_no_body_makes_a_500(graph: Graph, body: bytes) -> None:
    assert is_told(await graph.send("POST", "/graphql", body, JSON))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["accept", "accept-language", "content-type", "x-request-id", "traceparent", "origin"]
        ),
        st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60),
    )
)
async def test_no_header_makes_a_500(graph: Graph, headers: dict[str, str]) -> None:
    assert is_told(await graph.send("POST", "/graphql", b'{"query": "{ __typename }"}', JSON | headers))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text(max_size=60)
    | st.lists(
        st.sampled_from(WORDS.split()),
        max_size=30,
    ).map(" ".join)
)
async def test_no_document_makes_a_500(graph: Graph, query: str) -> None:
    assert is_told(await graph.query(query))


async def test_no_depth_of_variables_makes_a_500(graph: Graph) -> None:
    for depth in range(800, 1000):
        nested = b"[" * depth + b"]" * depth
        body = b'{"query": "{ __typename }", "variables": {"x": ' + nested + b"}}"
        assert is_told(await graph.send("POST", "/graphql", body, JSON))
