"""Who goes on next: one request at a time, each with all that came for it, and none for ever last."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.request_queue import RequestQueue

FIRST, SECOND, THIRD = 1, 2, 3
MOST_AT_ONCE, MOST_BEFORE = 64, 16


class Steps:
    """What was done, in its order; ``|`` stands where a step of the loop ended."""

    def __init__(self) -> None:
        self.queue = RequestQueue()
        self.done: list[str] = []

    def settle(self, owner: int, name: str) -> None:
        self.queue.settle(owner, partial(self.done.append, name))

    def begin(self, owner: int, name: str) -> asyncio.Task[None]:
        return asyncio.get_running_loop().create_task(self._begin(owner, name))

    async def run(self, steps: int = 50) -> list[str]:
        """Let the loop run, and tell what was done since it was asked last."""
        for _ in range(steps):
            await asyncio.sleep(0)
        done = self.done[:]
        self.done.clear()
        return done

    async def _begin(self, owner: int, name: str) -> None:
        await self.queue.begin(owner)
        self.done.append(name)


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture
async def told() -> AsyncIterator[list[Exception]]:
    """Collect what the loop is told of."""
    told: list[Exception] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
    yield told
    asyncio.get_running_loop().set_exception_handler(None)


async def test_who_comes_alone_waits_for_nothing(steps: Steps) -> None:
    await steps.queue.begin(FIRST)
    steps.settle(FIRST, "an answer")
    steps.settle(FIRST, "another")
    assert steps.done == ["an answer", "another"]


async def test_what_came_for_one_is_done_together(steps: Steps) -> None:
    for number in range(3):
        for owner in (FIRST, SECOND, THIRD):
            steps.settle(owner, f"{owner}: {number}")
    assert steps.done == ["1: 0", "1: 1", "1: 2"]
    assert await steps.run() == ["1: 0", "1: 1", "1: 2", "2: 0", "2: 1", "2: 2", "3: 0", "3: 1", "3: 2"]


async def test_an_answer_has_the_steps_that_it_takes_to_its_operation(steps: Steps) -> None:
    """It wakes who loads, that all who share it, and that the operation: before the next one's is read."""

    async def load() -> None:
        await loading
        shared.set_result(None)

    async def operation() -> None:
        await waiting
        steps.done.append("first: used")

    loading, shared, waiting = (asyncio.get_running_loop().create_future() for _ in range(3))
    shared.add_done_callback(lambda _: waiting.set_result(None))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(load())
        tasks.create_task(operation())
        await steps.run()
        steps.queue.settle(FIRST, partial(loading.set_result, None))
        steps.settle(SECOND, "second: read")
    assert await steps.run() == ["first: used", "second: read"]


async def test_a_turn_ends_with_its_request(steps: Steps) -> None:
    await steps.queue.begin(FIRST)
    steps.settle(SECOND, "second")
    steps.queue.end(FIRST)
    # Its answer is to leave before.
    assert steps.done == []
    assert await steps.run(1) == ["second"]


async def test_a_turn_ends_with_its_request_for_one_that_is_to_begin_too(steps: Steps) -> None:
    await steps.queue.begin(FIRST)
    steps.begin(SECOND, "begins")
    await asyncio.sleep(0)
    steps.queue.end(FIRST)
    assert await steps.run(2) == ["begins"]


async def test_those_let_by_give_as_many_turns_more(steps: Steps) -> None:
    """However long a step is with what takes no turn, nobody starves beside it."""
    for owner in range(1, 7):
        steps.settle(owner, str(owner))
    steps.queue.let_by()
    steps.queue.let_by()
    await until_done(steps, 2)
    assert steps.done == ["1", "2", "3", "4"]
    await until_done(steps, 5)
    assert steps.done == ["1", "2", "3", "4", "5"]


async def test_those_let_by_before_anybody_waited_count_for_nothing(steps: Steps) -> None:
    for _ in range(5):
        steps.queue.let_by()
    for owner in (FIRST, SECOND, THIRD):
        steps.settle(owner, str(owner))
    await until_done(steps, 2)
    assert steps.done == ["1", "2"]


async def test_the_end_of_another_request_ends_no_turn(steps: Steps) -> None:
    await steps.queue.begin(FIRST)
    steps.settle(SECOND, "second")
    steps.queue.end(SECOND)
    assert await steps.run(1) == []
    assert await steps.run() == ["second"]


async def test_a_turn_that_ended_where_nobody_waits_is_free(steps: Steps) -> None:
    await steps.queue.begin(FIRST)
    steps.queue.end(FIRST)
    steps.settle(SECOND, "second")
    assert steps.done == ["second"]


async def test_who_took_a_free_turn_has_all_of_it(steps: Steps) -> None:
    """What the turn before had scheduled does not end it."""
    await steps.queue.begin(FIRST)
    await steps.run(2)
    steps.queue.end(FIRST)
    steps.settle(SECOND, "second")
    steps.settle(THIRD, "third")
    assert await steps.run(2) == ["second"]
    assert await steps.run() == ["third"]


async def test_two_begin_together(steps: Steps) -> None:
    steps.settle(FIRST, "first")
    for owner in range(10, 15):
        steps.begin(owner, "begins")
    await until_done(steps, 2)
    assert steps.done == ["first", "begins", "begins"]
    assert len(await steps.run()) == 6


async def test_who_has_a_part_in_the_call_of_another_lets_all_begin(
    steps: Steps, told: list[Exception]
) -> None:
    steps.settle(FIRST, "first")
    for owner in range(10, 15):
        steps.begin(owner, "begins")
    gone = steps.begin(SECOND, "gone")
    await asyncio.sleep(0)
    for owner in range(1000, 1000 + MOST_BEFORE):
        steps.settle(owner, "answer")
    gone.cancel()
    steps.queue.join()
    assert await steps.run(1) == ["first", *["begins"] * 5]
    assert await steps.run(10 * MOST_BEFORE) == ["answer"] * MOST_BEFORE
    assert told == []


async def test_an_answer_goes_before_a_request_that_has_not_begun(steps: Steps) -> None:
    steps.settle(FIRST, "first")
    beginning = steps.begin(SECOND, "second begins")
    await asyncio.sleep(0)
    steps.settle(THIRD, "third")
    assert await steps.run() == ["first", "third", "second begins"]
    assert beginning.done()


async def test_a_request_begins_though_answers_never_end(steps: Steps) -> None:
    def again(left: int) -> None:
        steps.done.append("an answer")
        if left:
            # Of a request whose turn it is not, each time.
            steps.queue.settle(1000 + left, partial(again, left - 1))

    steps.settle(FIRST, "first")
    beginning = steps.begin(SECOND, "begins")
    await asyncio.sleep(0)
    again(0)
    steps.queue.settle(THIRD, partial(again, 3 * MOST_BEFORE))
    done = await steps.run(10 * MOST_BEFORE)
    assert done.index("begins") <= MOST_BEFORE + 2
    assert beginning.done()


async def test_who_begins_next_gets_as_many_before_it_again(steps: Steps) -> None:
    steps.settle(FIRST, "first")
    for number in range(4):
        steps.begin(100 + number, "begins")
    await asyncio.sleep(0)
    for owner in range(1000, 1000 + 3 * MOST_BEFORE):
        steps.settle(owner, "answer")
    done = await steps.run(20 * MOST_BEFORE)
    first, _, second, _ = (place for place, what in enumerate(done) if what == "begins")
    assert (first - 1, second - first - 2) == (MOST_BEFORE, MOST_BEFORE)


async def test_turns_that_went_when_nobody_was_to_begin_do_not_count(steps: Steps) -> None:
    steps.settle(FIRST, "first")
    for owner in range(1000, 1000 + 2 * MOST_BEFORE):
        steps.settle(owner, "answer")
    await until_done(steps, MOST_BEFORE)
    steps.begin(SECOND, "begins")
    done = await steps.run(20 * MOST_BEFORE)
    # As many had gone before, when it was not there.
    assert done.index("begins") == 2 * MOST_BEFORE


async def test_much_that_came_for_one_lets_others_in_between(steps: Steps) -> None:
    steps.settle(FIRST, "first")
    for number in range(MOST_AT_ONCE + 10):
        steps.settle(SECOND, f"second {number}")
    steps.settle(THIRD, "third")
    done = await steps.run()
    assert done.index("third") == 1 + MOST_AT_ONCE
    assert len(done) == 2 + MOST_AT_ONCE + 10


async def test_those_who_left_keep_no_answer_from_its_turn(steps: Steps) -> None:
    steps.settle(FIRST, "first")
    gone = [steps.begin(100 + number, "gone") for number in range(3)]
    await asyncio.sleep(0)
    for owner in range(1000, 1000 + MOST_BEFORE + 5):
        steps.settle(owner, "answer")
    await until_done(steps, MOST_BEFORE)
    for each in gone:
        each.cancel()
    done = await steps.run(20 * MOST_BEFORE)
    assert done == ["first", *["answer"] * (MOST_BEFORE + 5)]


async def test_who_left_while_it_waited_takes_no_turn(steps: Steps, told: list[Exception]) -> None:
    steps.settle(FIRST, "first")
    gone, next_one = steps.begin(SECOND, "gone"), steps.begin(THIRD, "third begins")
    await asyncio.sleep(0)
    gone.cancel()
    assert await steps.run() == ["first", "third begins"]
    assert next_one.done()
    assert told == []


async def test_who_leaves_as_its_turn_comes_holds_up_nobody(steps: Steps) -> None:
    steps.settle(FIRST, "first")
    gone = steps.begin(SECOND, "gone")
    await asyncio.sleep(0)
    steps.queue.end(FIRST)
    # In the step between its turn and its waking.
    asyncio.get_running_loop().call_soon(gone.cancel)
    steps.settle(THIRD, "third")
    assert sorted(await steps.run()) == ["first", "third"]


async def test_what_fails_is_reported_and_the_rest_is_done(steps: Steps, told: list[Exception]) -> None:
    fault = RuntimeError("a fault")

    def fail() -> None:
        raise fault

    steps.settle(FIRST, "first")
    steps.queue.settle(SECOND, fail)
    steps.settle(SECOND, "second")
    steps.settle(THIRD, "third")
    assert await steps.run() == ["first", "second", "third"]
    assert told == [fault]


async def test_turns_hand_on_nothing_of_a_request(steps: Steps) -> None:
    """They are passed on from one to the next, and what a request has bound is its own."""
    bound: ContextVar[str] = ContextVar("bound")
    seen: list[str | None] = []

    async def request() -> None:
        bound.set("first")
        steps.settle(FIRST, "first")
        for owner in (SECOND, THIRD):
            steps.queue.settle(owner, lambda: seen.append(bound.get(None)))

    await asyncio.get_running_loop().create_task(request())
    await steps.run()
    assert seen == [None, None]


def test_it_outlives_its_loop(steps: Steps) -> None:
    """An application may be run again; what waited when its loop ended is waited for by nobody."""

    def leave_something() -> None:
        steps.settle(FIRST, "first")
        steps.settle(SECOND, "lost")
        loop.stop()

    loop = asyncio.new_event_loop()
    loop.call_soon(leave_something)
    loop.run_forever()
    loop.close()
    asyncio.run(_settle_again(steps))
    assert steps.done == ["first", "third", "second again"]


async def _settle_again(steps: Steps) -> None:
    steps.settle(THIRD, "third")
    steps.settle(SECOND, "second again")
    for _ in range(50):
        await asyncio.sleep(0)


async def until_done(steps: Steps, number: int) -> None:
    """Let the loop run until so many things were done, to the end of that step."""
    async with asyncio.timeout(10):
        while len(steps.done) < number:  # noqa: ASYNC110 - there is no event of this
            await asyncio.sleep(0)


ACTS = st.lists(
    st.tuples(st.sampled_from(["settle", "begin", "end", "cancel", "step"]), st.integers(1, 5)), max_size=60
)


@given(ACTS)
def test_nothing_is_lost_and_nothing_done_twice(acts: list[tuple[str, int]]) -> None:
    asyncio.run(_any(acts))


async def _any(acts: list[tuple[str, int]]) -> None:
    queue, done, wanted = RequestQueue(), Counter[int](), set[int]()
    beginning: list[asyncio.Task[None]] = []
    work: Callable[[int], None] = lambda number: done.update([number])  # noqa: E731 - its type
    for number, (act, owner) in enumerate(acts):
        match act:
            case "settle":
                wanted.add(number)
                queue.settle(owner, partial(work, number))
            case "begin":
                beginning.append(asyncio.get_running_loop().create_task(queue.begin(owner)))
            case "end":
                queue.end(owner)
            case "cancel" if beginning:
                beginning[owner % len(beginning)].cancel()
            case _:
                await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await asyncio.wait(beginning or [asyncio.create_task(asyncio.sleep(0))])
    for _ in range(10 * len(acts)):
        await asyncio.sleep(0)
    assert done == Counter(wanted)
    # And it is free again.
    queue.settle(99, partial(work, -1))
    assert done[-1] == 1
