"""One timer for many that are waited for."""

import asyncio
from collections.abc import Callable

from providers.deadlines import Deadlines


class Waited:
    """What is waited for, and when that ended."""

    def __init__(self) -> None:
        self.expired = asyncio.Event()

    def expire(self) -> None:
        self.expired.set()


async def test_each_expires_at_its_own_time_whatever_the_order_they_came_in() -> None:
    deadlines, now = Deadlines(), asyncio.get_running_loop().time()
    late, early, over = Waited(), Waited(), Waited()
    deadlines.watch(late, now + 0.03)
    deadlines.watch(early, now + 0.01)
    deadlines.watch(over, now - 1)
    await over.expired.wait()
    assert not early.expired.is_set()
    await early.expired.wait()
    assert not late.expired.is_set()
    await late.expired.wait()
    assert asyncio.get_running_loop().time() >= now + 0.03


async def test_what_is_forgotten_never_expires() -> None:
    deadlines, now = Deadlines(), asyncio.get_running_loop().time()
    forgotten, other = Waited(), Waited()
    deadlines.watch(forgotten, now + 0.01)
    deadlines.watch(other, now + 0.02)
    deadlines.forget(forgotten)
    deadlines.forget(forgotten)
    await other.expired.wait()
    assert not forgotten.expired.is_set()


async def test_nothing_expires_once_it_is_closed_and_it_can_be_used_again() -> None:
    deadlines, now = Deadlines(), asyncio.get_running_loop().time()
    before, after = Waited(), Waited()
    deadlines.watch(before, now + 0.01)
    deadlines.close()
    deadlines.watch(after, now + 0.02)
    await after.expired.wait()
    assert not before.expired.is_set()


class Undoing(Waited):
    """Does something else when it expires."""

    def __init__(self, undo: Callable[[], object]) -> None:
        super().__init__()
        self._undo = undo

    def expire(self) -> None:
        super().expire()
        self._undo()


async def test_what_expires_may_forget_another_that_is_as_late() -> None:
    deadlines, now = Deadlines(), asyncio.get_running_loop().time()
    forgotten, put_off, later = Waited(), Waited(), Waited()
    first = Undoing(lambda: deadlines.forget(forgotten))
    second = Undoing(lambda: deadlines.watch(put_off, now + 0.03))
    for waited in (first, second, forgotten, put_off):
        deadlines.watch(waited, now - 1)
    deadlines.watch(later, now + 0.02)
    async with asyncio.timeout(1):
        await later.expired.wait()
        assert not put_off.expired.is_set()
        await put_off.expired.wait()
    assert not forgotten.expired.is_set()


async def test_what_fails_as_it_expires_keeps_nobody_waiting() -> None:
    loop = asyncio.get_running_loop()
    told: list[object] = []
    loop.set_exception_handler(lambda _, context: told.append(context.get("exception")))
    deadlines, now = Deadlines(), loop.time()
    fault = ZeroDivisionError()
    as_late, later = Waited(), Waited()

    def fail() -> None:
        raise fault

    for waited in (Undoing(fail), as_late):
        deadlines.watch(waited, now - 1)
    deadlines.watch(later, now + 0.01)
    async with asyncio.timeout(1):
        await as_late.expired.wait()
        await later.expired.wait()
    assert told == [fault]
