"""What adapters ask their provider through: kept answers first, one call for all who want the same, then the wire."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import TypeVar

import msgspec

from providers.attempts import Attempts
from providers.auth import Credentials
from providers.breaker import Circuits, CircuitState
from providers.cache import Entry, keeping_of
from providers.call_record import CallRecord
from providers.calls import Call, CallPolicy, Sample, path_segment, query_string
from providers.clock import Clock
from providers.errands import Errands
from providers.errors import NotAsked, NotConfigured, ProviderError, UpstreamBadResponse
from providers.flights import Flight, Flights, FlightScope, traced
from providers.kept import Decode, Kept
from providers.outcomes import covers, refuse_other_types
from providers.records import Answer, Origin, Provider
from providers.rehearsal import Rehearsal
from providers.renewals import Renewals
from providers.retry import Retry, RetryBudget
from providers.scope import CallScope
from providers.shared import Share
from providers.transport import Reply, Transport

__all__ = ["Call", "CallPolicy", "ProviderClient", "Sample", "by_key", "path_segment", "query_string"]

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class ProviderClient:
    """Answers the calls of one provider.

    ``missing`` names the settings without which no call is made: every call then raises NotConfigured.
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
        clock: Clock | None = None,
        share: Share | None = None,
    ) -> None:
        self.provider = provider
        self.policy = policy
        self.missing = missing
        self._credentials = credentials
        self._clock = clock or Clock()
        self._kept = Kept(policy, self._clock, share)
        agreement = share.agreement if share else None
        self._errands = Errands(share if policy.fresh_s > 0 else None)
        self._flights = Flights(provider)
        self._circuits = Circuits(
            provider, policy.breaker_failures, policy.breaker_open_s, self._clock, agreement
        )
        self._retry = Retry(policy.retries, RetryBudget(), self._clock)
        self.renewals = Renewals(provider, policy.timeout_s)
        self._attempts = Attempts(provider, base_url, credentials, transport, policy, self._clock, agreement)

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
        if self.missing:
            raise NotConfigured(self.provider, f"is not configured: set {' and '.join(self.missing)}")
        record = CallRecord(
            provider=self.provider,
            route=call.route,
            started_ms=(asyncio.get_running_loop().time() - scope.began) * 1000,
            skip=call.skip,
            limit=call.limit,
        )
        if scope.rehearsal is not None:
            return await self._rehearsed(call, record, decode, scope.rehearsal, sample)
        scope.calls.append(record)
        try:
            answer = self._at_hand(call, decode, scope, record) or await self._awaited(
                call, decode, scope, record
            )
            record.origin = answer.origin
            return answer
        finally:
            record.ms = (asyncio.get_running_loop().time() - scope.began) * 1000 - record.started_ms

    async def _rehearsed(
        self, call: Call, record: CallRecord, decode: Decode[T], rehearsal: Rehearsal, sample: Sample
    ) -> Answer[T]:
        entry = self._kept.find(call)
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
        reply = Reply(status=HTTPStatus.OK, headers=dict(sample.headers), body=sample.body())
        return Answer(value=decode(reply, origin), origin=origin)

    def purge(self, tag: str) -> int:
        """Forget every answer that a tag names, and keep none that is in flight now; answer how many there were.

        A tag is one of a call's, or the provider's name.
        """

        def concerns(call: Hashable) -> bool:
            return tag == self.provider.value or (isinstance(call, Call) and tag in call.tags)

        self._flights.disown(concerns)
        return self._kept.memory.purge(concerns)

    async def close(self) -> None:
        """Cancel every call in flight."""
        await self._flights.close()

    def _at_hand(
        self, call: Call, decode: Decode[T], scope: CallScope, record: CallRecord
    ) -> Answer[T] | None:
        entry = self._kept.find(call)
        now = self._clock.unix()
        if entry is None or not entry.may_serve(now):
            return None
        record.verdict = "HIT"
        record.age_s = entry.age_s(now)
        if not entry.is_fresh(now):
            record.verdict = "STALE"
            self._renew(call, decode, scope)
        return entry.answer

    def _renew(self, call: Call, decode: Decode[T], scope: CallScope) -> None:
        if self._flights.find(call) is None:
            own, record = self.renewals.begin(call, scope)
            flight = self._start(call, decode, own, record, renews=True)
            flight.task.add_done_callback(lambda _: self.renewals.end(own, record))

    async def _awaited(
        self, call: Call, decode: Decode[T], scope: CallScope, record: CallRecord
    ) -> Answer[T]:
        if asyncio.get_running_loop().time() >= scope.deadline:
            raise NotAsked(self.provider, "was not asked: the request's time was over")
        flight: Flight[Answer[T]] | None = self._flights.find(call)
        if flight is not None:
            record.verdict = "JOINED"
        else:
            flight = self._start(call, decode, scope, record)
        waiting = self._flights.wait(call, flight, scope)
        if scope.tracer is not None and record.verdict == "JOINED":
            # The call itself stands in the trace of the request that began it.
            answer = await scope.tracer.traced(record, lambda _: waiting)
        else:
            answer = await waiting
        if record.verdict == "STALE":
            self._renew(call, decode, scope)
        return answer

    def _start(
        self,
        call: Call,
        decode: Decode[T],
        scope: CallScope,
        record: CallRecord,
        *,
        renews: bool = False,
    ) -> Flight[Answer[T]]:
        fetch = partial(self._fetched, call, decode, record)
        return self._flights.start(
            call, scope, traced(fetch, record, scope.tracer) if scope.tracer else fetch, renews=renews
        )

    async def _fetched(
        self, call: Call, decode: Decode[T], record: CallRecord, flight: Flight[Answer[T]]
    ) -> Answer[T]:
        find = partial(self._from_others, call, decode, flight, record)
        async with self._errands.alone(call, find) as found:
            return found or await self._called(call, decode, flight, record)

    async def _called(
        self, call: Call, decode: Decode[T], flight: Flight[Answer[T]], record: CallRecord
    ) -> Answer[T]:
        old, purges = self._kept.find(call), self._kept.purges
        try:
            async with self._circuits.guard(call.route):
                reply = await self._replied(call, flight.scope, record, old)
                if reply.status == HTTPStatus.NOT_MODIFIED and old is not None:
                    if self._flights.is_current(call, flight):
                        await self._kept.renew(call, reply, old)
                    return old.answer
                value, origin = self._read(reply, decode)
        except ProviderError as error:
            self._forget_refused(call, flight, error)
            raise
        if isinstance(value, ProviderError):
            raise value
        if not self._flights.is_current(call, flight):
            return Answer(value=value, origin=origin)
        return self._kept.keep(call, reply, value, origin, purges)

    async def _replied(self, call: Call, scope: FlightScope, record: CallRecord, old: Entry | None) -> Reply:
        conditions = old.conditions if old else {}
        return await self._retry.run(lambda: self._attempts.once(call, scope, record, conditions), scope)

    def _forget_refused(self, call: Call, flight: Flight[Answer[T]], error: ProviderError) -> None:
        # A refusal is an answer: what was kept before it may not serve any more.
        if not covers(error) and self._flights.is_current(call, flight):
            self._kept.drop(call)

    async def _from_others(
        self, call: Call, decode: Decode[T], flight: Flight[Answer[T]], record: CallRecord
    ) -> Answer[T] | None:
        entry = await self._kept.find_shared(call, decode, if_fresh=flight.renews)
        if entry is None:
            return None
        now = self._clock.unix()
        record.verdict = "HIT" if entry.is_fresh(now) else "STALE"
        record.age_s = entry.age_s(now)
        if self._flights.is_current(call, flight):
            self._kept.memory.put(call, entry)
        return entry.answer

    def _read(self, reply: Reply, decode: Decode[T]) -> tuple[T | ProviderError | None, Origin]:
        """Decode a body; a failure that the adapter names itself is no sign of an unwell provider, and is returned."""
        now = self._clock.unix()
        keeping = keeping_of(reply, self.policy)
        # What is not kept is fresh to those who waited for it.
        origin = Origin(
            stored_at=now, fresh_until=now + (keeping.fresh_s if keeping else self.policy.timeout_s)
        )
        if reply.status == HTTPStatus.NOT_FOUND:
            return None, origin
        refuse_other_types(self.provider, reply)
        try:
            # The decoder skips what no record needs without looking into it: this makes sure that it is text.
            str(reply.body, "utf-8")
            return decode(reply, origin), origin
        except UpstreamBadResponse as error:
            return error, origin
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UpstreamBadResponse(
                self.provider, "answered JSON that cannot be read as documented"
            ) from error


async def by_key(
    keys: Iterable[K], fetch: Callable[[K], Awaitable[Answer[T]]]
) -> Mapping[K, Answer[T] | ProviderError]:
    """Run one call a key, all at once; a failure stands at its own key.

    The provider's concurrency limit bounds what is in flight.
    """

    async def one(key: K) -> Answer[T] | ProviderError:
        try:
            return await fetch(key)
        except ProviderError as error:
            return error

    distinct = list(dict.fromkeys(keys))
    answers = await asyncio.gather(*(one(key) for key in distinct))
    return dict(zip(distinct, answers, strict=True))
