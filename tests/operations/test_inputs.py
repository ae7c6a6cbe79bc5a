"""What is read for one execution is seen by no other, and read anew where it may come to something else."""

import itertools
from collections.abc import Callable
from typing import Any, NewType

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLList,
    GraphQLSchema,
)
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from server.operations.compiled.inputs import reads_the_same
from server.operations.compiled.plans import Plans, Remembering
from server.operations.documents import Documents
from server.operations.execution import Outcome, run
from server.operations.limits import Limits
from server.operations.preparation import Budget, Operations
from server.operations.requests import GraphQLRequest
from server.operations.tariff import Prices
from tests.operations.any_schema import Mood


class Labelled(dict[str, Any]):
    """A dict with more to it."""


class Box:
    def __init__(self, value: Any) -> None:
        self.values = [value]


_clock = itertools.count()
Boxed = NewType("Boxed", object)
Label = NewType("Label", object)
Moment = NewType("Moment", object)
Word = NewType("Word", object)


class _Word:
    reads_the_same = True

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, value: str) -> str:
        self.read.append(value)
        return value


_word = _Word()
SCALARS: dict[object, Any] = {
    Boxed: strawberry.scalar(name="Boxed", parse_value=Box),
    Label: strawberry.scalar(name="Label", parse_value=lambda value: Labelled(of=value)),
    Moment: strawberry.scalar(name="Moment", parse_value=lambda _: next(_clock)),
    Word: strawberry.scalar(name="Word", parse_value=_word),
}


@strawberry.input
class Wish:
    data: JSON
    items: list[JSON] = strawberry.field(default_factory=list)


@strawberry.input
class Plain:
    mood: Mood = Mood.CALM
    keys: list[strawberry.ID] | None = None
    more: "Plain | None" = None


@strawberry.input
class Greeting:
    name: str


def _greeting(kind: type, value: dict[str, Any], context: Any) -> str:
    del kind
    return f"{value['name']} for {context.info.context}"


Greeting.__strawberry_definition__.from_input = _greeting  # type: ignore[attr-defined] # as is documented


@strawberry.type
class Leaf:
    @strawberry.field
    def labelled(self, label: Label) -> str:
        return _changed(label)


@strawberry.type
class Query:
    @strawberry.field
    def wish(self, wish: Wish) -> str:
        seen = repr(wish)
        wish.data["seen"] = True  # type: ignore[index] # as sent
        wish.items.append(JSON(1))
        return seen

    @strawberry.field
    def data(self, data: JSON) -> str:
        return _changed(data)

    @strawberry.field
    def boxed(self, box: Boxed) -> str:
        return repr(box.values.append("seen") or box.values)  # type: ignore[attr-defined] # as made

    @strawberry.field
    def plain(self, plain: Plain, keys: list[strawberry.ID]) -> str:
        seen = repr((plain, keys))
        keys.append(strawberry.ID("seen"))
        (plain.keys or []).append(strawberry.ID("seen"))
        return seen

    @strawberry.field
    def variables(self, info: strawberry.Info, keys: list[strawberry.ID], mood: Mood | None = None) -> str:
        seen = repr((info.variable_values, keys, mood))
        info.variable_values["keys"].append("seen")
        info.variable_values.pop("mood", None)
        info.variable_values["more"] = True
        return seen

    @strawberry.field
    def nothing(self, info: strawberry.Info) -> str:
        info.variable_values[str(len(info.variable_values))] = True
        return repr(info.variable_values)

    @strawberry.field
    def moment(self, at: Moment) -> int:
        return at  # type: ignore[return-value] # as read

    @strawberry.field
    def word(self, word: Word) -> str:
        return word  # type: ignore[return-value] # as read

    @strawberry.field
    def greet(self, greeting: Greeting) -> str:
        return greeting  # type: ignore[return-value] # as made

    @strawberry.field
    async def greet_later(self, greeting: Greeting) -> str:
        return greeting  # type: ignore[return-value] # as made

    @strawberry.field
    def leaves(self) -> list[Leaf]:
        return [Leaf(), Leaf()]


def _changed(value: Any) -> str:
    value["seen"] = value.get("seen", 0) + 1
    return repr(value)


def a_schema() -> GraphQLSchema:
    config = StrawberryConfig(scalar_map=SCALARS)
    return strawberry.Schema(Query, config=config)._schema  # noqa: SLF001 - as the server reaches it


async def compared(text: str, variables: Callable[[], dict[str, Any]], times: int = 3) -> list[list[Outcome]]:
    """Run an operation by the reference and compiled, each time with variables of its own for different callers."""
    schema = a_schema()
    document = Documents(schema).read(text)
    remembering = Remembering(Plans(schema, after=1), {})
    assert document.node is not None
    assert not document.errors
    assert remembering.executor(document.node, variables(), None, None) is not None
    return [
        [await run(schema, document, variables(), None, f"caller {turn}", plans) for turn in range(times)]
        for plans in (None, remembering)
    ]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        (
            "query ($wish: Wish!) { wish(wish: $wish) b: wish(wish: $wish) }",
            {"wish": {"data": {}, "items": [2]}},
        ),
        ("query ($data: JSON!) { data(data: $data) b: data(data: $data) }", {"data": {"a": [1]}}),
        ("query ($data: JSON = {}) { data(data: {a: $data}) b: data(data: $data) }", {"data": {"a": [1]}}),
        ("{ data(data: {a: 1}) b: data(data: {a: 1}) wish(wish: {data: {}, items: [3]}) }", {}),
        ("query ($box: Boxed!) { boxed(box: $box) }", {"box": "a"}),
        ('{ boxed(box: "a") }', {}),
        (
            "query ($plain: Plain!, $keys: [ID!]!) { plain(plain: $plain, keys: $keys) }",
            {"plain": {"mood": "WILD", "keys": ["b"], "more": {"keys": ["c"]}}, "keys": ["a"]},
        ),
        ('{ plain(plain: {keys: ["b"]}, keys: ["a"]) }', {}),
        (
            "query ($keys: [ID!]!, $mood: Mood = WILD) { variables(keys: $keys, mood: $mood) }",
            {"keys": ["a"]},
        ),
        (
            "query ($keys: [ID!]!, $data: JSON = {}) { variables(keys: $keys) data(data: $data) }",
            {"keys": ["a"]},
        ),
        ("{ nothing }", {}),
        ('{ leaves { labelled(label: "a") } }', {}),
        ("query ($label: Label!) { leaves { labelled(label: $label) } }", {"label": "a"}),
        (
            "query ($name: Greeting!) { greet(greeting: $name) greetLater(greeting: $name) }",
            {"name": {"name": "n"}},
        ),
        ('{ greet(greeting: {name: "n"}) greetLater(greeting: {name: "n"}) }', {}),
    ],
)
async def test_what_a_resolver_changes_of_its_inputs_is_seen_by_no_other_execution(
    text: str, variables: dict[str, Any]
) -> None:
    sent = repr(variables)
    expected, found = await compared(text, lambda: eval(sent))  # noqa: S307 - written above
    assert [(each.data, repr(each.errors)) for each in found] == [
        (each.data, repr(each.errors)) for each in expected
    ]


@pytest.mark.parametrize("after", [1, 2])
async def test_a_request_that_is_kept_to_be_asked_again_stays_as_it_was_sent(after: int) -> None:
    schema = a_schema()
    operations = Operations(schema, Prices({}, {}), Budget(1000, 1000), Limits())
    plans = Plans(schema, after)
    asked = GraphQLRequest("query ($data: JSON!) { data(data: $data) }", variables={"data": {}})
    for _ in range(4):
        prepared = operations.prepare(asked)
        remembering = Remembering(plans, prepared.memory)
        outcome = await run(schema, prepared.document, asked.variables, None, None, remembering)
        assert outcome.data == {"data": "{'seen': 1}"}


@pytest.mark.parametrize(
    ("text", "variables"),
    [("{ moment(at: 1) }", {}), ("query ($at: Moment!) { moment(at: $at) }", {"at": 1})],
)
async def test_a_scalar_that_looks_at_the_clock_does_so_for_each_execution(
    text: str, variables: dict[str, Any]
) -> None:
    _, found = await compared(text, lambda: variables)
    moments = [each.data["moment"] for each in found if each.data]
    assert len(set(moments)) == 3


async def test_a_scalar_that_is_marked_is_read_once() -> None:
    schema = a_schema()
    document = Documents(schema).read('query ($word: Word!) { word(word: $word) other: word(word: "b") }')
    remembering = Remembering(Plans(schema, after=1), {})
    _word.read.clear()
    for _ in range(3):
        outcome = await run(schema, document, {"word": "a"}, None, None, remembering)
        assert outcome.data == {"word": "a", "other": "b"}
    assert _word.read == ["a", "b"]


def test_only_what_follows_from_what_was_sent_is_read_to_the_same() -> None:
    types: dict[str, Any] = a_schema().type_map
    same = ("Plain", "Mood", "Word", "ID", "String")
    other = ("Wish", "JSON", "Boxed", "Label", "Moment", "Greeting")
    assert [name for name in same + other if reads_the_same(types[name])] == list(same)


def test_what_a_type_makes_of_its_values_itself_is_not_read_to_the_same() -> None:
    fields = {"size": GraphQLInputField(GraphQLInt)}
    assert reads_the_same(GraphQLList(GraphQLInputObjectType("Size", fields)))
    assert not reads_the_same(GraphQLInputObjectType("Size", fields, out_type=Box))
    assert reads_the_same(GraphQLEnumType("Colour", {"RED": 1}))
    assert not reads_the_same(GraphQLEnumType("Colour", {"RED": ["changing"]}))
