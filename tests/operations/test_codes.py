"""Compiled code is shared by operations that differ in nothing but their objects, and bounded."""

from typing import Any

import pytest
import strawberry
from graphql import GraphQLSchema, parse

from server.operations.compiled import source
from server.operations.compiled.codes import MARK, Codes
from server.operations.compiled.plans import Plans


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> Codes:
    """Give a table that nobody has filled yet."""
    monkeypatch.setattr(source, "CODES", Codes())
    return source.CODES


@strawberry.type
class Leaf:
    name: str = "leaf"

    @strawberry.field
    def first(køb: strawberry.Parent["Leaf"]) -> str:  # noqa: N805, PLC2401 - as its schema's author likes it
        return f"first {køb.name}"

    @strawberry.field
    def other(køc: strawberry.Parent["Leaf"]) -> str:  # noqa: N805, PLC2401 - the same
        return f"other {køc.name}"


@strawberry.type
class Query:
    @strawberry.field
    def leaf(self) -> Leaf:
        return Leaf()

    @strawberry.field
    def leaves(self, first: int = 2) -> list[Leaf]:
        return [Leaf() for _ in range(first)]


def schema() -> GraphQLSchema:
    return strawberry.Schema(Query)._schema  # noqa: SLF001 - as the server reaches it


async def run(plans: Plans, text: str) -> dict[str, Any] | None:
    executor = plans.executor(parse(text), None, None, None)
    assert executor is not None
    result = await executor.run()
    assert result.errors is None
    return result.data


async def test_a_new_document_with_known_selections_compiles_its_top_alone_and_that_once(
    codes: Codes,
) -> None:
    plans = Plans(schema(), after=1)
    await run(plans, "{ leaf { name } leaves { name again: name } }")
    before = codes.compiled
    found = await run(plans, "{ __typename more: leaf { name } leaves(first: 1) { name again: name } }")
    assert found == {
        "__typename": "Query",
        "more": {"name": "leaf"},
        "leaves": [{"name": "leaf", "again": "leaf"}],
    }
    # What calls its three fields, and the one field that is new.
    assert codes.compiled - before == 2
    found = await run(plans, "{ other: __typename some: leaves { name again: name } leaf { name } }")
    assert found is not None
    assert list(found) == ["other", "some", "leaf"]
    assert codes.compiled - before == 2


async def test_the_same_operation_in_another_document_compiles_nothing(codes: Codes) -> None:
    plans = Plans(schema(), after=1)
    await run(plans, "{ leaf { name __typename } }")
    before = codes.compiled
    assert await run(plans, "query Other { leaf { name __typename } }") is not None
    assert codes.compiled == before


async def test_names_of_parameters_are_not_taken_for_those_of_objects() -> None:
    plans = Plans(schema(), after=1)
    assert await run(plans, "{ leaf { a: first } }") == {"leaf": {"a": "first leaf"}}
    assert await run(plans, "{ leaf { a: other } }") == {"leaf": {"a": "other leaf"}}


def test_functions_find_their_own_objects_wherever_they_are_named() -> None:
    codes = Codes()
    defined = []
    for first, name in (("a1", "b2"), ("c3", "d4"), ("e5", "e5")):
        objects: dict[str, Any] = {f"{MARK}{first}": 1, f"{MARK}{name}": 20}
        written = f"def {MARK}f{name}():\n return [{MARK}{first} + {MARK}{name} + each for each in ({MARK}{first},)]"
        codes.define(written, objects)
        defined.append(objects[f"{MARK}f{name}"]())
    assert defined == [[22], [22], [60]]
    assert codes.compiled == 2


def test_the_least_recently_used_code_is_forgotten() -> None:
    texts = [f"def {MARK}f():\n return {number}" for number in range(3)]
    codes = Codes(most_characters=2 * len(texts[0]))
    for number in (0, 1, 0, 2, 0, 1):
        objects: dict[str, Any] = {}
        codes.define(texts[number], objects)
        assert objects[f"{MARK}f"]() == number
    assert codes.compiled == 4
