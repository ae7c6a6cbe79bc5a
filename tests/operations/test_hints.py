"""How long a document lets its answer be kept: what its fields and their types say, each looked at once."""

import enum

import pytest
import strawberry
from graphql import build_schema, parse

from schema.directives import CacheControl, CacheControlScope
from schema.graph import build_subgraph, core_schema
from server.hints import hints_of
from server.operations.hints import FREE, Hint, HintTable
from tests.steps import steps_of

SCHEMA = build_schema(
    """
    interface Named { name: String, kin: Named }
    type Person implements Named { name: String, kin: Named, age: Int, home: Home }
    type Home { street: String, price: Int }
    type Query { me: Person, named: Named, homes: [Home!]!, home: Home, free: String }
    """
)
HINTS = {
    "Home": Hint(30),
    "Query.homes": Hint(90),
    "Home.price": Hint(5),
    "Person": Hint(None, is_private=True),
    "Query.home": Hint(inherits=True),
    "Named.kin": Hint(7),
}


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("{ free }", FREE),
        ("{ __typename __schema { types { name } } }", FREE),
        ("{ homes { street } }", Hint(90)),
        ("{ homes { street price } }", Hint(5)),
        ("{ home { street } }", FREE),
        ("{ me { age } }", Hint(None, is_private=True)),
        ("{ me { home { street } } }", Hint(30, is_private=True)),
        ("{ named { name } }", FREE),
        ("{ named { kin { name } } }", Hint(7)),
        ("{ named { ... on Person { age } } }", Hint(None, is_private=True)),
        ("{ named { ...F } } fragment F on Person { home { ... { street } } }", Hint(30, is_private=True)),
        ("query ($no: Boolean = false) { free homes @include(if: $no) { price } }", Hint(5)),
    ],
)
def test_the_shortest_time_of_all_fields_holds(query: str, hint: Hint) -> None:
    assert HintTable(SCHEMA, HINTS).of(parse(query)) == hint


def test_fragments_that_are_spread_again_and_again_are_looked_at_once() -> None:
    parts = [f"fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(200)]
    document = parse("{ ...F0 } " + " ".join(parts) + " fragment F200 on Query { homes { price } }")

    assert HintTable(SCHEMA, HINTS).of(document) == Hint(5)
    assert steps_of(lambda: HintTable(SCHEMA, HINTS).of(document)) < 20_000


def test_the_hints_of_a_schema_are_what_its_directives_say() -> None:
    @strawberry.enum
    class Mood(enum.Enum):
        CALM = "CALM"

    @strawberry.interface
    class Owner:
        mood: Mood

    @strawberry.type(directives=[CacheControl(max_age=0)])
    class Pet(Owner):
        mood: Mood = strawberry.field(directives=[CacheControl(max_age=9)])
        name: str = strawberry.field(
            directives=[CacheControl(scope=CacheControlScope.PRIVATE, inherit_max_age=True)]
        )

    @strawberry.type
    class Query:
        pet: Pet

    assert hints_of(core_schema(strawberry.Schema(query=Query))) == {
        "Pet": Hint(0),
        "Pet.mood": Hint(9),
        "Owner.mood": Hint(9),
        "Pet.name": Hint(None, is_private=True, inherits=True),
    }


def test_every_hint_of_the_graph_stands_in_its_schema() -> None:
    text = build_subgraph().as_str()

    assert text.count("@cacheControl(") == len(hints_of(core_schema(build_subgraph()))) + 1
