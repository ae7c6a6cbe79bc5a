"""One try of a call: time left, a slot, credentials, sending, and what the status means."""

import asyncio
import statistics
from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from providers.agreement import Agreement
from providers.auth import Credentials
from providers.call_record import CallRecord
from providers.calls import Call, CallPolicy
from providers.clock import Clock
from providers.errors import NotAsked, ProviderError
from providers.flights import FlightScope
from providers.limits import Rate, Slots
from providers.outcomes import send_error, status_error
from providers.records import Provider
from providers.transport import BodyTooLarge, BodyUnreadable, Reply, SendFailed, Transport

# As numbers: naming a member of an enumeration takes as long as several comparisons.
_USABLE: Final = frozenset(map(int, (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_FOUND)))
_UNAUTHORIZED: Final = int(HTTPStatus.UNAUTHORIZED)
_NOT_MODIFIED: Final = int(HTTPStatus.NOT_MODIFIED)
_LEAST_LEFT_S: Final = 0.25
_REMEMBERED: Final = 31


class Durations:
    """How long the calls of each route took lately."""

    def __init__(self) -> None:
        self._by_route: dict[str, deque[float]] = {}

    def note(self, route: str, duration_s: float) -> None:
        """Remember one call."""
        known = self._by_route.get(route)
        if known is None:
            known = self._by_route[route] = deque(maxlen=_REMEMBERED)
        known.append(duration_s)

    def least_left_s(self, route: str) -> float:
        """Tell how much of a deadline must be left to start a call: 250 ms, less for a faster or unknown route."""
        known = self._by_route.get(route)
        return min(_LEAST_LEFT_S, statistics.median(known)) if known else 0.0


class Attempts:
    """Sends the calls of one provider, one try at a time; raises ProviderError for every status that is no answer."""

    def __init__(
        self,
        provider: Provider,
        base_url: str,
        credentials: Credentials,
        transport: Transport,
        policy: CallPolicy,
        clock: Clock,
        agreement: Agreement | None = None,
    ) -> None:
        self._provider = provider
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._transport = transport
        self._policy = policy
        self._slots = Slots(provider, policy.concurrency, policy.wait_s)
        self._rate = Rate(provider, policy.rate, policy.wait_s, clock, agreement)
        self._durations = Durations()

    async def once(
        self, call: Call, scope: FlightScope, record: CallRecord, conditions: Mapping[str, str]
    ) -> Reply:
        """Send once, or twice where the credentials were renewed.

        The status of the reply is 200, 206, 404, or 304 where ``conditions`` (conditional headers) were sent.
        """
        headers = self._credentials.at_hand() or await self._headers(scope)
        reply = await self._sent(call, scope, record, headers, conditions)
        # A token can be revoked before it expires; a second refusal in a row is no matter of age.
        if reply.status == _UNAUTHORIZED and self._credentials.refuse(headers):
            headers = await self._headers(scope)
            reply = await self._sent(call, scope, record, headers, conditions)
        if reply.status in _USABLE or (conditions and reply.status == _NOT_MODIFIED):
            return reply
        raise status_error(self._provider, reply)

    async def _headers(self, scope: FlightScope) -> Mapping[str, str]:
        try:
            async with scope.bounded():
                return await self._credentials.headers(scope)
        except TimeoutError:
            raise self._too_late() from None

    async def _sent(
        self,
        call: Call,
        scope: FlightScope,
        record: CallRecord,
        headers: Mapping[str, str],
        conditions: Mapping[str, str],
    ) -> Reply:
        url = f"{self._base_url}{call.path}{'?' if call.query else ''}{call.query}"
        sent = {"accept": "application/json", **headers, **conditions}
        if call.headers:
            sent.update(call.headers)
        if scope.trace_headers:
            sent.update(scope.trace_headers)
        asked = record.attempts
        try:
            reply = await self._in_turn(call, scope, record, url, sent)
        except TimeoutError as failure:
            raise (
                send_error(self._provider, failure) if record.attempts > asked else self._too_late()
            ) from None
        except (SendFailed, BodyTooLarge, BodyUnreadable) as failure:
            raise send_error(self._provider, failure) from failure
        record.status = reply.status
        return reply

    async def _in_turn(
        self, call: Call, scope: FlightScope, record: CallRecord, url: str, headers: Mapping[str, str]
    ) -> Reply:
        # Waiting for a slot counts against the deadline: a client does not care what its time went into.
        if not self._slots.take():
            await self._slots.take_in_turn(scope)
        try:
            # Where the time of a call is over first, the deadline, which only moves away, needs no timer of its own.
            is_bounded = scope.deadline - asyncio.get_running_loop().time() >= self._policy.timeout_s
            if is_bounded and not self._policy.rate:
                return await self._timed(call, scope, record, url, headers)
            async with scope.bounded():
                await self._rate.pass_one()
                return await self._timed(call, scope, record, url, headers)
        finally:
            self._slots.give_back()

    async def _timed(
        self, call: Call, scope: FlightScope, record: CallRecord, url: str, headers: Mapping[str, str]
    ) -> Reply:
        clock = asyncio.get_running_loop().time
        began = clock()
        left_s = scope.deadline - began
        if left_s < _LEAST_LEFT_S and left_s <= self._durations.least_left_s(call.route):
            raise self._too_late()
        record.attempts += 1
        policy = self._policy
        reply = await self._transport.send(
            "GET", url, headers, None, timeout_s=policy.timeout_s, max_bytes=policy.max_bytes
        )
        self._durations.note(call.route, clock() - began)
        return reply

    def _too_late(self) -> ProviderError:
        return NotAsked(self._provider, "was not asked: too little of the request's time was left")
