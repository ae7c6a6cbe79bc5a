"""A compiled operation answers as graphql-core does: data, errors, order of keys, calls of resolvers."""

import asyncio
from random import Random
from typing import Any

import pytest
from graphql import ExecutionResult, GraphQLSchema, execute, parse, validate
from hypothesis import given, settings
from hypothesis import strategies as st

from server.operations.compiled.plans import Plans, Remembering
from tests.operations.any_document import Documents
from tests.operations.any_schema import Log, World, world_of

WORLDS = 40
FAILURES = (0.0, 0.02, 0.1, 0.3)


# graphql-core cancels what was never started, and so the coroutines that it was to wait for are never awaited.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@given(st.integers(0, 2**48))
@settings(max_examples=300, deadline=None)
def test_compiled_operations_answer_as_the_reference_does(seed: int) -> None:
    compare(seed)


def compare(seed: int) -> str:
    """Compare one case; tell what became of it: ``invalid``, ``reference`` or ``compiled``."""
    chance = Random(seed)  # noqa: S311 - repeatable
    world = world_of(chance.randrange(WORLDS))
    schema = world.schema._schema  # noqa: SLF001 - as the server reaches it
    made = Documents(world, chance)
    world.failures = chance.choice(FAILURES)
    document = parse(made.text)
    if validate(schema, document):
        return "invalid"
    plans = Remembering(Plans(schema, after=1), {})
    if plans.executor(document, made.variables, "Asked", "context") is None:
        return "reference"
    expected = asyncio.run(reference(schema, document, made.variables, world))
    for _ in range(2):
        found = asyncio.run(compiled(plans, document, made.variables, world))
        assert found == expected, made.text
    return "compiled"


async def reference(
    schema: GraphQLSchema, document: Any, variables: dict[str, Any], world: World
) -> tuple[Any, ...]:
    result = execute(schema, document, context_value="context", variable_values=variables)
    return await told(result if isinstance(result, ExecutionResult) else await result, world)


async def compiled(
    plans: Remembering, document: Any, variables: dict[str, Any], world: World
) -> tuple[Any, ...]:
    executor = plans.executor(document, variables, "Asked", "context")
    assert executor is not None
    return await told(await executor.run(), world)


async def told(result: ExecutionResult, world: World) -> tuple[Any, ...]:
    """Tell all that a client or a resolver can see of a run, after all that it left behind has ended."""
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)
    log: Log = sorted(world.log, key=repr)
    world.log = []
    errors = [(error.formatted, type(error.original_error)) for error in result.errors or ()]
    if errors and world.has_early_starters:
        # Of failures that race, another may come first where one starts earlier, and cancel others: what is null stays.
        return repr(result.data), "failed"
    return repr(result.data), errors, repr(log)
