"""What a selection costs is found by its text, and hangs on what it hangs on: its type, its place, how often it is."""

from functools import partial
from random import Random

import pytest
from graphql import OperationDefinitionNode, SelectionSetNode, parse

from schema.graph import build_schema, core_schema
from server.operations.cost import Cost, Estimate
from server.operations.documents import Documents
from server.operations.excerpts import SHORTEST, Excerpts, excerpt
from server.operations.tariff import Tariff
from server.operations.variables import read_variables
from server.prices import PRICES
from tests.benchmarks.workloads import ACTIVITY, PAGE, PHOTO, RESORT
from tests.steps import steps_of

SCHEMA = core_schema(build_schema())
VARIABLES = {"uuids": ["a", "b", "b"], "ids": ["c"]}
MEDIA = "__typename image: gallery(first: 3) { totalCount nodes { url } } title"
TEXTS = (
    PAGE,
    PAGE.replace("first: 25", "first: 100"),
    PAGE.replace("title", "label: title"),
    f"{{ photos(first: 25) {{ nodes {{ {PHOTO} }} }} more: photos(first: 30) {{ nodes {{ {PHOTO} }} }} }}",
    f"{{ photos {{ edges {{ node {{ {PHOTO} }} cursor }} }} }}",
    f'{{ photo(slug: "a") {{ {PHOTO} }} photos {{ nodes {{ {PHOTO} }} }} }}',
    f'{{ activity(uuid: "a") {{ {ACTIVITY} }} activities(uuids: ["a", "b"]) {{ {ACTIVITY} }} }}',
    f"{{ activitySearch(first: 10) {{ nodes {{ {ACTIVITY} }} }} }}",
    f"{{ resortCatalog(first: 10) {{ nodes {{ {RESORT} }} }} }}",
    f'{{ activity(uuid: "a") {{ {MEDIA} }} resortProduct(productId: "b") {{ {MEDIA} }} }}',
    "{ __schema { types { name fields { name type { name ofType { name } } } } } }",
    "{ __schema { types { name fields { name type { name ofType { name } } } } } __typename }",
)


def cost(tariff: Tariff, text: str) -> Cost:
    read = Documents(SCHEMA).read(text)
    assert not read.errors
    assert read.node is not None
    operation = read.operations[0]
    variables = read_variables(SCHEMA, operation, VARIABLES, suggestions=False)
    assert not isinstance(variables, list)
    return Estimate(tariff, read.node, variables).of(operation)


def test_a_document_costs_the_same_whatever_was_priced_before() -> None:
    alone = {text: cost(Tariff(SCHEMA, PRICES), text) for text in TEXTS}
    assert len(set(alone.values())) > len(TEXTS) // 2
    for seed in range(20):
        tariff = Tariff(SCHEMA, PRICES)
        for text in Random(seed).choices(TEXTS, k=20):  # noqa: S311 - repeatable
            assert cost(tariff, text) == alone[text], text


def test_what_is_known_is_not_priced_again() -> None:
    tariff = Tariff(SCHEMA, PRICES)
    read = [Documents(SCHEMA).read(PAGE.replace("{", f"{{ other{turn}: __typename", 1)) for turn in range(3)]
    steps = []
    for each in read:
        operation = each.operations[0]
        variables = read_variables(SCHEMA, operation, VARIABLES, suggestions=False)
        assert each.node is not None
        assert not isinstance(variables, list)
        steps.append(steps_of(partial(Estimate(tariff, each.node, variables).of, operation)))
    assert steps[2] < 0.5 * steps[0]


def selections(text: str) -> SelectionSetNode:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return operation.selection_set


@pytest.mark.parametrize("within", ["a(b: $c)", "...F", "... on A { b }", "a @skip(if: true)"])
def test_a_text_that_hangs_on_more_than_itself_is_none(within: str) -> None:
    filling = "x" * SHORTEST
    assert excerpt(selections(f"{{ {filling} a }}")) == f"{{ {filling} a }}"
    assert excerpt(selections(f"{{ {filling} {within} }}")) == ""
    assert excerpt(selections("{ a }")) == ""


def test_what_is_known_is_bounded() -> None:
    known: Excerpts[int] = Excerpts()
    for number in range(20_000):
        known.keep(f"{number:0100}", "type", number)
    assert len(known) < 2000
