"""A call in flight: what others have kept, else the wire, within the circuit and with retries; then records."""

from codecs import utf_8_decode
from collections.abc import Coroutine
from functools import partial
from http import HTTPStatus
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from providers.attempts import Attempts
from providers.breaker import Circuits
from providers.cache import Entry, Keeping, keeping_of
from providers.call_record import CallRecord
from providers.calls import Ask, Call, CallPolicy, Decode
from providers.clock import Clock
from providers.errands import Errands
from providers.errors import ProviderError, UpstreamBadResponse
from providers.first_try import FirstTry
from providers.flight import Flight, FlightScope
from providers.flights import Flights
from providers.kept import Kept
from providers.outcomes import USABLE, covers, refuse_other_types
from providers.records import Answer, Origin, Provider
from providers.request_queue import RequestQueue
from providers.retry import Retry
from providers.transport import Reply

T = TypeVar("T")

_NOT_MODIFIED: Final = int(HTTPStatus.NOT_MODIFIED)
_PIECE: Final = 2**16
_NOT_FOUND: Final = int(HTTPStatus.NOT_FOUND)


class _Came(NamedTuple, Generic[T]):
    """An answer that was read, and for how long it may be kept."""

    reply: Reply
    keeping: Keeping | None
    origin: Origin
    value: T | ProviderError | None


class Fetching(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's calls need while they are in flight."""

    provider: Provider
    policy: CallPolicy
    clock: Clock
    kept: Kept
    flights: Flights
    circuits: Circuits
    retry: Retry
    attempts: Attempts
    errands: Errands
    queue: RequestQueue

    def begin(self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]) -> bool:
        """Send at once, where nothing but a slot is to be waited for, and land by itself; False where it takes more."""
        # What others may have is looked for first, and what is kept but old is asked for with its validators.
        if (
            self.kept.is_shared
            or self.kept.find(ask.call) is not None
            or not self.circuits.is_closed(ask.call.route)
        ):
            return False
        try:
            first = self.attempts.begin(ask.call, flight, record, partial(self._tried, ask))
        except Exception as fault:
            # Nobody would bring its answer to those who find it.
            self.flights.land(flight, None, fault)
            raise
        flight.bringing = first
        return first is not None

    def fetch(
        self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]
    ) -> Coroutine[object, object, Answer[T]]:
        """Bring the answer of a call, and keep it; raises ProviderError."""
        return (self._found_or_called if self.kept.is_shared else self._called)(ask, record, flight)

    def _tried(self, ask: Ask[T], first: FirstTry) -> None:
        flight, outcome = first.flight, first.outcome
        if isinstance(outcome, ProviderError):
            # It was never sent: that is no sign for the circuit, and nothing to try again.
            self.flights.land(flight, None, outcome)
        elif isinstance(outcome, Reply) and outcome.status in USABLE:
            # Of its time are how old it is, and what it says of the provider, though it is read in its turn.
            came_at, after = self.clock.unix(), self.circuits.answered(ask.call.route)
            flight.come = partial(self._land, ask, first, outcome, came_at, after)
            self.queue.settle(flight.owner, flight.come)
        else:
            work = self._called(ask, first.record, flight, first)
            self.flights.go_on(flight, work, first.context, first.give_back)

    def _land(self, ask: Ask[T], first: FirstTry, reply: Reply, came_at: float, after: int) -> None:
        flight: Flight[Answer[T]] = first.flight
        if flight.has_ended:
            # When its turn came nobody waited for it any more, or somebody could wait no longer.
            return
        self.retry.earn()
        answer: Answer[T] | None = None
        refusal: ProviderError | None = None
        try:
            came = self._understood(ask, reply, came_at)
            if isinstance(came.value, ProviderError):
                refusal = came.value
            else:
                answer = self._kept_answer(ask.call, flight, came, came.value, purges=0)
        # Of every kind: there is no task that would hold it.
        except Exception as error:  # noqa: BLE001 - handed on as it is
            # A circuit that opens is logged as the request's that asked.
            first.context.run(self.circuits.judge, ask.call.route, error, is_probe=False, after=after)
            self.flights.land(flight, None, error)
            return
        self.flights.land(flight, answer, refusal)

    async def _found_or_called(self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]) -> Answer[T]:
        find = partial(self._from_others, ask, record, flight)
        async with self.errands.alone(ask.call, find, renews=flight.renews) as found:
            return found or await self._called(ask, record, flight)

    async def _called(
        self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]], first: FirstTry | None = None
    ) -> Answer[T]:
        call = ask.call
        old, purges = self.kept.find(call), self.kept.purges
        try:
            async with self.circuits.guard(call.route, is_admitted=first is not None) as is_probe:
                flight.scope.is_probe = is_probe
                reply = await self._replied(ask, flight.scope, record, old, first)
                if reply.status == _NOT_MODIFIED and old is not None:
                    if self.flights.is_current(flight):
                        await self.kept.renew(call, reply, old)
                    return old.answer
                came = self._understood(ask, reply, self.clock.unix())
        except ProviderError as error:
            self._forget_refused(ask, flight, error)
            raise
        if isinstance(came.value, ProviderError):
            raise came.value
        return self._kept_answer(call, flight, came, came.value, purges)

    def _understood(self, ask: Ask[T], reply: Reply, came_at: float) -> _Came[T]:
        keeping = keeping_of(reply, self.policy)
        origin = self._origin(keeping, came_at)
        return _Came(reply, keeping, origin, self._read(reply, ask.decode, origin))

    def _kept_answer(
        self, call: Call, flight: Flight[Answer[T]], came: _Came[T], value: T | None, purges: int
    ) -> Answer[T]:
        if not self.flights.is_current(flight):
            return Answer(value=value, origin=came.origin)
        return self.kept.keep(call, came.reply, value, came.origin, came.keeping, purges)

    def _forget_refused(self, ask: Ask[T], flight: Flight[Answer[T]], error: ProviderError) -> None:
        # A refusal is an answer: what was kept before it may not serve any more.
        if not covers(error) and self.flights.is_current(flight):
            self.kept.drop(ask.call)

    def _replied(
        self, ask: Ask[T], scope: FlightScope, record: CallRecord, old: Entry | None, first: FirstTry | None
    ) -> Coroutine[object, object, Reply]:
        conditions = old.conditions if old else {}
        made = [first] if first else []

        def attempt() -> Coroutine[object, object, Reply]:
            return self.attempts.once(ask.call, scope, record, conditions, made.pop() if made else None)

        def is_held() -> bool:
            return self.circuits.refusal(ask.call.route, is_probe=scope.is_probe) is not None

        return self.retry.run(attempt, scope, is_held)

    async def _from_others(
        self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]
    ) -> Answer[T] | None:
        entry = await self.kept.find_shared(ask.call, ask.decode, if_fresh=flight.renews)
        if entry is None:
            return None
        now = self.clock.unix()
        record.verdict = "HIT" if entry.is_fresh(now) else "STALE"
        record.age_s = entry.age_s(now)
        if self.flights.is_current(flight):
            self.kept.memory.put(ask.call, entry)
        answer: Answer[T] = entry.answer
        return answer

    def _origin(self, keeping: Keeping | None, came_at: float) -> Origin:
        # What is not kept is fresh to those who waited for it.
        fresh_s = keeping.fresh_s if keeping else self.policy.timeout_s
        return Origin(stored_at=came_at, fresh_until=came_at + fresh_s, is_kept=keeping is not None)

    def _read(self, reply: Reply, decode: Decode[T], origin: Origin) -> T | ProviderError | None:
        """Decode a body; a failure that the adapter names itself is no sign of an unwell provider, and is returned."""
        if reply.status == _NOT_FOUND:
            return None
        refuse_other_types(self.provider, reply)
        try:
            # The decoder skips what no record needs without looking into it.
            _refuse_what_is_no_text(reply.body)
            return decode(reply, origin)
        except UpstreamBadResponse as error:
            return error
        # The last is JSON that is nested a thousand deep.
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UpstreamBadResponse(
                self.provider, "answered JSON that cannot be read as documented"
            ) from error


def _refuse_what_is_no_text(body: bytes) -> None:
    """Raise UnicodeDecodeError for what is no UTF-8, in pieces: a text as long as a page takes fresh memory."""
    at, end, rest = 0, len(body), memoryview(body)
    while at < end:
        at += utf_8_decode(rest[at : at + _PIECE], "strict", at + _PIECE >= end)[1]
