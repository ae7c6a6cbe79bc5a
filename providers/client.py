"""What adapters ask their provider through: kept answers first, one call for all who want the same, then the wire."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from providers.arrival import Arrival, Waiting
from providers.attempts import Attempts
from providers.auth import Credentials
from providers.breaker import Circuits, CircuitState
from providers.call_record import CallRecord
from providers.calls import Ask, Call, CallPolicy, Decode, Sample, hits, path_segment, query_string
from providers.errands import Errands
from providers.errors import NotAsked, NotConfigured, ProviderError
from providers.fetching import Fetching
from providers.flight import Flight, stopped
from providers.flights import Flights, Wait, traced
from providers.kept import Kept
from providers.limits import Rate
from providers.process import Process
from providers.purging import Purging
from providers.records import Answer, Origin, Provider
from providers.renewals import Renewals
from providers.retry import Retry, RetryBudget
from providers.scope import CallScope
from providers.shared import Share
from providers.transport import Reply, Transport

__all__ = ["Ask", "Call", "CallPolicy", "ProviderClient", "Sample", "path_segment", "query_string"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class ProviderClient:
    """Answers the calls of one provider.

    ``missing`` names the settings without which no call is made: every call then raises NotConfigured. ``purges``
    counts the purges, so that who makes something of answers sees that it is outdated.
    """

    def __init__(
        self,
        provider: Provider,
        base_url: str,
        credentials: Credentials,
        transport: Transport,
        policy: CallPolicy,
        *,
        missing: tuple[str, ...] = (),
        process: Process | None = None,
        share: Share | None = None,
    ) -> None:
        self.provider = provider
        self.policy = policy
        self.missing = missing
        self.purges = 0
        self._credentials = credentials
        process = process or Process()
        self._clock, self._queue = process.clock, process.queue
        self.purging = Purging(provider)
        self._kept = Kept(policy, self._clock, share, self.purging)
        self._find = self._kept.memory.get
        agreement = share.agreement if share else None
        self._flights = Flights()
        self._circuits = Circuits(
            provider, policy.breaker_failures, policy.breaker_open_s, self._clock, agreement
        )
        rate = Rate(provider, policy.rate, policy.wait_s, self._clock, agreement)
        self.renewals = Renewals(provider, policy.timeout_s)
        self._fetching = Fetching(
            provider=provider,
            policy=policy,
            clock=self._clock,
            kept=self._kept,
            flights=self._flights,
            circuits=self._circuits,
            retry=Retry(policy.retries, RetryBudget(), self._clock),
            errands=Errands(share if policy.fresh_s > 0 else None),
            attempts=Attempts(provider, base_url, credentials, transport, policy, self._circuits, rate),
            queue=process.queue,
        )

    @property
    def circuits(self) -> Mapping[str, CircuitState]:
        """The circuit of each route that has been asked."""
        return self._circuits.states

    @property
    def is_degraded(self) -> bool:
        """Whether a circuit is not closed."""
        return any(state is not CircuitState.CLOSED for state in self.circuits.values())

    @property
    def kept_bytes(self) -> int:
        """How much memory the kept answers take, about."""
        return self._kept.memory.bytes

    @property
    def in_flight(self) -> int:
        """How many calls are in flight."""
        return len(self._flights)

    async def get(self, call: Call, decode: Decode[T], scope: CallScope, sample: Sample) -> Answer[T]:
        """Answer a call; a 404 is an answer without a value.

        What was kept is answered at once: while it is fresh, and after that while it may serve, with one renewal for
        all who ask. ``decode`` makes records of the body, for this request and others. In a rehearsal nothing is sent
        and the sample is the answer. Raises ProviderError, one class for each reason.
        """
        ask = Ask(call, decode, sample)
        if scope.rehearsal is not None or self.missing:
            return await self._rehearsed(ask, scope)
        wait = Wait(scope.deadline)
        began = self._begin(ask, scope, wait)
        if scope.tracer is not None and isinstance(began, Waiting) and began.record.verdict == "JOINED":
            # The call itself stands in the trace of the request that began it.
            await scope.tracer.traced(began.record, lambda _: self._flights.wait(wait))
        else:
            await self._flights.wait(wait)
        answer = self._outcome(began, scope)
        if isinstance(answer, ProviderError):
            raise answer
        return answer

    def at_hand(self, call: Call, ask: Callable[[], Ask[T]], scope: CallScope) -> Answer[T] | None:
        """Answer as ``get`` does where that needs no waiting; None, and nothing noted, where it does.

        ``ask`` tells what is made of the call's answer, where it has to be renewed.
        """
        if scope.rehearsal is not None or self.missing:
            return None
        entry = self._find(call)
        if entry is None:
            return None
        now = self._clock.unix()
        verdict, age_s = entry.verdict_at(now)
        if not verdict:
            return None
        answer: Answer[T] = entry.answer
        started_ms = (asyncio.get_running_loop().time() - scope.began) * 1000
        scope.calls.append(call.record(self.provider, started_ms, verdict, age_s, answer.origin))
        if verdict == "STALE":
            self._renew(ask(), scope)
        return answer

    def fresh_at_hand(self, calls: Sequence[Call], scope: CallScope) -> Sequence[Answer[object]] | None:
        """Answer many calls as ``at_hand`` does, where all of the answers are fresh; None, and nothing noted, else."""
        if scope.rehearsal is not None or self.missing:
            return None
        now = self._clock.unix()
        answers = self._kept.memory.fresh(calls, now)
        if answers is not None:
            started_ms = (asyncio.get_running_loop().time() - scope.began) * 1000
            origins = [answer.origin for answer in answers]
            scope.calls += hits(self.provider, calls, origins, started_ms, now)
        return answers

    def may_begin(self, scope: CallScope) -> bool:
        """Tell whether ``begin`` may be used for a request: not in a rehearsal, nor where its calls are traced."""
        return scope.rehearsal is None and scope.tracer is None and not self.missing

    def begin(
        self, ask: Ask[T], scope: CallScope, told: Callable[[Answer[T] | Exception], object]
    ) -> Arrival[T] | None:
        """Call for what is not at hand, and tell, once, what ``get`` would give or raise; None: it is told already."""
        waiting = self._called(ask, scope)
        if isinstance(waiting, ProviderError):
            told(waiting)
            return None
        arrival = Arrival(self._flights, waiting, scope.deadline, partial(self._ended, scope), told)
        arrival.begin()
        return arrival

    async def by_key(
        self, keys: Iterable[K], ask: Callable[[K], Ask[T]], scope: CallScope
    ) -> Mapping[K, Answer[T] | ProviderError]:
        """Answer one call a key, all at once, each as ``get`` does; a failure stands at its own key.

        The provider's concurrency limit bounds what is in flight.
        """
        asks = {key: ask(key) for key in dict.fromkeys(keys)}
        if scope.rehearsal is not None or scope.tracer is not None or self.missing:
            found = await asyncio.gather(*(self._alone(each, scope) for each in asks.values()))
            return dict(zip(asks, found, strict=True))
        wait = Wait(scope.deadline)
        began = {key: self._begin(each, scope, wait) for key, each in asks.items()}
        await self._flights.wait(wait)
        return {key: self._outcome(each, scope) for key, each in began.items()}

    async def _alone(self, ask: Ask[T], scope: CallScope) -> Answer[T] | ProviderError:
        try:
            return await self.get(ask.call, ask.decode, scope, ask.sample)
        except ProviderError as error:
            return error

    def _begin(self, ask: Ask[T], scope: CallScope, wait: Wait) -> Answer[T] | Waiting[T] | ProviderError:
        """Answer with what is kept, or let the request wait for the call."""
        answer = self.at_hand(ask.call, lambda: ask, scope)
        if answer is not None:
            return answer
        waiting = self._called(ask, scope)
        if isinstance(waiting, Waiting) and wait.add(waiting.flight):
            self._flights.join(waiting.flight, wait)
        return waiting

    def _called(self, ask: Ask[T], scope: CallScope) -> Waiting[T] | ProviderError:
        now = asyncio.get_running_loop().time()
        record = ask.call.record(self.provider, (now - scope.began) * 1000)
        scope.calls.append(record)
        if now >= scope.deadline:
            return NotAsked(self.provider, "was not asked: the request's time was over")
        if self._flights.is_closing:
            return stopped(self.provider)
        flight: Flight[Answer[T]] | None = self._flights.find(ask.call)
        if flight is not None:
            record.verdict = "JOINED"
            if flight.owner != id(scope):
                self._queue.join()
        else:
            flight = self._start(ask, scope, record)
        return Waiting(ask, flight, record)

    def _outcome(
        self, began: Answer[T] | Waiting[T] | ProviderError, scope: CallScope
    ) -> Answer[T] | ProviderError:
        return self._ended(scope, began) if isinstance(began, Waiting) else began

    def _ended(self, scope: CallScope, waiting: Waiting[T]) -> Answer[T] | ProviderError:
        record, flight = waiting.record, waiting.flight
        ended_at = flight.landed_at or asyncio.get_running_loop().time()
        record.ms = (ended_at - scope.began) * 1000 - record.started_ms
        outcome = flight.outcome(self.provider)
        if isinstance(outcome, ProviderError):
            return outcome
        record.origin = outcome.origin
        if record.verdict == "STALE":
            self._renew(waiting.ask, scope)
        return outcome

    async def _rehearsed(self, ask: Ask[T], scope: CallScope) -> Answer[T]:
        rehearsal = scope.rehearsal
        if self.missing or rehearsal is None:
            raise NotConfigured(self.provider, f"is not configured: set {' and '.join(self.missing)}")
        record = ask.call.record(self.provider, (asyncio.get_running_loop().time() - scope.began) * 1000)
        entry = self._kept.find(ask.call)
        now = self._clock.unix()
        if entry is not None and entry.may_serve(now):
            record.verdict = "HIT" if entry.is_fresh(now) else "STALE"
            record.age_s = entry.age_s(now)
            rehearsal.note(record)
            return entry.answer
        pending = self._credentials.pending_route()
        if pending is not None:
            rehearsal.note_once(
                CallRecord(provider=self.provider, route=pending, started_ms=record.started_ms)
            )
        await rehearsal.play(record)
        origin = Origin(stored_at=0.0, fresh_until=0.0)
        reply = Reply(status=HTTPStatus.OK, headers=dict(ask.sample.headers), body=ask.sample.body())
        return Answer(value=ask.decode(reply, origin), origin=origin)

    def purge(self, tag: str) -> int:
        """Forget every answer that a tag concerns, and keep none that is in flight and may be; answer how many."""
        self.purges += 1
        self._flights.disown(lambda call: isinstance(call, Call) and self.purging.may_concern(tag, call))
        return self._kept.purge(tag)

    async def close(self) -> None:
        """Cancel every call in flight, and wait until none is; what is asked for meanwhile is refused."""
        # First of all: a call that is cancelled gives its slot to the next.
        self._fetching.attempts.close()
        await self._flights.close()

    def _renew(self, ask: Ask[T], scope: CallScope) -> None:
        if self._flights.find(ask.call) is None and not self._flights.is_closing:
            own, record = self.renewals.begin(ask.call, scope)
            flight = self._start(ask, own, record, renews=True)
            if flight.task is not None:
                flight.task.add_done_callback(lambda _: self.renewals.end(own, record))

    def _start(
        self, ask: Ask[T], scope: CallScope, record: CallRecord, *, renews: bool = False
    ) -> Flight[Answer[T]]:
        # A trace is told of the work as a whole, and a renewal has no request whose step it could leave in.
        if scope.tracer is None and not renews:
            flight: Flight[Answer[T]] = Flight(ask.call, scope)
            self._flights.enter(flight)
            if self._fetching.begin(ask, record, flight):
                return flight
            self._flights.go_on(flight, self._fetching.fetch(ask, record, flight))
            return flight
        fetch = partial(self._fetching.fetch, ask, record)
        return self._flights.start(
            ask.call, scope, traced(fetch, record, scope.tracer) if scope.tracer else fetch, renews=renews
        )
