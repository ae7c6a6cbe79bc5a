"""What is compiled, when, and how much of it is kept."""

import asyncio
import dataclasses
import datetime as dt
from operator import methodcaller
from typing import Any, NewType

import pytest
import strawberry
from graphql import GraphQLSchema, parse
from strawberry.schema.config import StrawberryConfig

from server.operations.compiled.executor import CompiledExecutor
from server.operations.compiled.plans import Plans
from server.operations.documents import Documents
from server.operations.execution import Outcome, run
from server.operations.kept import NEW_PART
from tests.operations.any_schema import Begun, Later


@strawberry.type
class Leaf:
    name: str


@strawberry.type
class Query:
    leaf: Leaf

    @strawberry.field
    def numbers(self, values: list[int]) -> list[int]:
        values.append(0)
        return values

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            info.context.append("cancelled")
            raise
        return "never"

    @strawberry.field
    async def broken(self) -> str:
        await asyncio.sleep(0)
        raise ValueError("broken")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> int:
        return 1


def a_schema() -> GraphQLSchema:
    return strawberry.Schema(Query, mutation=Mutation)._schema  # noqa: SLF001 - as the server reaches it


def executor(plans: Plans, text: str, variables: dict[str, Any] | None = None) -> CompiledExecutor | None:
    return plans.executor(parse(text), variables, None, None)


def test_an_operation_is_compiled_from_its_second_use_on() -> None:
    plans, document = Plans(a_schema()), parse("{ __typename }")
    assert plans.executor(document, None, None, None) is None
    assert plans.executor(document, None, None, None) is not None


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Leaf") { name } }',
        "mutation { touch }",
        "query @experimental_disableErrorPropagation { __typename }",
        "fragment Part($a: Int) on Query { __typename } { ...Part }",
        "query A { __typename } query B { __typename }",
    ],
)
def test_what_is_not_covered_goes_to_the_reference_executor(text: str) -> None:
    document = parse(text, experimental_fragment_arguments=True)
    assert Plans(a_schema(), after=1).executor(document, None, None, None) is None


def test_variables_that_cannot_be_read_go_to_the_reference_executor() -> None:
    text = "query ($values: [Int!]!) { numbers(values: $values) }"
    assert executor(Plans(a_schema(), after=1), text, {"values": "no"}) is None
    assert executor(Plans(a_schema(), after=1), text, {"values": [1]}) is not None


def test_operations_that_are_used_once_push_out_none_that_is_used_again() -> None:
    plans = Plans(a_schema(), after=2, most=100 * NEW_PART)
    often, *others = (parse(f"{{ name{number:02}: __typename }}") for number in range(40))
    for document in (often, often, *others):
        plans.executor(document, None, None, None)
    assert len(plans) < 5
    assert plans.executor(often, None, None, None) is not None
    assert plans.executor(others[0], None, None, None) is None


def test_an_operation_with_ever_new_conditions_is_compiled_for_a_bounded_number_of_them() -> None:
    names = [f"v{index}" for index in range(6)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: __typename @include(if: ${name})" for name in names)
    document = parse(f"query ({declared}) {{ {fields} }}")
    plans = Plans(a_schema(), after=1)
    compiled = [
        plans.executor(document, {name: bool(bits >> at & 1) for at, name in enumerate(names)}, None, None)
        for bits in range(64)
    ]
    assert sum(each is not None for each in compiled) == 16


def test_an_operation_of_very_many_fields_goes_to_the_reference_executor() -> None:
    fields = " ".join(f"a{index}: __typename" for index in range(2001))
    assert executor(Plans(a_schema(), after=1), f"{{ {fields} }}") is None


async def test_a_resolver_that_changes_its_arguments_changes_them_for_nobody_else() -> None:
    schema = a_schema()
    document = Documents(schema).read("{ a: numbers(values: [1]) b: numbers(values: [1]) }")
    plans = Plans(schema, after=1)
    for _ in range(2):
        outcome = await run(schema, document, None, None, None, plans)
        assert outcome.data == {"a": [1, 0], "b": [1, 0]}


def at_once(resolver: Any) -> Any:
    resolver.begins_at_once = Begun
    return resolver


@at_once
async def gives_an_awaitable() -> list[int] | None:
    return Later([1], 1)  # type: ignore[return-value] # what is wrong with it


@at_once
def gives_a_coroutine() -> list[int] | None:
    return gives_an_awaitable()  # type: ignore[no-any-return] # as above


@pytest.mark.parametrize("resolver", [gives_an_awaitable, gives_a_coroutine])
async def test_what_a_resolver_gives_at_once_is_awaited_no_more_than_once(resolver: Any) -> None:
    query = strawberry.type(type("Query", (), {"numbers": strawberry.field(resolver=resolver)}))
    schema = strawberry.Schema(query)._schema  # noqa: SLF001 - as the server reaches it
    document = Documents(schema).read("{ numbers }")
    plans = Plans(schema, after=1)
    found = [await run(schema, document, None, None, None, each) for each in (None, plans, plans)]
    assert plans.executor(parse("{ numbers }"), None, None, None) is not None
    assert {repr(each.errors) for each in found} == {repr(found[0].errors)}
    assert [each.data for each in found] == [{"numbers": None}] * 3
    assert "Expected Iterable" in found[0].errors[0].message


async def test_a_failure_of_a_non_null_field_cancels_its_siblings_and_leaves_nothing_behind() -> None:
    schema = a_schema()
    told: list[str] = []
    outcome = await run(
        schema, Documents(schema).read("{ slow broken }"), None, None, told, Plans(schema, after=1)
    )
    assert outcome.data is None
    assert [(error.message, error.path) for error in outcome.errors] == [("broken", ["broken"])]
    assert told == ["cancelled"]
    assert len(asyncio.all_tasks()) == 1


async def test_the_end_of_a_request_ends_what_it_waits_for() -> None:
    schema = a_schema()
    told: list[str] = []
    plans = Plans(schema, after=1)
    request = asyncio.ensure_future(
        run(schema, Documents(schema).read("{ slow other: slow }"), None, None, told, plans)
    )
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert told == ["cancelled", "cancelled"]
    assert len(asyncio.all_tasks()) == 1


def test_what_is_delivered_in_parts_goes_to_the_reference_executor_and_nothing_else_of_its_schema() -> None:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    schema = strawberry.Schema(Query, config=config)._schema  # noqa: SLF001 - as the server reaches it
    plans = Plans(schema, after=1)
    assert executor(plans, "{ ... @defer { __typename } }") is None
    assert executor(plans, "{ __typename }") is not None


class Day(dt.date):
    text = property(methodcaller("strftime", "%d.%m."))


@strawberry.type
class DayType:
    text: str


@strawberry.type
class Today:
    @strawberry.field
    def day(self) -> DayType:
        return Day(2020, 1, 2)  # type: ignore[return-value] # as records are


async def test_what_a_compiled_function_calls_may_import() -> None:
    schema = strawberry.Schema(Today)._schema  # noqa: SLF001 - as the server reaches it
    document = Documents(schema).read("{ day { text } }")
    outcome = await run(schema, document, None, None, None, Plans(schema, after=1))
    assert outcome == Outcome({"day": {"text": "02.01."}}, (), ran=True)


async def test_a_scalar_that_gives_nothing_is_not_asked_again() -> None:
    asked: list[object] = []

    def serialize(value: object) -> object:
        asked.append(value)
        return None if len(asked) % 2 else value

    odd = NewType("odd", object)
    query = strawberry.type(
        type("Query", (), {"odd": strawberry.field(resolver=lambda: "x", graphql_type=odd)})
    )
    config = StrawberryConfig(scalar_map={odd: strawberry.scalar(name="Odd", serialize=serialize)})
    schema = strawberry.Schema(query, config=config)._schema  # noqa: SLF001 - as the server reaches it
    document, found = Documents(schema).read("{ odd }"), []
    for plans in (None, Plans(schema, after=1)):
        asked.clear()
        outcome = await run(schema, document, None, None, None, plans)
        found.append((outcome.data, repr(outcome.errors), len(asked)))
    assert found[0] == found[1]
    assert found[1][2] == 1


@strawberry.type
class Copied:
    @strawberry.field
    def copied(self, info: strawberry.Info) -> str:
        found = dataclasses.replace(info)
        return f"{found.path.key} {found.context} {found.python_name}"


async def test_an_info_can_be_copied() -> None:
    schema = strawberry.Schema(Copied)._schema  # noqa: SLF001 - as the server reaches it
    document = Documents(schema).read("{ a: copied }")
    outcome = await run(schema, document, None, None, "context", Plans(schema, after=1))
    assert outcome == Outcome({"a": "a context copied"}, (), ran=True)
