"""A stream of ever new documents costs no more than without compilation, and much less where it pays to compile."""

import gc
import math
from collections.abc import Callable, Iterable

import pytest
import strawberry

from server.operations.compiled import source
from server.operations.compiled.codes import Codes
from server.operations.compiled.experience import JUDGEMENTS
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


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> Codes:
    """Give a table that nobody has filled yet."""
    monkeypatch.setattr(source, "CODES", Codes())
    return source.CODES


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


async def test_new_documents_with_known_selections_that_give_much_are_compiled_at_once(codes: Codes) -> None:
    texts = [rich(turn) for turn in range(20)]
    before = codes.compiled
    assert await steps(texts, plans_of(SCHEMA, 0)) < 0.6 * await steps(texts, None)
    # The list and its selection, the two fields at the top, and what calls them.
    assert codes.compiled - before <= 5


@pytest.mark.parametrize("text", [small, wide_without_data, ever_new_selections])
async def test_new_documents_that_give_nothing_or_are_not_known_are_not_compiled(
    text: Callable[[int], str], codes: Codes
) -> None:
    texts = [text(turn) for turn in range(20)]
    before = codes.compiled
    found, interpreted = await steps(texts, plans_of(SCHEMA, 0)), await steps(texts, None)
    # To ask whether it pays takes a few steps, too.
    assert found <= 1.02 * interpreted + 45 * len(texts)
    assert codes.compiled == before


async def test_with_a_number_of_uses_nothing_is_compiled_before(codes: Codes) -> None:
    texts = [rich(turn) for turn in range(5)]
    before = codes.compiled
    await steps(texts, plans_of(SCHEMA, 2))
    assert codes.compiled == before


async def test_what_selections_give_is_looked_at_again() -> None:
    plans = plans_of(SCHEMA, 0)
    await steps([rich(0)], plans)
    documents = Documents(SCHEMA)
    reads = [
        documents.read(rich(turn).replace("leaves", "leaves(first: 0)")) for turn in range(JUDGEMENTS + 2)
    ]
    compiled = [
        plans.executor(each.node, None, None, None) is not None for each in reads if each.node is not None
    ]
    assert compiled == [True] * JUDGEMENTS + [False, False]
    for each in reads[-1:]:
        await run(SCHEMA, each, None, None, None, plans)
    assert len(plans) <= len(reads)


async def test_wide_documents_soon_lose_what_a_rich_one_promised() -> None:
    plans, documents = plans_of(SCHEMA, 0), Documents(SCHEMA)
    await steps([rich(0)], plans)
    compiled = 0
    for turn in range(20):
        document = documents.read(wide_without_data(turn))
        assert document.node is not None
        compiled += plans.executor(document.node, None, None, None) is not None
    # Each of its twenty fields relies on the same judgement.
    assert compiled == math.ceil(JUDGEMENTS / 20)


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


async def test_a_mutation_or_a_fragment_at_the_top_is_left_to_the_second_use(codes: Codes) -> None:
    text = f"{{ ...Top }} fragment Top on Query {{ leaves {{ {NAMES} }} }}"
    plans = plans_of(SCHEMA, 0)
    before = codes.compiled
    await steps([text, text.replace("Top", "Other")], plans)
    assert codes.compiled == before
