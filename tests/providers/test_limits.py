"""Who gets a slot when, and what waits too long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from unittest.mock import Mock

import pytest

from providers.agreement import Agreement, Pace, Reserved
from providers.deadlines import Deadlines
from providers.errors import UpstreamRateLimited
from providers.flight import FlightScope
from providers.limits import Rate, Slots, Turn
from providers.records import Provider
from providers.scope import CallScope
from tests.clock import DrivenClock


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def slot(slots: Slots, owner: object, time_left_s: float = 60.0) -> AsyncIterator[FlightScope]:
    now = asyncio.get_running_loop().time()
    scope = FlightScope(CallScope("request", now, now + time_left_s))
    scope.owner = hash(owner)
    await slots.take_in_turn(scope)
    try:
        yield scope
    finally:
        slots.give_back()


class Line:
    """Calls that take a slot in turn and are served one after another."""

    def __init__(self, size: int = 1, wait_s: float = 30.0) -> None:
        self.slots = Slots(Provider.FORGE, size, wait_s)
        self.served: list[str] = []

    async def call(self, owner: str) -> None:
        async with slot(self.slots, owner):
            self.served.append(owner)
            await asyncio.sleep(0)


async def test_a_request_of_one_call_does_not_wait_behind_a_request_of_many() -> None:
    line = Line()
    calls = [asyncio.create_task(line.call(owner)) for owner in "aaaaaaaabb"]
    await asyncio.gather(*calls)
    assert "".join(line.served) == "aababaaaaa"


async def test_no_more_calls_are_at_work_than_there_are_slots() -> None:
    slots = Slots(Provider.FORGE, 3, 30.0)
    at_work, peak = 0, 0

    async def call(owner: int) -> None:
        nonlocal at_work, peak
        async with slot(slots, owner):
            at_work += 1
            peak = max(peak, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    await asyncio.gather(*(call(number % 4) for number in range(40)))
    assert (peak, at_work, slots.waiting) == (3, 0, 0)


async def test_what_waits_too_long_fails_before_it_is_sent() -> None:
    slots = Slots(Provider.FORGE, 1, 0.0)
    async with slot(slots, "a"):
        with pytest.raises(UpstreamRateLimited) as refusal:
            async with slot(slots, "b"):
                raise AssertionError
    assert refusal.value.retry_after_s == 1.0
    async with slot(slots, "c"):
        assert slots.waiting == 0


async def test_a_call_that_is_cancelled_while_it_waits_takes_no_slot() -> None:
    line = Line()
    async with AsyncExitStack() as held:
        await held.enter_async_context(slot(line.slots, "holder"))
        waiting = [asyncio.create_task(line.call(owner)) for owner in "ab"]
        await _settled()
        waiting[0].cancel()
        await _settled()
    await waiting[1]
    assert line.served == ["b"]
    await line.call("c")


async def test_a_call_that_is_cancelled_at_its_turn_hands_the_slot_on() -> None:
    line = Line()
    async with AsyncExitStack() as held:
        await held.enter_async_context(slot(line.slots, "holder"))
        waiting = [asyncio.create_task(line.call(owner)) for owner in "ab"]
        await _settled()
    waiting[0].cancel()
    await waiting[1]
    assert line.served == ["b"]
    await line.call("c")


async def test_a_call_whose_deadline_is_put_off_goes_on_waiting() -> None:
    now = asyncio.get_running_loop().time()
    scope = FlightScope(CallScope("request", now, now - 1))
    late, patient = (Turn(scope, wait_s=30.0, deadlines=Deadlines()) for _ in range(2))
    late.expire()
    scope.extend(now + 10)
    patient.expire()
    assert (late.came.done(), late.has_slot, late.is_too_long) == (True, False, False)
    assert not patient.came.done()


async def test_a_call_that_waits_fails_at_its_deadline_and_takes_no_slot() -> None:
    slots = Slots(Provider.FORGE, 1, 30.0)
    async with slot(slots, "a"):
        with pytest.raises(TimeoutError):
            async with slot(slots, "b", time_left_s=0.0):
                raise AssertionError
        assert slots.waiting == 0


async def test_a_call_whose_deadline_is_put_off_in_the_step_in_which_it_gives_up_goes_on_waiting() -> None:
    loop = asyncio.get_running_loop()
    slots, put_off = Slots(Provider.FORGE, 1, 30.0), asyncio.Event()
    assert slots.take()
    deadline = loop.time() + 0.02
    scope = FlightScope(CallScope("request", loop.time(), deadline))

    def put_off_the_deadline() -> None:
        scope.extend(deadline + 60)
        put_off.set()

    # A hair later than the slots' own timer, and rung in the same turn: the call gives up, and does not know it yet.
    loop.call_at(deadline + 1e-9, put_off_the_deadline)
    waiting = asyncio.create_task(slots.take_in_turn(scope))
    await asyncio.wait_for(put_off.wait(), 5)
    await _settled()
    assert not waiting.done()
    slots.give_back()
    assert await waiting


async def test_a_rate_lets_a_seconds_worth_pass_and_spaces_the_rest() -> None:
    clock = DrivenClock()
    rate = Rate(Provider.FORGE, 4, 30.0, clock)
    for _ in range(6):
        await rate.pass_one()
    assert clock.pauses == [pytest.approx(0.25), pytest.approx(0.25)]


async def test_a_rate_refuses_what_would_wait_too_long() -> None:
    clock = DrivenClock()
    rate = Rate(Provider.FORGE, 1, 0.0, clock)
    await rate.pass_one()
    with pytest.raises(UpstreamRateLimited):
        await rate.pass_one()
    clock.now += 1
    await rate.pass_one()


class Reservations:
    """Stands for all processes: says what is asked, and gives what is told."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.pause_s = -1.0

    async def reserve(self, name: str, pace: Pace, wanted: int, ahead: int) -> Reserved | None:
        del name, pace
        self.asked.append((wanted, ahead))
        return Reserved(self.pause_s, ahead)


def shared_rate(reservations: Reservations, clock: DrivenClock, per_second: float = 100) -> Rate:
    return Rate(
        Provider.FORGE,
        per_second,
        30.0,
        clock,
        Agreement("FORGE:x", reservations, Mock(), Mock()),
    )


async def test_as_many_passes_as_were_used_lately_are_taken_ahead_and_lapse_soon() -> None:
    clock, reservations = DrivenClock(), Reservations()
    rate = shared_rate(reservations, clock)
    for _ in range(7):
        await rate.pass_one()
    assert reservations.asked == [(1, 0), (1, 1), (1, 3)]
    clock.now += 0.2
    await rate.pass_one()
    assert reservations.asked[3:] == [(1, 0)]


async def test_passes_that_others_hold_back_are_waited_for_in_turn() -> None:
    clock, reservations = DrivenClock(), Reservations()
    reservations.pause_s = 0.5
    rate = shared_rate(reservations, clock)
    await asyncio.gather(*(rate.pass_one() for _ in range(3)))
    assert clock.pauses == [pytest.approx(0.5), pytest.approx(0.51), pytest.approx(0.52)]
    assert reservations.asked == [(3, 0)]


async def test_a_call_that_is_cancelled_while_the_others_are_asked_leaves_their_passes_alone() -> None:
    clock, reservations = DrivenClock(), Reservations()
    rate = shared_rate(reservations, clock)
    calls = [asyncio.create_task(rate.pass_one()) for _ in range(3)]
    await asyncio.sleep(0)
    calls[0].cancel()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError, type(None), type(None)]


async def test_no_rate_is_no_bound() -> None:
    clock = DrivenClock()
    rate = Rate(Provider.FORGE, 0, 0.0, clock)
    for _ in range(1000):
        await rate.pass_one()
    assert clock.pauses == []
