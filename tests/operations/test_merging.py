"""The bounded rule of merging, held beside the one of graphql-core that it stands in for."""

from graphql import (
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from server.operations.merging import MergingRule
from tests.steps import steps_of

SCHEMA = build_schema("""
interface Being { name: String self: Being }
type Cat implements Being { name: String self: Cat age: Int friend(of: Int): Dog friends: [Being] }
type Dog implements Being { name: String self: Dog age: Int! friend(of: Int): Cat friends: [Being] bark: Int }
union Pet = Cat | Dog
type Query { pet: Pet being: Being cat: Cat dog: Dog }
""")
TYPES = ("Cat", "Dog", "Being")


def conflicts(text: str) -> tuple[bool, bool]:
    document = parse(text)
    return (
        bool(validate(SCHEMA, document, [MergingRule])),
        bool(validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule])),
    )


def selections(depth: int) -> st.SearchStrategy[str]:
    alias = st.sampled_from(("", "", "a: ", "b: "))
    leaf = st.builds(str.__add__, alias, st.sampled_from(("name", "age", "bark", "__typename")))
    if depth == 0:
        return leaf.map("{{ {} }}".format)
    below = selections(depth - 1)
    composite = st.builds(
        "{}{} {}".format,
        alias,
        st.sampled_from(("self", "friends", "friend", "friend(of: 1)", "friend(of: 2)")),
        below,
    )
    inline = st.builds("... on {} {}".format, st.sampled_from(TYPES), below)
    spread = st.sampled_from(("...F", "...G"))
    return st.lists(st.one_of(leaf, composite, inline, spread), min_size=1, max_size=4).map(
        lambda parts: "{ " + " ".join(parts) + " }"
    )


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(("pet", "being", "cat", "dog")),
    selections(3),
    st.tuples(st.sampled_from(TYPES), selections(1).map(lambda text: text.replace("...F", "name"))),
    st.tuples(
        st.sampled_from(TYPES),
        selections(1).map(lambda text: text.replace("...F", "name").replace("...G", "age")),
    ),
)
def test_the_bounded_rule_refuses_what_the_reference_refuses(
    root: str, selected: str, first: tuple[str, str], second: tuple[str, str]
) -> None:
    bounded, reference = conflicts(
        f"query {{ {root} {selected} ...Used }} fragment Used on Query {{ __typename cat {{ ...F }} dog {{ ...G }} }}"
        f" fragment F on {first[0]} {first[1]} fragment G on {second[0]} {second[1]}"
    )

    assert bounded == reference


def test_a_conflict_names_both_fields() -> None:
    (error,) = validate(SCHEMA, parse("{ cat { a: name a: age } }"), [MergingRule])

    assert "'a' conflict because they answer String and Int" in error.message
    assert [node.loc.start for node in error.nodes or () if node.loc] == [8, 16]


def test_repeated_fields_are_checked_with_work_that_grows_with_their_number() -> None:
    short, long = (parse("{ cat { " + "self { name } " * count + "} }") for count in (400, 1600))

    assert validate(SCHEMA, long, [MergingRule]) == []
    # The rule of graphql-core compares every pair: sixteen times the work for four times the fields.
    assert steps_of(lambda: validate(SCHEMA, long, [MergingRule])) < 5 * steps_of(
        lambda: validate(SCHEMA, short, [MergingRule])
    )


def test_fragments_that_overlap_in_too_many_ways_are_refused() -> None:
    parts = [
        f"fragment F{i} on Cat {{ a{i}: self {{ ...F{i + 1} ...G{i + 1} }} self {{ ...F{i + 1} }} }}"
        f" fragment G{i} on Cat {{ a{i}: self {{ ...G{i + 1} }} self {{ ...F{i + 1} ...G{i + 1} }} }}"
        for i in range(120)
    ]
    last = "fragment F120 on Cat { name } fragment G120 on Cat { age }"
    document = parse("{ cat { ...F0 ...G0 } } " + " ".join(parts) + last)

    assert steps_of(lambda: validate(SCHEMA, document, [MergingRule])) < 100_000
