"""A call in flight: what others have kept, else the wire, within the circuit and with retries; then records."""

from codecs import utf_8_decode
from collections.abc import Coroutine
from functools import partial
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec

from providers.attempts import Attempts
from providers.breaker import Circuits
from providers.cache import Entry, Keeping, keeping_of
from providers.call_record import CallRecord
from providers.calls import Ask, CallPolicy, Decode
from providers.clock import Clock
from providers.errands import Errands
from providers.errors import ProviderError, UpstreamBadResponse
from providers.flights import Flight, Flights, FlightScope
from providers.kept import Kept
from providers.outcomes import covers, refuse_other_types
from providers.records import Answer, Origin, Provider
from providers.retry import Retry
from providers.transport import Reply

T = TypeVar("T")

_NOT_MODIFIED: Final = int(HTTPStatus.NOT_MODIFIED)
_PIECE: Final = 2**16
_NOT_FOUND: Final = int(HTTPStatus.NOT_FOUND)


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

    def fetch(
        self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]
    ) -> Coroutine[object, object, Answer[T]]:
        """Bring the answer of a call, and keep it; raises ProviderError."""
        return (self._found_or_called if self.kept.is_shared else self._called)(ask, record, flight)

    async def _found_or_called(self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]) -> Answer[T]:
        find = partial(self._from_others, ask, record, flight)
        async with self.errands.alone(ask.call, find, renews=flight.renews) as found:
            return found or await self._called(ask, record, flight)

    async def _called(self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]) -> Answer[T]:
        call = ask.call
        old, purges = self.kept.find(call), self.kept.purges
        try:
            async with self.circuits.guard(call.route):
                reply = await self._replied(ask, flight.scope, record, old)
                if reply.status == _NOT_MODIFIED and old is not None:
                    if self.flights.is_current(call, flight):
                        await self.kept.renew(call, reply, old)
                    return old.answer
                keeping = keeping_of(reply, self.policy)
                origin = self._origin(keeping)
                value = self._read(reply, ask.decode, origin)
        except ProviderError as error:
            self._forget_refused(ask, flight, error)
            raise
        if isinstance(value, ProviderError):
            raise value
        if not self.flights.is_current(call, flight):
            return Answer(value=value, origin=origin)
        return self.kept.keep(call, reply, value, origin, keeping, purges)

    def _forget_refused(self, ask: Ask[T], flight: Flight[Answer[T]], error: ProviderError) -> None:
        # A refusal is an answer: what was kept before it may not serve any more.
        if not covers(error) and self.flights.is_current(ask.call, flight):
            self.kept.drop(ask.call)

    def _replied(
        self, ask: Ask[T], scope: FlightScope, record: CallRecord, old: Entry | None
    ) -> Coroutine[object, object, Reply]:
        conditions = old.conditions if old else {}
        return self.retry.run(lambda: self.attempts.once(ask.call, scope, record, conditions), scope)

    async def _from_others(
        self, ask: Ask[T], record: CallRecord, flight: Flight[Answer[T]]
    ) -> Answer[T] | None:
        entry = await self.kept.find_shared(ask.call, ask.decode, if_fresh=flight.renews)
        if entry is None:
            return None
        now = self.clock.unix()
        record.verdict = "HIT" if entry.is_fresh(now) else "STALE"
        record.age_s = entry.age_s(now)
        if self.flights.is_current(ask.call, flight):
            self.kept.memory.put(ask.call, entry)
        answer: Answer[T] = entry.answer
        return answer

    def _origin(self, keeping: Keeping | None) -> Origin:
        now = self.clock.unix()
        # What is not kept is fresh to those who waited for it.
        fresh_s = keeping.fresh_s if keeping else self.policy.timeout_s
        return Origin(stored_at=now, fresh_until=now + fresh_s, is_kept=keeping is not None)

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
