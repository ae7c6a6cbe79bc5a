"""The first try of a call where nothing but its turn is waited for: it costs no task and no coroutine."""

import asyncio
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from typing import Protocol

from providers.call_record import CallRecord
from providers.calls import Call
from providers.errors import ProviderError
from providers.flight import AnyFlight
from providers.limits import Slots
from providers.outcomes import USABLE
from providers.transport import Exchange, NeverArrived, Reply


class Sender(Protocol):
    """What sends a first try, within the bounds of its provider."""

    slots: Slots

    def send_at_once(self, first: "FirstTry", left_s: float) -> Exchange | None:
        """Send; None where that would have to wait."""
        ...

    def answered(self, call: Call, duration_s: float) -> None:
        """Take note of how long its answer took."""
        ...

    def hold(self, call: Call) -> ProviderError | None:
        """Say why it is not to be sent after all: its circuit has opened."""
        ...

    def refusal(self, *, is_ours: bool) -> ProviderError:
        """Say why it got no slot: by our own bound, or by the deadline of its request."""
        ...


class FirstTry:
    """Sends in the step that asks for it, or that gives it a slot, and tells in the step that reads the answer.

    ``outcome`` is what came: a reply of any status, what ``Transport.send`` raises, or a ProviderError where it got no
    slot; None where nothing was sent. With ``has_slot`` it still has one, for whoever goes on. ``headers`` are the
    credentials that were sent, ``context`` is that of who asked.
    """

    __slots__ = (
        "_began",
        "_exchange",
        "_gives_up_at",
        "_sender",
        "_told",
        "call",
        "context",
        "flight",
        "has_slot",
        "headers",
        "outcome",
        "owner",
        "record",
    )

    def __init__(
        self,
        sender: Sender,
        call: Call,
        flight: AnyFlight,
        record: CallRecord,
        headers: Mapping[str, str],
        told: Callable[["FirstTry"], None],
    ) -> None:
        self._sender = sender
        self._told = told
        self._exchange: Exchange | None = None
        self._began = self._gives_up_at = 0.0
        self.call = call
        self.flight = flight
        self.owner = flight.owner
        self.record = record
        self.headers = headers
        self.context: Context = copy_context()
        self.has_slot = False
        self.outcome: Reply | Exception | None = None

    @property
    def until(self) -> float:
        """The time of the event loop at which it gives up waiting for a slot."""
        return min(self._gives_up_at, self.flight.deadline)

    def start(self) -> bool:
        """Send, or wait for a slot; False where something else would have to be waited for."""
        slots = self._sender.slots
        if not slots.take():
            self._gives_up_at = asyncio.get_running_loop().time() + slots.wait_s
            slots.wait(self)
            return True
        if self._send():
            return True
        slots.give_back()
        return False

    def begin(self) -> bool:
        """Use the slot that is given to it; False where its circuit has opened."""
        self._sender.slots.arrived(self)
        hold = self._sender.hold(self.call)
        if hold is not None:
            self.outcome = hold
            self._told(self)
            return False
        if not self._send():
            # The ordinary way can wait for what is missing; its turn for a slot is not to be waited for twice.
            self.has_slot = True
            self._told(self)
        return True

    def expire(self) -> None:
        """Give up waiting for a slot, unless the deadline was put off meanwhile."""
        slots = self._sender.slots
        if asyncio.get_running_loop().time() < self.until:
            slots.wait_on(self)
            return
        slots.leave(self)
        self.outcome = self._sender.refusal(is_ours=self._gives_up_at <= self.flight.deadline)
        self._told(self)

    def reconsider(self) -> None:
        """Give up waiting for a slot where its circuit has opened."""
        self.outcome = self._sender.hold(self.call)
        if self.outcome is not None:
            self._sender.slots.leave(self)
            self._told(self)

    def received(self, reply: Reply) -> None:
        """Take the answer."""
        self._exchange = None
        self.has_slot = is_failure = reply.status not in USABLE
        # First of all: the next call is to leave before this one's answer is decoded.
        if not is_failure:
            self._sender.slots.give_back()
        self._sender.answered(self.call, asyncio.get_running_loop().time() - self._began)
        self.record.status = reply.status
        self.outcome = reply
        self._told(self)
        if is_failure:
            self._hand_on()

    def failed(self, failure: Exception) -> None:
        """Take the reason why there is none."""
        self._exchange = None
        self.has_slot = True
        if isinstance(failure, NeverArrived):
            # As if it had not been tried: only the ordinary way may dial.
            self.record.attempts -= 1
            self._told(self)
            return
        self.outcome = failure
        self._told(self)
        self._hand_on()

    def use_slot(self) -> bool:
        """Hand over the slot that it has; False where it has none."""
        had, self.has_slot = self.has_slot, False
        return had

    def give_back(self) -> None:
        """Give back the slot that it has, if it has one still."""
        if self.use_slot():
            self._sender.slots.give_back()

    def cancel(self) -> None:
        """Wait for nothing any more; nobody is told."""
        slots, exchange = self._sender.slots, self._exchange
        if exchange is None:
            slots.leave(self)
            return
        # It holds this object, which holds it.
        self._exchange = None
        exchange.cancel()
        slots.give_back()

    def _hand_on(self) -> None:
        # After the step that judges the failure: it may open the circuit of the one that would have the slot.
        asyncio.get_running_loop().call_soon(self.give_back)

    def _send(self) -> bool:
        self._began = asyncio.get_running_loop().time()
        self._exchange = self._sender.send_at_once(self, self.flight.deadline - self._began)
        if self._exchange is None:
            return False
        self.record.attempts += 1
        return True
