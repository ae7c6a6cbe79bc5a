"""The quick parser: what it makes of a text is what graphql-core makes of it, and it takes nothing that is an error."""

from pathlib import Path
from random import Random

import pytest
from graphql import DocumentNode, GraphQLSyntaxError, Location, Node, parse, print_ast
from hypothesis import given, settings
from hypothesis import strategies as st

from server.operations.documents import Documents as Read
from server.operations.parsing import parsed
from server.operations.tokens import MOST_NESTED
from tests.benchmarks.workloads import LIST, MANY, PAGE
from tests.operations.any_document import Documents
from tests.operations.any_schema import world_of
from tests.operations.written_documents import BROKEN, SCHEMA, SOUND, WRONG
from tests.steps import steps_of

ROOT = Path(__file__).parents[2]
WORLDS = 40
MOST = 5000
PIECES = (
    *("{", "}", "(", ")", "[", "]", ":", "$", "!", "@", "=", "...", "|", "&", ",", "\n", "\r\n", "\t", " "),
    *(
        "on",
        "query",
        "mutation",
        "subscription",
        "fragment",
        "extend",
        "type",
        "a",
        "b",
        "_c1",
        "true",
        "null",
    ),
    *("1", "-0", "01", "1.5", "-1e5", "1E+5", "1.", "-", "1a", ".5", "..", "'", "#c\n", "é", "\ufeff", "٣"),
    *('"x"', '""', '"""b"""', '"\\n"', '"é"', '"\ud800"', '"\x00"', '"\u2028"', '"\t"', '"'),
)


def check(text: str) -> str:
    """Hold both parsers beside each other; tell what became of a text."""
    found = parsed(text, MOST)
    try:
        wanted = parse(text, max_tokens=MOST, allow_empty_selection_sets=False)
    except GraphQLSyntaxError:
        assert found is None, text
        return "wrong"
    if found is None:
        return "left"
    assert told(found) == told(wanted), text
    assert print_ast(found) == print_ast(wanted)
    return "read"


def told(value: object) -> object:
    """Tell all of a node, where it stands too."""
    if isinstance(value, tuple):
        return tuple(map(told, value))
    if isinstance(value, Location):
        return value.start, value.end, value.source.body, value.source.name
    if isinstance(value, Node):
        # What stands in the node itself, and not what its class has: graphql-core copies nodes by that.
        return type(value), {name: told(each) for name, each in sorted(vars(value).items())}
    return type(value), value


@given(st.integers(0, 2**48))
@settings(max_examples=400, deadline=None)
def test_whatever_a_text_is_changed_to_both_parsers_agree(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - repeatable
    text = Documents(world_of(chance.randrange(WORLDS)), chance).text
    assert check(text) == "read"
    for _ in range(6):
        start = chance.randrange(len(text))
        check(text[:start] + chance.choice(PIECES) + text[start + chance.choice((0, 0, 1, 2, 5)) :])
    for before, after, most in (("", "", 12), ("{ a(b: ", ") }", 5), ("query ($a: ", ") { a }", 5)):
        pieces = [chance.choice(PIECES) + chance.choice(("", " ")) for _ in range(chance.randrange(most))]
        check(before + "".join(pieces) + after)


@pytest.mark.parametrize("text", [*SOUND, *WRONG, *BROKEN.values(), PAGE, LIST, MANY])
def test_written_documents_are_parsed_alike(text: str) -> None:
    check(text)


@pytest.mark.parametrize("piece", PIECES)
def test_values_are_parsed_alike(piece: str) -> None:
    check(f"query ($a: [[Int!]!] = [{piece}, {{a: {piece}}}] @c(d: {piece})) {{ a(b: {piece}) @e {{ b }} }}")
    check(f"{{ a(b: {piece}{piece}) }}")
    check(piece)


def test_what_clients_write_is_read() -> None:
    texts = [
        PAGE,
        LIST,
        MANY,
        'fragment A on B { c(d: "é", e: [$f, -1.5e3]) } query Q @g { ... @h { ...A ... on B { c } } }',
    ]
    assert {check(text) for text in texts} == {"read"}


@pytest.mark.parametrize("nested", [MOST_NESTED - 2, MOST_NESTED + 1, 250])
def test_what_is_nested_deeply_is_left_to_graphql_core(nested: int) -> None:
    for opening, closing in (("{ a ", "}"), ("{ a(b: " + "[" * nested, "]" * nested + ") }")):
        times = nested if closing == "}" else 1
        text = opening * times + ("{ a }" if closing == "}" else "") + closing * times
        assert (check(text) == "read") == (nested < MOST_NESTED)


def test_a_text_of_too_many_tokens_is_left_to_graphql_core() -> None:
    fields = " ".join(["a"] * 50)
    assert parsed(f"{{ {fields} }}", 60) is not None
    assert parsed(f"{{ {fields} }}", 51) is None


def test_nodes_know_their_tokens_all_the_same() -> None:
    text = '{ a\n b(c: "d") }'
    for found, wanted in zip(fields_of(parsed(text, MOST)), fields_of(parse(text)), strict=True):
        assert found.loc is not None
        assert wanted.loc is not None
        assert found.loc.start_token == wanted.loc.start_token
        assert found.loc.end_token == wanted.loc.end_token
        assert not hasattr(found.loc, "other")


def fields_of(document: DocumentNode | None) -> tuple[Node, ...]:
    assert document is not None
    return tuple(document.definitions[0].selection_set.selections)  # type: ignore[attr-defined] # an operation


def test_it_takes_fewer_steps_by_half() -> None:
    found = steps_of(lambda: parsed(PAGE, MOST))
    assert found < 0.5 * steps_of(lambda: parse(PAGE))


def test_errors_are_those_of_graphql_core() -> None:
    read = Read(SCHEMA).read("{ a(b: ) }")
    with pytest.raises(GraphQLSyntaxError) as wanted:
        parse("{ a(b: ) }")
    assert [each.formatted for each in read.errors] == [wanted.value.formatted]
