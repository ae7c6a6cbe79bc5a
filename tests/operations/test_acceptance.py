"""The quick look at documents: what it accepts has no error, and what clients really send is accepted."""

import re
from pathlib import Path
from random import Random

import pytest
from graphql import (
    DocumentNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.graph import build_schema as build_graph
from schema.graph import core_schema
from server.operations.acceptance import MOST_NESTED, Acceptance
from server.operations.documents import RULES, SCHEMA_TEXTS, NoSchemaTextRule
from server.operations.excerpts import SHORTEST
from server.operations.merging import MergingRule
from tests.benchmarks.workloads import LIST, MANY, PAGE
from tests.operations.any_document import Documents
from tests.operations.any_schema import world_of
from tests.operations.written_documents import BROKEN, SCHEMA, SOUND, WRONG
from tests.steps import steps_of

ROOT = Path(__file__).parents[2]
STRICTEST = (*RULES, NoSchemaIntrospectionCustomRule, NoSchemaTextRule)
WORLDS = 40
GRAPH = core_schema(build_graph())
# Counted with Python 3.11, as the steps of the hot path are; graphql-core's validation takes about 30,000.
STEPS_OF_A_PAGE = 500
STEPS_OF_WHAT_IS_KNOWN = 255

_TOKEN = re.compile(r'"[^"]*"|\.\.\.|[\w.\-]+|\S')
_WORDS = sorted({token for text in (*SOUND, *BROKEN.values()) for token in _TOKEN.findall(text)})


_ACCEPTANCES: dict[GraphQLSchema, Acceptance] = {}


def accepts(text: str, schema: GraphQLSchema = SCHEMA) -> bool:
    return Acceptance(schema, SCHEMA_TEXTS).accepts(parse(text))


def errors(schema: GraphQLSchema, document: DocumentNode) -> list[str]:
    return [error.message for error in validate(schema, document, STRICTEST)]


def changed(text: str, words: list[str], chance: Random) -> str:
    """Change a few words of a document."""
    tokens = _TOKEN.findall(text)
    for _ in range(chance.randrange(4)):
        at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        match chance.randrange(5):
            case 0:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 1:
                tokens[other:other] = tokens[at : at + chance.randrange(1, 8)]
            case 2 if len(tokens) > 1:
                del tokens[at]
            case _:
                tokens[at] = chance.choice(words)
    return " ".join(tokens)


def check(schema: GraphQLSchema, text: str) -> None:
    """Hold the quick look at one document beside the validation."""
    try:
        document = parse(text)
    except GraphQLSyntaxError:
        return
    if schema not in _ACCEPTANCES:
        _ACCEPTANCES[schema] = Acceptance(schema, SCHEMA_TEXTS)
    acceptance = _ACCEPTANCES[schema]
    # The second look finds what the first one did, and what those at other documents did.
    accepted = [acceptance.accepts(document), acceptance.accepts(document)]
    if any(accepted):
        assert all(accepted), text
        assert errors(schema, document) == [], text


@given(st.integers(0, 2**48))
@settings(max_examples=1500, deadline=None)
def test_what_is_accepted_has_no_error_however_it_was_changed(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - repeatable
    check(SCHEMA, changed(chance.choice(SOUND), _WORDS, chance))


@given(st.integers(0, 2**48))
@settings(max_examples=300, deadline=None)
def test_what_is_accepted_has_no_error_whatever_the_schema(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - repeatable
    world = world_of(chance.randrange(WORLDS))
    schema = world.schema._schema  # noqa: SLF001 - as the server reaches it
    text = Documents(world, chance).text
    check(schema, text)
    check(schema, changed(text, [*_TOKEN.findall(text), *schema.type_map], chance))


@pytest.mark.parametrize("text", SOUND)
def test_what_is_sound_is_accepted(text: str) -> None:
    assert errors(SCHEMA, parse(text)) == []
    assert accepts(text)


@pytest.mark.parametrize("rule", STRICTEST, ids=lambda rule: rule.__name__)
def test_what_breaks_a_rule_is_not_accepted(rule: type) -> None:
    text, schema = BROKEN[rule.__name__], SCHEMA
    if not text:
        text, schema = "mutation { a }", build_schema("type Query { a: Int }")
    document = parse(text)
    assert validate(schema, document, [rule])
    assert not accepts(text, schema)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_in_a_small_thing_is_not_accepted(text: str) -> None:
    assert errors(SCHEMA, parse(text))
    assert not accepts(text)


@pytest.mark.parametrize(
    "text",
    [
        "{ " + "... { " * 100 + "maybe" + " }" * 101,
        "{ owner(by: {filter: {need: true" + ", inner: {need: true" * 30 + "}" * 32 + ") { name } }",
    ],
)
def test_what_is_nested_very_deep_is_left_to_graphql_core(text: str) -> None:
    assert errors(SCHEMA, parse(text)) == []
    assert not accepts(text)


def test_fragments_with_variables_of_their_own_are_left_to_graphql_core() -> None:
    text = "{ ...A(a: 1) } fragment A on Query { maybe }"
    document = parse(text, experimental_fragment_arguments=True)
    assert errors(SCHEMA, document)
    assert not Acceptance(SCHEMA).accepts(document)


def test_every_rule_of_the_specification_is_among_those_that_are_broken() -> None:
    names = {rule.__name__ for rule in specified_rules}
    assert names - {"OverlappingFieldsCanBeMergedRule"} | {MergingRule.__name__} <= BROKEN.keys()


def documents_of_the_repository() -> dict[str, str]:
    examples = (ROOT / "server" / "examples.graphql").read_text("utf-8")
    found = {f"example {at}": text for at, text in enumerate(examples.split("\n\n")) if text.strip()}
    for page in ("README.md", "docs/schema.md"):
        shown = re.findall(r"```graphql\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
        found |= {f"{page} {at}": text for at, text in enumerate(shown)}
    found |= {"page": PAGE, "list": LIST, "many": MANY}
    return {
        name: text for name, text in found.items() if not re.search("@defer|@stream|__schema|__type\\b", text)
    }


@pytest.mark.parametrize("text", documents_of_the_repository().values(), ids=documents_of_the_repository())
def test_what_clients_send_is_accepted(text: str) -> None:
    assert validate(GRAPH, parse(text)) == []
    assert accepts(text, GRAPH)


def test_a_page_takes_few_steps() -> None:
    acceptance, document = Acceptance(GRAPH), parse(PAGE)
    assert steps_of(lambda: acceptance.accepts(document)) <= STEPS_OF_A_PAGE
    others = [parse(PAGE.replace("{", f"{{ other{turn}: __typename", 1)) for turn in range(2)]
    assert acceptance.accepts(others[0])
    assert steps_of(lambda: acceptance.accepts(others[1])) <= STEPS_OF_WHAT_IS_KNOWN


def test_a_selection_is_accepted_on_the_type_that_it_was_accepted_on_alone() -> None:
    schema = build_schema(
        "type A { name: Int, other(by: Int): A } type B { name: Int } type Query { a: A, b: B }"
    )
    acceptance = Acceptance(schema)
    below = "{ name first: name second: name third: name fourth: name }"
    assert len(below) > SHORTEST
    assert acceptance.accepts(parse(f"{{ a {below} }}"))
    assert acceptance.accepts(parse(f"{{ x: a {below} b {below} }}"))
    deep = below.replace("fourth: name", "other(by: 1) { name }")
    assert acceptance.accepts(parse(f"{{ a {deep} }}"))
    assert not acceptance.accepts(parse(f"{{ b {deep} }}"))
    other = deep.replace("second: name", "second: other { name }")
    assert acceptance.accepts(parse(f"{{ a {other} }}"))
    assert not acceptance.accepts(parse(f"{{ a {below} a {other} }}"))


def test_what_is_known_is_nested_as_deep_as_it_is() -> None:
    schema = build_schema("type Query { name: Int, query: Query }")
    acceptance = Acceptance(schema)
    known = "{ name " + "first: query { " * 30 + "name" + " }" * 31
    for above in (1, MOST_NESTED - 31, MOST_NESTED - 30, MOST_NESTED - 31):
        text = "{ query " * above + known + " }" * above
        assert acceptance.accepts(parse(text)) == (above + 31 <= MOST_NESTED)


@pytest.mark.parametrize("levels", [MOST_NESTED, MOST_NESTED + 1, 250])
def test_fragments_within_fragments_are_accepted_as_deep_as_is_sure(levels: int) -> None:
    parts = [f"fragment F{at} on Query {{ ...F{at + 1} }}" for at in range(levels - 2)]
    text = " ".join(["{ ...F0 }", *parts, f"fragment F{levels - 2} on Query {{ maybe }}"])
    assert accepts(text) == (levels <= MOST_NESTED)
    assert bool(errors(SCHEMA, parse(text))) == (levels == 250)


def test_fragments_that_are_spread_very_often_are_left_to_graphql_core() -> None:
    many = " ".join(f"f{at}: maybe" for at in range(200))
    spread = " ".join(f"n{at}: node {{ ...F }}" for at in range(100))
    text = f"{{ {spread} }} fragment F on Node {{ {many.replace('maybe', 'name')} }}"
    assert errors(SCHEMA, parse(text))
    assert not accepts(text)


def test_operations_that_share_very_many_fragments_are_left_to_graphql_core() -> None:
    fragments = " ".join(f"fragment F{at} on Query {{ maybe }}" for at in range(600))
    spread = " ".join(f"...F{at}" for at in range(600))
    operations = " ".join(f"query Q{at} {{ {spread} }}" for at in range(40))
    text = f"{operations} {fragments}"
    assert errors(SCHEMA, parse(text))
    assert not accepts(text)
