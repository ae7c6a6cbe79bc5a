"""Loaders: one batch for many keys, and futures that survive whoever stops waiting for them."""

import asyncio
import gc
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
import strawberry
from graphql import execute, parse
from strawberry.types import Info

from resolvers.begun import Begun, begin
from resolvers.safe_loader import BatchCancelled, SafeLoader


class Source:
    """Answers ``key * 10`` once it is let to; counts its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.asked = asyncio.Event()
        self.answers: dict[int, int | Exception] = {}
        self.cancelled = 0

    async def fetch(self, keys: list[int]) -> Mapping[int, int | Exception]:
        self.batches.append(list(keys))
        self.asked.set()
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return {key: self.answers.get(key, key * 10) for key in keys}


@pytest.fixture
async def source() -> Source:
    return Source()


@pytest.fixture
async def loader(source: Source) -> AsyncIterator[SafeLoader[int, int]]:
    made = SafeLoader(source.fetch)
    yield made
    made.close()


async def test_keys_of_one_moment_are_one_batch_and_each_is_asked_once(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    source.open.set()
    assert await asyncio.gather(*(loader.load(key) for key in (1, 2, 1, 3))) == [10, 20, 10, 30]
    assert await loader.load(2) == 20
    assert source.batches == [[1, 2, 3]]


async def test_what_is_at_hand_is_there_at_once_and_leaves_in_no_batch(source: Source) -> None:
    source.open.set()
    loader: SafeLoader[int, int] = SafeLoader(source.fetch, {1: 11, 2: 22}.get)
    loader.start(1)
    found = [loader.load(key) for key in (1, 2, 1)]
    assert [each.done() and each.result() for each in found] == [11, 22, 11]
    assert loader.repeats == 1
    assert [*await asyncio.gather(loader.load(1), loader.load(3))] == [11, 30]
    assert source.batches == [[3]]
    loader.close()


async def test_what_is_asked_for_at_hand_and_is_not_there_is_fetched_from_then_on(source: Source) -> None:
    source.open.set()
    looked_up: list[int] = []

    def kept(key: int) -> int | None:
        looked_up.append(key)
        return {1: 11}.get(key)

    loader: SafeLoader[int, int] = SafeLoader(source.fetch, kept)
    assert [loader.at_hand(key) for key in (1, 2, 1, 2)] == [11, None, 11, None]
    assert loader.repeats == 1
    assert await loader.load(2) == 20
    assert (source.batches, looked_up, loader.repeats) == ([[2]], [1, 2], 1)
    loader.close()


async def test_a_started_key_is_fetched_before_anybody_waits_for_it(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    loader.start(1)
    await source.asked.wait()
    source.open.set()
    assert await loader.load(1) == 10
    assert source.batches == [[1]]


async def test_one_key_s_failure_is_its_own_and_is_remembered(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    source.open.set()
    source.answers[2] = KeyError("two")
    assert [*await asyncio.gather(loader.load(1), loader.load(3))] == [10, 30]
    for _ in range(2):
        with pytest.raises(KeyError, match="two"):
            await loader.load(2)
    assert source.batches == [[1, 3], [2]]


async def test_a_waiter_that_is_cancelled_takes_nobody_with_it(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    leaving = asyncio.ensure_future(loader.load(1))
    staying = asyncio.ensure_future(loader.load(1))
    await source.asked.wait()
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    source.open.set()
    assert await staying == 10
    assert await loader.load(1) == 10
    assert source.batches == [[1]]
    assert reported == []


async def test_a_key_whose_every_waiter_was_cancelled_still_has_its_value(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    waiters = [asyncio.ensure_future(loader.load(1)) for _ in range(3)]
    await source.asked.wait()
    for waiter in waiters:
        waiter.cancel()
    await asyncio.gather(*waiters, return_exceptions=True)
    source.open.set()
    assert await loader.load(1) == 10
    assert source.batches == [[1]]


async def test_a_cancelled_batch_is_an_error_and_not_a_hang(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    waiters = [asyncio.ensure_future(loader.load(key)) for key in (1, 2)]
    await source.asked.wait()
    loader.close()
    found = await asyncio.wait_for(asyncio.gather(*waiters, return_exceptions=True), 5)
    assert [type(each) for each in found] == [BatchCancelled, BatchCancelled]
    assert source.cancelled == 1


async def test_a_batch_that_cancels_itself_is_an_error_and_not_a_hang() -> None:
    async def fetch(keys: list[int]) -> Mapping[int, int | Exception]:
        raise asyncio.CancelledError(*keys)

    with pytest.raises(BatchCancelled):
        await asyncio.wait_for(SafeLoader(fetch).load(1), 5)


async def test_a_future_that_somebody_cancelled_in_memory_is_fetched_anew(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    source.open.set()
    shared = asyncio.get_running_loop().create_future()
    loader._memory[1] = shared  # noqa: SLF001 - its memory, which is what went wrong
    shared.cancel()
    assert await loader.load(1) == 10


async def test_a_failed_batch_fails_each_of_its_keys() -> None:
    async def fetch(keys: list[int]) -> Mapping[int, int | Exception]:
        raise OSError(f"no answer for {keys}")

    loader = SafeLoader(fetch)
    found = await asyncio.gather(loader.load(1), loader.load(2), return_exceptions=True)
    assert [type(each) for each in found] == [OSError, OSError]


async def test_a_failure_that_nobody_waits_for_is_not_reported_as_lost(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    source.open.set()
    source.answers[1] = KeyError("one")
    loader.start(1)
    assert await loader.load(2) == 20
    loader._memory.clear()  # noqa: SLF001 - as the end of the request does
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))
    assert reported == []


@pytest.mark.parametrize("is_closed", [True, False])
async def test_a_failed_batch_that_nobody_waits_for_is_not_reported_as_lost(*, is_closed: bool) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    async def fetch(keys: list[int]) -> Mapping[int, int | Exception]:
        raise OSError(f"no answer for {keys}")

    loader = SafeLoader(fetch)
    loader.start(1)
    if is_closed:
        loader.close()
    for _ in range(9):
        await asyncio.sleep(0)
    del loader
    gc.collect()
    assert reported == []


async def test_a_failure_is_not_reported_as_lost_where_whoever_asked_was_dropped_before_it_came(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    async def resolved() -> int:
        return await loader.load(1)

    # As a field is whose task is cancelled, since its client has gone, before it takes a step.
    begun = begin(resolved())
    assert isinstance(begun, Begun)
    del begun
    source.answers[1] = KeyError("one")
    source.open.set()
    with pytest.raises(KeyError):
        await loader.load(1)
    loader._memory.clear()  # noqa: SLF001 - as the end of the request does
    await asyncio.gather(*(asyncio.sleep(0) for _ in range(3)))
    gc.collect()
    assert reported == []


# graphql-core 3.3 cancels the siblings of a non-null field that failed. One of them waits here for the same value as a
# branch that has nothing to do with the failure.


class Request:
    def __init__(self, load: Callable[[int], Awaitable[int]], failing: asyncio.Event) -> None:
        self.load = load
        self.failing = failing


@strawberry.type
class Spoilt:
    @strawberry.field
    async def failing(self, info: Info[Request, None]) -> int:
        await info.context.failing.wait()
        raise ValueError("a non-null field has failed")

    @strawberry.field
    async def value(self, info: Info[Request, None]) -> int:
        return await info.context.load(1)


@strawberry.type
class Query:
    @strawberry.field
    async def whole(self, info: Info[Request, None]) -> int | None:
        return await info.context.load(1)

    @strawberry.field
    def spoilt(self) -> Spoilt | None:
        return Spoilt()


async def test_a_cancelled_sibling_of_a_failed_field_leaves_other_branches_whole(
    source: Source, loader: SafeLoader[int, int]
) -> None:
    failing = asyncio.Event()
    schema = strawberry.Schema(query=Query)._schema  # noqa: SLF001 - graphql-core's own, to see it alone
    running = execute(
        schema, parse("{ spoilt { failing value } whole }"), context_value=Request(loader.load, failing)
    )
    assert inspect.isawaitable(running)
    answer = asyncio.ensure_future(running)
    await source.asked.wait()
    failing.set()
    # Two turns of the loop: one for the failure, one for the cancellation of its siblings.
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    source.open.set()
    result = await asyncio.wait_for(answer, 5)
    assert result.data == {"spoilt": None, "whole": 10}
    assert [error.path for error in result.errors or ()] == [["spoilt", "failing"]]
    assert source.batches == [[1]]
