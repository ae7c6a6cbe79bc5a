"""A stream of ever new documents costs no more than without compilation, and much less where it pays to compile."""

import gc
from collections.abc import Callable, Iterable

import msgspec
import pytest
import strawberry

from server.operations.compiled.experience import ASKED_OFTEN, JUDGEMENTS, Asked, Experience
from server.operations.compiled.plans import Plans, plans_of
from server.operations.documents import Documents
from server.operations.execution import run
from tests.steps import steps_while

NAMES = " ".join(f"name{number}: name" for number in range(8))


@strawberry.type
class Leaf:
    name: str = "leaf"


@strawberry.type
class Query:
    @strawberry.field
    def leaves(self, first: int = 50) -> list[Leaf]:
        return [Leaf() for _ in range(first)]


SCHEMA = strawberry.Schema(Query)._schema  # noqa: SLF001 - as the server reaches it


def rich(turn: int) -> str:
    return f"{{ turn{turn}: __typename leaves {{ {NAMES} }} }}"


def small(turn: int) -> str:
    return f"{{ turn{turn}: __typename }}"


def wide_without_data(turn: int) -> str:
    fields = " ".join(f"a{number}: leaves(first: 0) {{ {NAMES} }}" for number in range(20))
    return f"{{ turn{turn}: __typename {fields} }}"


def ever_new_selections(turn: int) -> str:
    return f"{{ leaves {{ turn{turn}: name {NAMES} }} }}"


async def steps(texts: Iterable[str], plans: Plans | None) -> int:
    """Count the steps of reading and running documents."""
    documents = Documents(SCHEMA)

    async def all_of_them() -> None:
        for text in texts:
            outcome = await run(SCHEMA, documents.read(text), None, None, None, plans)
            assert not outcome.errors

    return await steps_while(all_of_them)


async def test_new_documents_with_known_selections_that_give_much_are_compiled_at_once() -> None:
    texts, plans = [rich(turn) for turn in range(20)], plans_of(SCHEMA, 0)
    assert await steps(texts, plans) < 0.4 * await steps(texts, None)
    # The two fields at the top, and the selection of one.
    assert plans.patterns.compiled == 3


@pytest.mark.parametrize("text", [small, wide_without_data, ever_new_selections])
async def test_new_documents_that_give_nothing_or_are_not_known_are_not_compiled(
    text: Callable[[int], str],
) -> None:
    texts, plans = [text(turn) for turn in range(20)], plans_of(SCHEMA, 0)
    found, interpreted = await steps(texts, plans), await steps(texts, None)
    # To ask whether it pays takes a few steps, too.
    assert found <= 1.02 * interpreted + 45 * len(texts)
    assert plans.patterns.compiled == 0


async def test_with_a_number_of_uses_nothing_is_compiled_before() -> None:
    plans = plans_of(SCHEMA, 2)
    await steps([rich(turn) for turn in range(5)], plans)
    assert plans.patterns.compiled == 0


def modest(turn: int) -> str:
    return f"{{ turn{turn}: __typename leaves(first: 5) {{ {NAMES} }} }}"


async def test_selections_that_give_less_are_compiled_once_they_came_often() -> None:
    plans, compiled = plans_of(SCHEMA, 0), []
    for turn in range(6):
        await steps([modest(turn)], plans)
        compiled.append(plans.patterns.compiled > 0)
    assert compiled == [False] * (ASKED_OFTEN + 1) + [True] * (5 - ASKED_OFTEN)


def are_compiled(texts: Iterable[str], plans: Plans) -> list[bool]:
    documents = Documents(SCHEMA)
    nodes = [each.node for each in map(documents.read, texts) if each.node is not None]
    return [plans.executor(each, None, None, None) is not None for each in nodes]


async def test_what_selections_give_is_looked_at_again_while_others_rely_on_what_they_gave() -> None:
    plans = plans_of(SCHEMA, 0)
    await steps([rich(0)], plans)
    poor = [rich(turn).replace("leaves", "leaves(first: 0)") for turn in range(1, JUDGEMENTS + 5)]
    assert all(are_compiled(poor[: JUDGEMENTS - 1], plans))
    documents = Documents(SCHEMA)
    due = documents.read(poor[JUDGEMENTS - 1])
    assert due.node is not None
    executor = plans.executor(due.node, None, None, None)
    assert executor is not None
    assert executor.is_due
    # That one is still on its way.
    assert are_compiled(poor[JUDGEMENTS : JUDGEMENTS + 2], plans) == [True, True]
    plans.learn(due.node, None, (await executor.run()).data)
    assert are_compiled(poor[JUDGEMENTS + 2 :], plans) == [False, False]


async def test_wide_documents_soon_lose_what_a_rich_one_promised() -> None:
    plans = plans_of(SCHEMA, 0)
    await steps([rich(0)], plans)
    compiled = []
    for turn in range(20):
        before = plans.patterns.compiled
        await steps([wide_without_data(turn)], plans)
        compiled.append(plans.patterns.compiled > before)
    # Each of its twenty fields relies on the same judgement.
    assert not any(compiled[JUDGEMENTS // 20 + 1 :])
    assert are_compiled([wide_without_data(30)], plans) == [False]


async def test_of_what_was_rendered_it_is_counted_how_many_values_it_has() -> None:
    experience = Experience()
    asked = Asked((("a", 1),), 20)
    rendered = msgspec.Raw(msgspec.json.encode({f"name{number}": "a" for number in range(10)}))
    experience.note(asked, {"a": [rendered, rendered]})
    assert experience.favours(asked)
    assert not experience.favours(asked._replace(characters=500))


async def test_what_is_no_longer_kept_goes_without_the_garbage_collector() -> None:
    plans = plans_of(SCHEMA, 1)
    await steps([rich(turn) for turn in range(3)], plans)
    gc.collect()
    gc.disable()
    try:
        await steps([rich(turn) for turn in range(150)], plans)
        # Of plans and documents alike there would be thousands.
        assert gc.collect() < 200
    finally:
        gc.enable()


async def test_a_mutation_or_a_fragment_at_the_top_is_left_to_the_second_use() -> None:
    text = f"{{ ...Top }} fragment Top on Query {{ leaves {{ {NAMES} }} }}"
    plans = plans_of(SCHEMA, 0)
    await steps([text, text.replace("Top", "Other")], plans)
    assert plans.patterns.compiled == 0
