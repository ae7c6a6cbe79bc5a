"""Calls in any turn of events: begun, joined, answered, failed, left, purged and ended, in a time that is made up.

What comes of a story follows from its number alone: the same one fails again.
"""

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Final

import msgspec
import pytest
from structlog.testing import capture_logs

from providers.breaker import CircuitState
from providers.calls import Ask, Call, CallPolicy, Sample
from providers.client import ProviderClient
from providers.errors import CircuitOpen, NotAsked, ProviderError
from providers.musement.auth import ClientCredentials
from providers.process import Process
from providers.records import Answer, Origin, Provider
from providers.scope import CallScope
from providers.transport import Reply
from tests.providers.imagined import ImaginedClock, ImaginedLoop, ImaginedTransport

BASE: Final = "http://imagined"
ROUTES: Final = ("one", "two")
PARTS: Final = 10
STORIES_A_PART: Final = 30
EVENTS: Final = 16
# A request gives up a hair later than its calls, which tell why.
GRACE_S: Final = 0.021


class OurFault(Exception):
    """What a story lets fail."""


def decode(reply: Reply, origin: Origin) -> str:
    del origin
    return msgspec.json.decode(reply.body, type=str)


def ask_of(call: Call) -> Ask[str]:
    return Ask(call, decode, Sample(lambda: b'""'))


class Waiter:
    """A request that asks for one call, and what it is told."""

    def __init__(self, story: "Story", call: Call, deadline_s: float, then: Callable[[], object]) -> None:
        now = asyncio.get_running_loop().time()
        self.call = call
        self.scope = CallScope("a request", now, now + deadline_s)
        self.told: list[Answer[str] | Exception] = []
        self.has_left = False
        self._story = story
        self._then = then
        self._leave: Callable[[], object] | None = None

    def begin(self) -> None:
        """Ask, as one who is told in the step in which the call ends."""
        client = self._story.client
        # Who is told at once fails where it asked.
        with suppress(OurFault):
            kept = client.at_hand(self.call, lambda: ask_of(self.call), self.scope)
            if kept is not None:
                self.tell(kept)
                return
            arrival = client.begin(ask_of(self.call), self.scope, self.tell)
            self._leave = arrival.cancel if arrival is not None else None

    def begin_in_task(self) -> None:
        """Ask, as one who waits in a task."""
        task = asyncio.get_running_loop().create_task(self._wait())
        self._story.tasks.append(task)
        self._leave = task.cancel

    async def _wait(self) -> None:
        outcome: Answer[str] | Exception
        try:
            outcome = await self._story.client.get(self.call, decode, self.scope, Sample(lambda: b'""'))
        except ProviderError as error:
            outcome = error
        self.tell(outcome)

    def tell(self, outcome: Answer[str] | Exception) -> None:
        self.told.append(outcome)
        now = asyncio.get_running_loop().time()
        if self.has_left:
            self._story.breaches.append(f"{self.call.query} was told after it had left")
        if now > self.scope.deadline + GRACE_S:
            self._story.breaches.append(f"{self.call.query} was told {now - self.scope.deadline} s too late")
        self._then()

    def leave(self) -> None:
        if not self.told and not self.has_left and self._leave is not None:
            self.has_left = True
            self._leave()

    def look_back(self) -> Iterator[str]:
        """Tell what went wrong with it."""
        if len(self.told) != (not self.has_left):
            yield f"{self.call.query} was told {len(self.told)} times"
        for outcome in self.told:
            if isinstance(outcome, Answer):
                if outcome.value not in {None, f"{BASE}{self.call.path}?{self.call.query}"}:
                    yield f"{self.call.query} was answered {outcome.value}"
            elif not isinstance(outcome, ProviderError):
                yield f"{self.call.query} failed with {outcome!r}"
            elif isinstance(outcome, (NotAsked, CircuitOpen)) and self._was_asked(outcome):
                yield f"{self.call.query} was asked, and told that it was not"
            elif "graph stops" in outcome.reason and not self._story.was_closed:
                yield f"{self.call.query} was told that the graph stops"

    def _was_asked(self, outcome: ProviderError) -> bool:
        record = self.scope.calls[0]
        # What was refused may have to wait for a login until its circuit is open.
        is_refused = record.status == HTTPStatus.UNAUTHORIZED and isinstance(outcome, CircuitOpen)
        return record.attempts > 0 and not is_refused


class Story:
    """What happens, by chance that its number decides."""

    def __init__(self, number: int) -> None:
        self.chance = chance = random.Random(number)  # noqa: S311 - the same story each time is what is wanted
        self.waiters: list[Waiter] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.breaches: list[str] = []
        self.faults = self.reported = 0
        self.was_closed = False
        policy = CallPolicy(
            timeout_s=1.0,
            concurrency=chance.randint(1, 4),
            retries=chance.randint(0, 2),
            fresh_s=chance.choice((0.0, 0.0, 1.0)),
            stale_s=5.0,
            breaker_failures=chance.choice((0, 1, 3)),
            breaker_open_s=chance.choice((0.1, 1.0)),
            wait_s=chance.choice((0.05, 2.0)),
        )
        self.most = policy.concurrency
        self.transport = ImaginedTransport(chance, policy.concurrency, self._state)
        self.client = ProviderClient(
            Provider.MUSEMENT,
            BASE,
            ClientCredentials(
                BASE, "id", "secret", {}, self.transport, policy, clock=asyncio.get_running_loop().time
            ),
            self.transport,
            policy,
            process=Process(ImaginedClock()),
        )

    def _state(self, url: str) -> CircuitState:
        return self.client.circuits.get(
            f"GET /{url.partition('?')[0].rpartition('/')[2]}", CircuitState.CLOSED
        )

    async def run(self) -> None:
        """Let it happen, and look back."""
        asyncio.get_running_loop().set_exception_handler(self._report)
        for _ in range(EVENTS):
            self.transport.unwell = self.chance.choice((0.0, 0.3, 1.0))
            await self._happens()
            await asyncio.sleep(self.chance.choice((0.0, 0.0, 0.0, 0.005, 0.05, 0.3, 1.1)))
        if self.chance.random() < 0.5:
            await self._close()
        await asyncio.sleep(30)
        await self._close()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await asyncio.sleep(30)
        self.look_back()
        await self._all_slots_are_free()
        assert not self.breaches

    async def _happens(self) -> None:
        event = self.chance.choices(
            (self._begin, self._begin_many, self._leave, self._purge, self._close), (6, 3, 3, 1, 0.3)
        )[0]
        ending = event()
        if ending is not None:
            await ending

    def _begin(self) -> None:
        number = self.chance.randrange(4)
        route = self.chance.choice(ROUTES)
        call = Call(route=f"GET /{route}", path=f"/{route}", query=f"number={number}&of={route}")
        waiter = Waiter(self, call, self.chance.choice((0.0, 0.05, 0.4, 1.0, 1.5, 4.0)), self._then())
        self.waiters.append(waiter)
        self.chance.choice((waiter.begin, waiter.begin, waiter.begin_in_task))()

    def _begin_many(self) -> None:
        for _ in range(self.chance.randint(2, 8)):
            self._begin()

    def _leave(self) -> None:
        if self.waiters:
            self.chance.choice(self.waiters).leave()

    def _leave_all(self) -> None:
        for waiter in self.waiters:
            waiter.leave()

    def _purge(self) -> None:
        self.client.purge("MUSEMENT")

    def _fail(self) -> None:
        self.faults += 1
        raise OurFault

    async def _close(self) -> None:
        self.was_closed = True
        await self.client.close()
        if self.client.in_flight or self.transport.in_flight:
            self.breaches.append("the end came with calls in flight")

    def _then(self) -> Callable[[], object]:
        """Give what whoever is told does at that moment."""
        return self.chance.choices(
            (lambda: None, self._begin, self._leave, self._leave_all, self._purge, self._fail),
            (6, 2, 1, 0.3, 0.5, 1),
        )[0]

    def _report(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        del loop
        if isinstance(context.get("exception"), OurFault):
            self.reported += 1
        else:
            self.breaches.append(f"{context}")

    def look_back(self) -> None:
        """Take note of what went wrong."""
        self.breaches += self.transport.breaches
        for waiter in self.waiters:
            self.breaches += waiter.look_back()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            self.breaches.append(f"{left} are left")
        timers = [each for each in asyncio.get_running_loop()._scheduled if not each.cancelled()]  # type: ignore[attr-defined]  # noqa: SLF001
        if timers:
            self.breaches.append(f"{timers} are left")

    async def _all_slots_are_free(self) -> None:
        """Send as many calls as may be in flight at once: none waits."""
        self.transport.unwell = 0.0
        calls = [
            Call(route="GET /last", path="/last", query=f"number={number}") for number in range(self.most)
        ]
        scope = CallScope("the last", 0.0, asyncio.get_running_loop().time() + 100)
        asked = asyncio.create_task(
            self.client.by_key(calls, lambda call: Ask(call, decode, Sample(lambda: b'""')), scope)
        )
        await asyncio.sleep(5)
        if not asked.done() or not all(isinstance(each, Answer) for each in asked.result().values()):
            self.breaches.append("a slot was lost")
            asked.cancel()


@contextmanager
def imagined_loop() -> Iterator[ImaginedLoop]:
    loop = ImaginedLoop()
    try:
        yield loop
    finally:
        with suppress(RuntimeError):
            loop.close()


@pytest.mark.parametrize("part", range(PARTS))
def test_everybody_is_told_once_and_nothing_is_left(part: int) -> None:
    async def run(number: int) -> None:
        await Story(number).run()

    for number in range(part * STORIES_A_PART, (part + 1) * STORIES_A_PART):
        with imagined_loop() as loop, capture_logs():
            try:
                loop.run_until_complete(run(number))
            except BaseException as error:
                error.add_note(f"in story {number}")
                raise
