"""A compiled operation answers as graphql-core does: data, errors, order of keys, calls of resolvers."""

import asyncio
import copy
import gc
import math
import warnings
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

import msgspec
import pytest
from graphql import ExecutionResult, GraphQLSchema, execute, parse, validate
from graphql.execution.values import VariableValues
from hypothesis import given, settings
from hypothesis import strategies as st

from server.operations.compiled.frames import Frame
from server.operations.compiled.plans import Plans, Remembering
from server.operations.compiled.renderings import Renderings
from server.operations.variables import read_variables
from tests.operations.any_document import Documents
from tests.operations.any_schema import Log, World, world_of

WORLDS = 60
FAILURES = (0.0, 0.02, 0.1, 0.3)
# Of which variables, and at which time, over the same records.
TURNS = ((0, 0), (0, 0), (0, 0), (1, 0), (0, 0), (0, 1), (1, 0), (0, 2), (0, 0), (1, 1), (1, 0))
# Where most must make room at once, some must, and none.
MOST_BYTES = (0, 6000, *[2**24] * 6)


class Compared(NamedTuple):
    """What became of a case: invalid, reference or compiled.

    ``rendered`` are the parts of answers that were copied, ``framed`` and ``whole`` the frames that were there at its
    end, and those with their text.
    """

    outcome: str
    rendered: int = 0
    framed: int = 0
    whole: int = 0


@pytest.fixture(autouse=True, scope="module")
def _what_was_left_behind_goes_with_these_tests() -> Iterator[None]:
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Else it would be told of in another test, whenever the garbage collector comes to it.
        gc.collect()


# graphql-core cancels what was never started, and so the coroutines that it was to wait for are never awaited.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@given(st.integers(0, 2**48))
@settings(max_examples=300, deadline=None)
def test_compiled_operations_answer_as_the_reference_does(seed: int) -> None:
    compare(seed)


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_much_of_what_is_compared_was_rendered_before_or_has_frames() -> None:
    found = [compare(seed) for seed in range(150)]
    assert sum(each.rendered > 0 for each in found) >= 30
    assert sum(each.framed > 0 for each in found) >= 12
    assert sum(each.whole > 0 for each in found) >= 4


def compare(seed: int) -> Compared:
    """Compare one case."""
    chance = Random(seed)  # noqa: S311 - repeatable
    world = world_of(chance.randrange(WORLDS))
    schema = world.schema._schema  # noqa: SLF001 - as the server reaches it
    made = Documents(world, chance)
    world.failures = chance.choice(FAILURES)
    world.shared = {}
    document = parse(made.text)
    if validate(schema, document):
        return Compared("invalid")
    renderings = Renderings(chance.choice(MOST_BYTES))
    plans = Plans(schema, after=1, renderings=renderings)
    asked = [
        (variables, Remembering(plans, remembered(schema, document, variables)))
        for variables in (made.variables, made.some_variables())
    ]
    if any(each.executor(document, variables, "Asked", "context") is None for variables, each in asked):
        return Compared("reference")
    expected, at_once = {}, {}
    for turn in sorted(set(TURNS)):
        which, world.time = turn
        expected[turn], at_once[turn] = asyncio.run(reference(schema, document, asked[which][0], world))
    rendered = 0
    for turn in TURNS:
        which, world.time = turn
        variables, remembering = asked[which]
        running = compiled(remembering, document, variables, world, is_ordered=at_once[turn])
        found, count = asyncio.run(running)
        assert found == expected[turn], made.text
        rendered += count
    # No other way to ask for them.
    frames = [each for each in renderings._all.values() if isinstance(each, Frame)]  # noqa: SLF001 - as above
    framed = [each for each in frames if each.fixed]
    return Compared("compiled", rendered, len(framed), sum(each.raw is not None for each in framed))


def remembered(schema: GraphQLSchema, document: Any, variables: dict[str, Any]) -> dict[Any, Any]:
    """Make the memory of a request as preparation does."""
    read = read_variables(schema, document.definitions[0], copy.deepcopy(variables), suggestions=True)
    return {} if isinstance(read, list) else {VariableValues: read}


async def reference(
    schema: GraphQLSchema, document: Any, variables: dict[str, Any], world: World
) -> tuple[tuple[Any, ...], bool]:
    """Run a case to what is told of it, and tell whether nothing of it was waited for."""
    sent = copy.deepcopy(variables)
    result = execute(schema, document, context_value="context", variable_values=sent)
    is_at_once = isinstance(result, ExecutionResult)
    result = result if isinstance(result, ExecutionResult) else await result
    return await told(result, world, is_ordered=is_at_once), is_at_once


async def compiled(
    plans: Remembering, document: Any, variables: dict[str, Any], world: World, *, is_ordered: bool
) -> tuple[tuple[Any, ...], int]:
    executor = plans.executor(document, variables, "Asked", "context")
    assert executor is not None
    result = await executor.run()
    return await told(result, world, is_ordered=is_ordered), count_rendered(result.data)


async def told(result: ExecutionResult, world: World, *, is_ordered: bool) -> tuple[Any, ...]:
    """Tell all that a client or a resolver can see of a run, after all that it left behind has ended.

    Where nothing is waited for, that includes the order in which resolvers are called.
    """
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
    world.runs += 1
    log: Log = world.log if is_ordered else sorted(world.log, key=repr)
    world.log = []
    data = repr(as_sent(result.data))
    errors = [(error.formatted, type(error.original_error)) for error in result.errors or ()]
    if errors and world.has_early_starters:
        # Of failures that race, another may come first where one starts earlier, and cancel others: what is null stays.
        return data, "failed"
    return data, errors, repr(log)


def as_sent(value: Any) -> Any:
    """Read what was rendered, and say of numbers that JSON has no word for what is said in their place."""
    if isinstance(value, msgspec.Raw):
        return msgspec.json.decode(value)
    if isinstance(value, dict):
        return {name: as_sent(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_sent(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def count_rendered(value: Any) -> int:
    """Count the parts of an answer that were found rendered."""
    if isinstance(value, dict | list):
        return sum(count_rendered(each) for each in (value.values() if isinstance(value, dict) else value))
    return int(isinstance(value, msgspec.Raw))
