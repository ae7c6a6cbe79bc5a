"""Calls in flight whose time runs out just when somebody else wants their answer."""

import asyncio

from providers.errors import NotAsked
from providers.flight import Flight
from providers.flights import Flights, Wait
from providers.records import Provider
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
