"""One try of a call: time left, a slot, credentials, sending, and what the status means."""

import asyncio
import statistics
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from providers.auth import Credentials
from providers.breaker import Circuits
from providers.call_record import CallRecord
from providers.calls import Call, CallPolicy
from providers.errors import CircuitOpen, NotAsked, ProviderError, UpstreamTimeout
from providers.first_try import FirstTry
from providers.flight import AnyFlight, FlightScope
from providers.limits import Rate, Slots, too_busy
from providers.outcomes import USABLE, send_error, status_error
from providers.records import Provider
from providers.tracing import TraceHeaders
from providers.transport import (
    BodyTooLarge,
    BodyUnreadable,
    Exchange,
    PromptTransport,
    Reply,
    SendFailed,
    Transport,
)

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
        circuits: Circuits,
        rate: Rate,
    ) -> None:
        self._provider = provider
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._transport = transport
        # A number of calls a second is waited for, which only a task can.
        self._prompt = transport if isinstance(transport, PromptTransport) and not policy.rate else None
        self._policy = policy
        self.slots = Slots(provider, policy.concurrency, policy.wait_s)
        self._circuits = circuits
        circuits.when_opened(self.slots.reconsider)
        self._rate = rate
        self._durations = Durations()

    def close(self) -> None:
        """Send nothing more for those that wait for a slot."""
        self.slots.close()

    def begin(
        self,
        call: Call,
        flight: AnyFlight,
        record: CallRecord,
        told: Callable[[FirstTry], None],
    ) -> FirstTry | None:
        """Make the first try at once, and tell what came of it; None where that is for ``once``."""
        headers = self._credentials.at_hand()
        if headers is None or self._prompt is None:
            return None
        first = FirstTry(self, call, flight, record, headers, told)
        return first if first.start() else None

    def send_at_once(self, first: FirstTry, left_s: float) -> Exchange | None:
        """Send a first try; None where the transport cannot now, or where the time has to be watched closely."""
        prompt, policy = self._prompt, self._policy
        # The deadline, which only moves away, needs no watching where the time of a call is over first.
        if prompt is None or left_s < policy.timeout_s or left_s < _LEAST_LEFT_S:
            return None
        call = first.call
        headers = _headers_of(call, first.headers, first.flight.began_by.trace_headers)
        return prompt.begin(
            self._url(call), headers, first, timeout_s=policy.timeout_s, max_bytes=policy.max_bytes
        )

    def answered(self, call: Call, duration_s: float) -> None:
        """Take note of how long the answer took of what was sent at once."""
        self._durations.note(call.route, duration_s)

    def hold(self, call: Call) -> CircuitOpen | None:
        """Say why a call that waited is not to be sent after all: its circuit has opened."""
        return self._circuits.refusal(call.route)

    async def once(
        self,
        call: Call,
        scope: FlightScope,
        record: CallRecord,
        conditions: Mapping[str, str],
        first: FirstTry | None = None,
    ) -> Reply:
        """Send once, or twice where the credentials were renewed.

        The status of the reply is 200, 206, 404, or 304 where ``conditions`` (conditional headers) were sent. ``first``
        is what was tried already.
        """
        if first is not None and first.outcome is not None:
            headers = first.headers
            reply = self._came(first.outcome)
        else:
            at_hand = self._credentials.at_hand()
            headers = await self._headers(scope, first) if at_hand is None else at_hand
            reply = await self._sent(call, scope, record, headers, conditions, first)
        # A token can be revoked before it expires; a second refusal in a row is no matter of age.
        if reply.status == _UNAUTHORIZED and self._credentials.refuse(headers):
            try:
                headers = await self._headers(scope)
                reply = await self._sent(call, scope, record, headers, conditions)
            except NotAsked:
                # It was, and what it answered is no answer.
                raise UpstreamTimeout(
                    self._provider, "did not answer before the request's deadline"
                ) from None
        if reply.status in USABLE or (conditions and reply.status == _NOT_MODIFIED):
            return reply
        raise status_error(self._provider, reply)

    async def _headers(self, scope: FlightScope, first: FirstTry | None = None) -> Mapping[str, str]:
        if first is not None:
            # Calls that need no login, or have one, are not to wait for this one.
            first.give_back()
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
        first: FirstTry | None = None,
    ) -> Reply:
        sent = _headers_of(call, {**headers, **conditions}, scope.trace_headers)
        asked = record.attempts
        try:
            reply = await self._in_turn(call, scope, record, sent, first)
        except TimeoutError as failure:
            raise (
                send_error(self._provider, failure) if record.attempts > asked else self._too_late()
            ) from None
        except (SendFailed, BodyTooLarge, BodyUnreadable) as failure:
            raise send_error(self._provider, failure) from failure
        record.status = reply.status
        return reply

    def _came(self, outcome: Reply | Exception) -> Reply:
        if isinstance(outcome, Reply):
            return outcome
        raise send_error(self._provider, outcome) from outcome

    async def _in_turn(
        self,
        call: Call,
        scope: FlightScope,
        record: CallRecord,
        headers: Mapping[str, str],
        first: FirstTry | None,
    ) -> Reply:
        # Waiting for a slot counts against the deadline: a client does not care what its time went into.
        if not ((first is not None and first.use_slot()) or self.slots.take()):
            await self._turn(call, scope)
        is_usable = False
        try:
            # Where the time of a call is over first, the deadline, which only moves away, needs no timer of its own.
            is_bounded = scope.deadline - asyncio.get_running_loop().time() >= self._policy.timeout_s
            if is_bounded and not self._policy.rate:
                reply = await self._timed(call, scope, record, headers)
            else:
                async with scope.bounded():
                    await self._rate.pass_one()
                    reply = await self._timed(call, scope, record, headers)
            is_usable = reply.status in USABLE or reply.status == _NOT_MODIFIED
            return reply
        finally:
            if is_usable:
                self.slots.give_back()
            else:
                # After the step that judges the failure: it may open the circuit of the one that would have the slot.
                asyncio.get_running_loop().call_soon(self.slots.give_back)

    async def _turn(self, call: Call, scope: FlightScope) -> None:
        if not await self.slots.take_in_turn(scope, partial(self._is_held, call.route, scope)):
            self._ask_circuit(call.route, scope)

    def _is_held(self, route: str, scope: FlightScope) -> bool:
        return self._circuits.refusal(route, is_probe=scope.is_probe) is not None

    def _ask_circuit(self, route: str, scope: FlightScope) -> None:
        refusal = self._circuits.refusal(route, is_probe=scope.is_probe)
        if refusal is not None:
            raise refusal

    async def _timed(
        self, call: Call, scope: FlightScope, record: CallRecord, headers: Mapping[str, str]
    ) -> Reply:
        clock = asyncio.get_running_loop().time
        began = clock()
        left_s = scope.deadline - began
        if left_s < _LEAST_LEFT_S and left_s <= self._durations.least_left_s(call.route):
            raise self._too_late()
        # Last of all: what it waited for may have taken longer than its circuit took to open.
        self._ask_circuit(call.route, scope)
        record.attempts += 1
        policy = self._policy
        try:
            reply = await self._transport.send(
                "GET",
                self._url(call),
                headers,
                None,
                timeout_s=policy.timeout_s,
                max_bytes=policy.max_bytes,
                leaves=partial(self._ask_circuit, call.route, scope),
            )
        except CircuitOpen:
            record.attempts -= 1
            raise
        self._durations.note(call.route, clock() - began)
        return reply

    def refusal(self, *, is_ours: bool) -> ProviderError:
        """Say why a call got no slot: by our own bound, or by the deadline of its request."""
        return too_busy(self._provider, self.slots.wait_s) if is_ours else self._too_late()

    def _url(self, call: Call) -> str:
        return f"{self._base_url}{call.path}{'?' if call.query else ''}{call.query}"

    def _too_late(self) -> ProviderError:
        return NotAsked(self._provider, "was not asked: too little of the request's time was left")


def _headers_of(call: Call, own: Mapping[str, str], trace: TraceHeaders) -> Mapping[str, str]:
    sent = {"accept": "application/json", **own}
    if call.headers:
        sent.update(call.headers)
    if trace:
        sent.update(trace)
    return sent
