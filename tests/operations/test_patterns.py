"""Compiled code is shared by operations that differ in nothing but what they put in, and bounded."""

from typing import Any

import strawberry
from graphql import FieldNode, GraphQLObjectType, GraphQLSchema, OperationDefinitionNode, parse
from graphql.execution.collect_fields import FieldDetails

from server.operations.compiled.patterns import Patterns
from server.operations.compiled.plans import Plans


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


async def test_a_new_document_with_known_selections_compiles_its_top_alone_and_that_once() -> None:
    plans = Plans(schema(), after=1)
    await run(plans, "{ leaf { name } leaves { name again: name } }")
    before = plans.patterns.compiled
    found = await run(plans, "{ __typename more: leaf { name } leaves(first: 1) { name again: name } }")
    assert found == {
        "__typename": "Query",
        "more": {"name": "leaf"},
        "leaves": [{"name": "leaf", "again": "leaf"}],
    }
    # The type's name, and the field that has arguments now.
    assert plans.patterns.compiled - before == 2
    found = await run(plans, "{ other: __typename some: leaves { name again: name } leaf { name } }")
    assert found is not None
    assert list(found) == ["other", "some", "leaf"]
    assert plans.patterns.compiled - before == 2


async def test_the_same_operation_in_another_document_compiles_nothing() -> None:
    plans = Plans(schema(), after=1)
    await run(plans, "{ leaf { name __typename } }")
    before = plans.patterns.compiled
    assert await run(plans, "query Other { leaf { name __typename } }") is not None
    assert plans.patterns.compiled == before


async def test_names_of_parameters_are_not_taken_for_those_of_objects() -> None:
    plans = Plans(schema(), after=1)
    assert await run(plans, "{ leaf { a: first } }") == {"leaf": {"a": "first leaf"}}
    assert await run(plans, "{ leaf { a: other } }") == {"leaf": {"a": "other leaf"}}


async def test_functions_find_what_their_own_operation_put_in() -> None:
    plans = Plans(schema(), after=1)
    texts = [f"{{ a{number}: leaves(first: {number}) {{ name }} }}" for number in range(3)]
    executors = [plans.executor(parse(text), None, None, None) for text in texts]
    found = [(await each.run()).data for each in executors if each is not None]
    assert found == [{f"a{number}": [{"name": "leaf"}] * number} for number in range(3)]
    assert plans.patterns.compiled == 2


def fields(text: str) -> dict[str, list[FieldDetails]]:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    nodes = [each for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    return {(each.alias or each.name).value: [FieldDetails(each, None)] for each in nodes}


def test_the_least_recently_used_pattern_is_forgotten() -> None:
    one = schema()
    leaf = one.type_map["Leaf"]
    assert isinstance(leaf, GraphQLObjectType)
    size = Patterns(one).of_selection(leaf, fields("{ a0: name }")).size
    patterns = Patterns(one, most_characters=2 * size)
    for number in (0, 1, 0, 2, 0, 1):
        found = patterns.of_selection(leaf, fields(f"{{ a{number}: name }}"))
        assert found.size == size
    assert patterns.compiled == 4
