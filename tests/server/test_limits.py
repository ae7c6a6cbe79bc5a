"""A probe for every bound of a document: each is refused or answered in about the time of an ordinary one."""

import pytest

from schema.graph import build_schema
from server.operations.limits import Limits
from server.operations.preparation import Budget, Operations
from server.operations.requests import GraphQLRequest
from server.prices import PRICES
from tests.graph import Graph, running_graph
from tests.steps import steps_of

SCHEMA = build_schema()._schema  # noqa: SLF001 - what the endpoint reads too
UUID = "7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b7a10"
MOST_STEPS = 2_000_000
"""Functions that are called for the worst document; an ordinary one takes ten thousand."""


def chain(count: int, of: str, last: str, twice: str = "...F{0} ...F{0}") -> str:
    parts = [f"fragment F{i} on {of} {{ {twice.format(i + 1)} }}" for i in range(count)]
    return " ".join([*parts, f"fragment F{count} on {of} {{ {last} }}"])


def web(count: int) -> str:
    """Every fragment spreads all that follow it: as many ways through as there are subsets."""
    return " ".join(
        f"fragment F{i} on Query {{ {' '.join(f'...F{j}' for j in range(i + 1, count))} __typename }}"
        for i in range(count)
    )


DOCUMENTS = {
    "fragments spread twice each": "{ ...F0 } " + chain(60, "Query", "__typename"),
    "a long chain of fragments": "{ ...F0 } " + chain(300, "Query", "__typename"),
    "a web of fragments": "{ ...F0 } " + web(40),
    "a cycle of fragments": "{ ...F0 } "
    + " ".join(f"fragment F{i} on Query {{ {' '.join(f'...F{j}' for j in range(40))} }}" for i in range(40)),
    "fields that multiply through fragments": "{ photos { nodes { ...F0 } } } "
    + chain(
        9,
        "Photo",
        "slug",
        "a: tags {{ photos {{ nodes {{ ...F{0} }} }} }} b: tags {{ photos {{ nodes {{ ...F{0} }} }} }}",
    ),
    "one field again and again": "{ " + "__typename " * 4900 + "}",
    "one nested field again and again": "{ photos { nodes { " + "tags { slug } " * 1200 + "} } }",
    "one field deep again and again": "{ photos { nodes { tags { " + "slug " * 4900 + "} } } }",
    "very deep": "{ a " * 2000 + "}" * 2000,
    "deep values": "{ photosByKey(keys: " + "[" * 190 + "]" * 190 + ") { slug } }",
    "many operations": " ".join(f"query A{i} {{ ...F }}" for i in range(600))
    + " fragment F on Query { __typename }",
    "many variables": "query (" + " ".join(f"$a{i}: Int" for i in range(1200)) + ") { __typename }",
    "many unknown fields": "{ photos { " + " ".join(f"pageInfx{i}" for i in range(2400)) + " } }",
    "many unknown arguments": "{ photos("
    + " ".join(f"firs{i}: 1" for i in range(1600))
    + ") { nodes { slug } } }",
    "long names": "{ photos { " + " ".join("x" * 1300 + str(i) for i in range(190)) + " } }",
    "many directives": "{ " + "__typename @include(if: true) @skip(if: false) " * 400 + "}",
    "many aliases": "{ photos { nodes { " + " ".join(f"a{i}: slug" for i in range(1600)) + " } } }",
    "introspection of itself": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "introspection under many names": "{ "
    + " ".join(f"a{i}: __schema {{ types {{ fields {{ args {{ name }} }} }} }}" for i in range(100))
    + "}",
    "a very long string": '{ photo(slug: "' + "a" * 260_000 + '") { slug } }',
    "as long as a body": '{ photo(slug: "' + "a" * 1_000_000 + '") { slug } }',
    "a very long comment": "#" * 260_000 + "\n{ __typename }",
    "a very long number": "{ photos(first: " + "9" * 100_000 + ") { nodes { slug } } }",
}


def operations(limits: Limits | None = None, calls: int = 2000, items: int = 50_000) -> Operations:
    return Operations(SCHEMA, PRICES, Budget(calls, items), limits or Limits())


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_no_document_keeps_the_server_busy(document: str) -> None:
    # An ordinary document takes ten thousand; the longest texts are read by the lexer a character at a time.
    assert steps_of(lambda: operations().prepare(GraphQLRequest(document))) < MOST_STEPS


@pytest.mark.parametrize(
    ("limit", "query", "actual", "allowed"),
    [
        ("depth", "{ " + "photos { nodes { tags { " * 4 + "slug" + " } } }" * 4 + " }", 13, 12),
        ("aliases", "{ photos { nodes { " + " ".join(f"a{i}: slug" for i in range(201)) + " } } }", 201, 200),
        ("rootFields", "{ " + "a: b " * 150 + "...F } fragment F on Query { " + "c " * 51 + "}", 201, 200),
        ("directives", "{ " + "__typename @include(if: true) " * 51 + "}", 51, 50),
        ("operations", " ".join(f"query A{i} {{ __typename }}" for i in range(51)), 51, 50),
        ("tokens", "{ " + "__typename " * 5000 + "}", 5001, 5000),
        ("calls", "{ photos(first: 100) { nodes { tags { photos(first: 1) { nodes { slug } } } } } }", 2501, 2000),
        ("items", "{ photos(first: 99) { nodes { tags { photos(first: 50) { nodes { slug } } } } } }", 126_324, 50_000),
    ],
)  # fmt: skip
async def test_what_exceeds_a_limit_is_refused_before_any_call(
    graph: Graph, limit: str, query: str, actual: int, allowed: int
) -> None:
    reply = await graph.query(query, accept="application/graphql-response+json")
    told = {error["extensions"]["limit"]: error["extensions"] for error in reply.errors}

    assert reply.status == 400
    assert {error["extensions"]["code"] for error in reply.errors} == {"OPERATION_TOO_COMPLEX"}
    assert (told[limit]["actual"], told[limit]["allowed"]) == (actual, allowed)
    assert graph.calls == {}


def test_introspection_may_be_deeper_than_data() -> None:
    of_type = "{ name ofType " * 9 + "{ name } " + "} " * 9
    prepared = operations().prepare(
        GraphQLRequest("{ __schema { types { fields { args { type " + of_type + "} } } } }")
    )

    assert prepared.errors == ()


def test_a_gateway_that_asks_under_100_aliases_is_served() -> None:
    fields = " ".join(
        f'a{i}: activity(uuid: "7c2f1a3e-5b0d-4f6e-9a41-0d5e8c1b{i:04}") {{ title cover {{ reason }} }}'
        for i in range(100)
    )
    prepared = operations().prepare(GraphQLRequest(f"{{ {fields} }}"))

    assert (prepared.errors, prepared.cost.calls) == ((), 200)


@pytest.mark.parametrize(
    ("query", "calls", "items"),
    [
        ("{ __typename }", 0, 0),
        (f'{{ activity(uuid: "{UUID}") {{ uuid }} }}', 1, 0),
        (f'{{ activity(uuid: "{UUID}") {{ title }} }}', 1, 0),
        (f'{{ activity(uuid: "{UUID}") {{ gallery {{ nodes {{ url }} }} }} }}', 1, 25),
        (
            f'{{ activity(uuid: "{UUID}") {{ title gallery(first: 7) {{ nodes {{ url }} edges {{ cursor }} }} }} }}',
            2,
            7,
        ),
        (f'{{ activities(uuids: ["{UUID}", "{UUID.upper()}"]) {{ title cover {{ reason }} }} }}', 2, 2),
        (f'{{ a: activity(uuid: "{UUID}") {{ title }} b: activities(uuids: ["{UUID}"]) {{ title }} }}', 1, 1),
        (
            '{ resortProducts(productIds: ["a", "b"]) { gallery { nodes { url } } videos { nodes { url } } } }',
            4,
            102,
        ),
        ('{ resortProduct(productId: "a") { media(kinds: [VIDEO]) { nodes { url } } } }', 1, 25),
        ("{ photos(first: 250) { nodes { slug } } }", 3, 250),
        ("{ photos { nodes { slug relations { title } } } }", 26, 650),
        ('{ photosByKey(keys: [{culture: "en-us", slug: "a"}]) { slug relations { title } } }', 1, 26),
        ("{ activitySearch(first: 25) { nodes { title } } }", 1, 25),
        ("{ activitySearch(first: 25) { totalCount } }", 1, 0),
        ("{ resortCatalog(first: 25) { nodes { title immersiveImage { url } } } }", 1, 25),
        ("{ photos @skip(if: true) { nodes { slug } } __typename }", 0, 0),
        ("{ photos(first: 501) { nodes { slug } } }", 0, 0),
        (
            '{ node(id: "x") { ... on Activity { title gallery { nodes { url } } } ... on Photo { slug } } }',
            2,
            25,
        ),
    ],
)
def test_the_cost_is_what_the_operation_needs_at_worst(query: str, calls: int, items: int) -> None:
    prepared = operations().prepare(GraphQLRequest(query))

    assert prepared.errors == ()
    assert (prepared.cost.calls, prepared.cost.items) == (calls, items)


async def test_the_receipt_holds_the_estimate_beside_what_it_cost() -> None:
    async with running_graph(explain="true") as graph:
        reply = await graph.query("{ photos(first: 250) { nodes { slug } } }", x_mediagraph_explain="1")
        upstream = reply.json["extensions"]["upstream"]

    assert upstream["estimate"] == {"calls": 3, "items": 250}
    assert upstream["totals"]["calls"] <= 3
