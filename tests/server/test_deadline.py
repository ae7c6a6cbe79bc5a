"""Deadlines: moved a thousand times, kept to the moment, and one timer for all of that."""

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from server.deadline import Deadline


class Timer:
    def __init__(self, due: float, call: Callable[[], None]) -> None:
        self.due = due
        self.call = call
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class DrivenLoop:
    """The part of an event loop that deadlines see, with time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[Timer] = []

    def time(self) -> float:
        return self.now

    def call_later(self, after_s: float, call: Callable[[], None]) -> Timer:
        self.timers.append(Timer(self.now + after_s, call))
        return self.timers[-1]

    @property
    def waiting(self) -> list[Timer]:
        return [each for each in self.timers if not each.is_cancelled and each.due > self.now]

    def pass_until(self, when: float) -> None:
        while due := sorted((each for each in self.waiting if each.due <= when), key=lambda each: each.due):
            self.now = due[0].due
            due[0].call()
        self.now = when


@pytest.fixture
def loop() -> DrivenLoop:
    return DrivenLoop()


@pytest.fixture
def late() -> list[float]:
    return []


@pytest.fixture
def deadline(loop: DrivenLoop, late: list[float]) -> Deadline:
    return Deadline(cast("asyncio.AbstractEventLoop", loop), lambda: late.append(loop.now))


def test_it_is_late_when_the_time_has_come_and_only_once(
    deadline: Deadline, loop: DrivenLoop, late: list[float]
) -> None:
    deadline.set(10)
    loop.pass_until(9.9)
    assert (late, deadline.is_set) == ([], True)
    loop.pass_until(100)
    assert (late, deadline.is_set) == ([10], False)


def test_a_thousand_requests_make_a_timer_a_stretch(
    deadline: Deadline, loop: DrivenLoop, late: list[float]
) -> None:
    for turn in range(1000):
        deadline.set(10)
        loop.pass_until(turn * 0.01)
        deadline.clear()
        deadline.set(60)
        assert len(loop.waiting) == 1
    assert len(loop.timers) == 1
    loop.pass_until(1000)
    assert late == [pytest.approx(9.98 + 0.01 + 60, abs=0.02)]


def test_a_sooner_time_is_kept_though_a_later_one_was_waited_for(
    deadline: Deadline, loop: DrivenLoop, late: list[float]
) -> None:
    deadline.set(60)
    deadline.set(1)
    loop.pass_until(1000)
    assert late == [1]
    assert loop.waiting == []


def test_what_is_cleared_is_never_late(deadline: Deadline, loop: DrivenLoop, late: list[float]) -> None:
    deadline.set(10)
    deadline.clear()
    loop.pass_until(1000)
    assert (late, loop.waiting) == ([], [])


def test_what_has_ended_leaves_no_timer(deadline: Deadline, loop: DrivenLoop, late: list[float]) -> None:
    deadline.set(10)
    deadline.end()
    assert loop.waiting == []
    loop.pass_until(1000)
    assert late == []
