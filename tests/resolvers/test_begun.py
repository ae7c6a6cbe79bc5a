"""Coroutines that are run as far as they come at once, and go on in another task as if nothing had happened."""

import asyncio

import pytest

from resolvers.begun import Begun, begin, together


async def test_what_waits_for_nothing_is_done_at_once() -> None:
    async def done() -> int:
        return 7

    assert begin(done()) == 7


async def test_what_waits_goes_on_where_it_was_in_whatever_task_awaits_it() -> None:
    steps = []

    async def waits(first: asyncio.Event, second: asyncio.Event) -> str:
        steps.append("begun")
        await first.wait()
        steps.append("first")
        await second.wait()
        await asyncio.sleep(0)
        return "done"

    first, second = asyncio.Event(), asyncio.Event()
    begun = begin(waits(first, second))
    assert isinstance(begun, Begun)
    assert steps == ["begun"]
    task = asyncio.ensure_future(begun)
    first.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert steps == ["begun", "first"]
    second.set()
    assert await task == "done"


async def test_a_failure_is_its_own_before_and_after_the_first_wait() -> None:
    async def fails(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        raise KeyError(turns)

    with pytest.raises(KeyError):
        begin(fails(0))
    for turns in (1, 2):
        begun = begin(fails(turns))
        assert isinstance(begun, Begun)
        with pytest.raises(KeyError):
            await begun


async def test_it_may_refuse_to_be_cancelled() -> None:
    async def stays() -> str:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        return "stayed"

    begun = begin(stays())
    assert isinstance(begun, Begun)
    task = asyncio.ensure_future(begun)
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "stayed"


async def test_a_cancelled_task_ends_what_was_begun_outside_of_it() -> None:
    ended = []

    async def waits() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.append(True)

    begun = begin(waits())
    assert isinstance(begun, Begun)
    task = asyncio.ensure_future(begun)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]


async def test_works_are_waited_for_side_by_side_and_one_alone_in_the_task_that_waits() -> None:
    async def task() -> asyncio.Task[object] | None:
        return asyncio.current_task()

    own = asyncio.current_task()
    assert begin(together([])) == []
    assert begin(together([task()])) == [own]
    several = await together([task(), task()])
    assert own not in several
    assert len(set(several)) == 2
