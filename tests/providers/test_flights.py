"""Calls in flight: who is told of what, and what happens at the moment in which they end."""

import asyncio
from collections.abc import Callable

from providers.arrival import Arrival, Waiting
from providers.call_record import CallRecord
from providers.calls import Ask, Call, Sample
from providers.errors import NotAsked, ProviderError, UpstreamTimeout, UpstreamUnavailable
from providers.flight import Flight
from providers.flights import Flights, Wait
from providers.records import Answer, Origin, Provider
from providers.scope import CallScope


async def test_who_comes_in_the_turn_in_which_a_call_runs_out_of_time_begins_another() -> None:
    loop = asyncio.get_running_loop()
    flights, answered = Flights(), asyncio.Event()
    came: asyncio.Future[tuple[Flight[str], Wait]] = loop.create_future()

    async def fetch(flight: Flight[str]) -> str:
        async with flight.scope.bounded():
            await answered.wait()
        return "the answer"

    def join(deadline: float) -> tuple[Flight[str], Wait]:
        wait = Wait(deadline)
        scope = CallScope("a request", loop.time(), deadline)
        flight = flights.find("key") or flights.start("key", scope, fetch)
        wait.add(flight)
        flights.join(flight, wait)
        return flight, wait

    deadline = loop.time() + 0.02
    first, first_wait = join(deadline)
    # A hair later than its timer, and rung in the same turn: the call is about to end, and has not ended.
    loop.call_at(deadline + 1e-9, lambda: came.set_result(join(deadline + 10)))
    async with asyncio.timeout(1):
        second, second_wait = await came
    answered.set()
    await flights.wait(second_wait)
    await flights.wait(first_wait)
    assert second is not first
    assert second.outcome(Provider.FORGE) == "the answer"
    assert first.task is not None
    assert isinstance(first.task.exception(), TimeoutError)


async def test_who_comes_in_the_turn_in_which_a_call_was_not_asked_for_begins_another() -> None:
    loop = asyncio.get_running_loop()
    flights = Flights()

    async def fetch(flight: Flight[str]) -> str:
        del flight
        raise NotAsked(Provider.FORGE, "was not asked: too little of the request's time was left")

    flight = flights.start("key", CallScope("a request", loop.time(), loop.time() + 10), fetch)
    assert flights.find("key") is flight
    # The task takes its one step in the next turn, and is told to have landed in the one after.
    await asyncio.sleep(0)
    assert flight.task is not None
    assert flight.task.done()
    assert flight.landed_at == 0
    assert flights.find("key") is None
    await flights.close()


class Brought:
    """Brings an answer when it is told to; counts how often it is to bring none."""

    def __init__(self) -> None:
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


class Request:
    """Waits for flights as one who is told in the step in which they land; ``then`` is called when it is told."""

    def __init__(
        self, flights: Flights, then: Callable[[], object] = lambda: None, left_s: float = 10
    ) -> None:
        now = asyncio.get_running_loop().time()
        self.scope = CallScope("a request", now, now + left_s)
        self.told: list[object] = []
        self.was_told = asyncio.Event()
        self._flights = flights
        self._then = then

    def begin(self) -> Flight[Answer[str]]:
        flight: Flight[Answer[str]] = Flight("key", self.scope)
        self._flights.enter(flight)
        flight.bringing = Brought()
        return flight

    def join(self, flight: Flight[Answer[str]]) -> Arrival[str]:
        ask = Ask(Call(route="GET /", path="/"), lambda *_: "", Sample(lambda: b""))
        waiting = Waiting(ask, flight, CallRecord(provider=Provider.FORGE, route="GET /", started_ms=0.0))
        arrival = Arrival(self._flights, waiting, self.scope.deadline, _outcome, self._tell)
        arrival.begin()
        return arrival

    def _tell(self, outcome: object) -> None:
        self.told.append(outcome)
        self.was_told.set()
        self._then()


def _outcome(waiting: Waiting[str]) -> Answer[str] | ProviderError:
    return waiting.flight.outcome(Provider.FORGE)


ANSWER = Answer(value="the answer", origin=Origin(0.0, 0.0))


async def test_who_has_left_is_not_told_not_even_where_another_is_told_at_that_moment() -> None:
    flights = Flights()
    leaving, last = Request(flights), Request(flights)
    staying = Request(flights, lambda: left.pop().cancel())
    flight = staying.begin()
    staying.join(flight)
    left = [leaving.join(flight)]
    last.join(flight)
    flights.land(flight, ANSWER)
    assert (staying.told, leaving.told, last.told) == ([ANSWER], [], [ANSWER])


async def test_who_fails_when_told_takes_nobody_down_and_leaves_nothing_behind() -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: faults.append(context.get("exception"))
    )
    flights, fault = Flights(), ZeroDivisionError()

    def fail() -> None:
        raise fault

    failing, other = Request(flights, fail), Request(flights)
    flight = failing.begin()
    failing.join(flight)
    other.join(flight)
    flights.land(flight, ANSWER)
    assert (other.told, faults, len(flights)) == ([ANSWER], [fault], 0)


async def test_who_fails_when_told_keeps_no_slot() -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    flights, given_back = Flights(), asyncio.Event()

    async def fetch() -> Answer[str]:
        return ANSWER

    def fail() -> None:
        raise ZeroDivisionError

    failing = Request(flights, fail)
    flight = failing.begin()
    flights.go_on(flight, fetch(), then=given_back.set)
    failing.join(flight)
    async with asyncio.timeout(1):
        await given_back.wait()
    assert failing.told == [ANSWER]


async def test_who_cannot_take_a_slot_that_is_passed_on_leaves_no_call_in_flight() -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: faults.append(told["exception"]))
    flights, fault = Flights(), ZeroDivisionError()

    async def fetch() -> Answer[str]:
        return ANSWER

    def fail() -> None:
        raise fault

    waiting = Request(flights)
    flight = waiting.begin()
    flights.go_on(flight, fetch(), then=fail)
    waiting.join(flight)
    async with asyncio.timeout(1):
        await waiting.was_told.wait()
    assert (waiting.told, faults, len(flights)) == ([ANSWER], [fault], 0)


async def test_who_waits_no_longer_is_told_of_its_deadline_and_not_that_the_graph_stops() -> None:
    flights = Flights()
    told = Request(flights, left_s=0.01)
    flight = told.begin()
    told.join(flight)
    async with asyncio.timeout(1):
        await told.was_told.wait()
    assert [type(each) for each in told.told] == [UpstreamTimeout]
    assert isinstance(flight.bringing, Brought | None)
    assert len(flights) == 0


async def test_who_waits_in_a_task_is_told_of_its_deadline_too() -> None:
    loop = asyncio.get_running_loop()
    flights = Flights()
    scope = CallScope("a request", loop.time(), loop.time() + 0.01)
    at_once: Flight[str] = Flight("at once", scope)
    flights.enter(at_once)
    at_once.bringing = Brought()

    async def fetch(flight: Flight[str]) -> str:
        del flight
        await asyncio.Event().wait()
        raise AssertionError

    in_task = flights.start("in a task", scope, fetch)
    wait = Wait(scope.deadline)
    for flight in (at_once, in_task):
        wait.add(flight)
        flights.join(flight, wait)
    await flights.wait(wait)
    # As where its wait is traced, and told of a moment later.
    while len(flights):  # noqa: ASYNC110 - there is no event of this
        await asyncio.sleep(0)
    outcomes = [flight.outcome(Provider.FORGE) for flight in (at_once, in_task)]
    assert [type(each) for each in outcomes] == [UpstreamTimeout, UpstreamTimeout]


async def test_the_end_waits_for_what_its_own_news_have_begun() -> None:
    flights, ended = Flights(), asyncio.Event()
    scope = CallScope("a request", 0.0, asyncio.get_running_loop().time() + 10)

    async def fetch(flight: Flight[str]) -> str:
        del flight
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.set()
        raise AssertionError

    def begin_another() -> None:
        flights.start("another", scope, fetch)
        assert flights.is_closing

    told = Request(flights, begin_another)
    told.join(told.begin())
    await flights.close()
    assert [type(each) for each in told.told] == [UpstreamUnavailable]
    assert len(flights) == 0
    assert not flights.is_closing


async def test_the_end_waits_for_what_goes_on_in_a_task_meanwhile() -> None:
    flights = Flights()
    requests = [Request(flights) for _ in range(4)]
    aloft = [request.begin() for request in requests]
    went_on: list[Flight[Answer[str]]] = []

    async def fetch() -> Answer[str]:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
        raise AssertionError

    class GivesItsSlot(Brought):
        """As a slot is given to a call that cannot use it at once."""

        def cancel(self) -> None:
            super().cancel()
            waiting = [each for each in aloft if each.bringing in brought and not each.bringing.cancelled]
            for flight in waiting[:1]:
                went_on.append(flight)
                flights.go_on(flight, fetch())

    brought = [GivesItsSlot() for _ in requests]
    for request, flight, bringing in zip(requests, aloft, brought, strict=True):
        request.join(flight)
        flight.bringing = bringing
    await flights.close()
    assert went_on
    assert all(flight.task is not None and flight.task.done() for flight in went_on)
    assert (len(flights), [len(request.told) for request in requests]) == (0, [1, 1, 1, 1])
