"""One request's wait for one flight, told of in the step in which that lands."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from providers.call_record import CallRecord
from providers.calls import Ask
from providers.errors import ProviderError
from providers.flight import AnyFlight, Flight
from providers.flights import Flights
from providers.records import Answer

T = TypeVar("T")


class Waiting(msgspec.Struct, Generic[T], frozen=True):
    """What a request waits for, and where it is written down."""

    ask: Ask[T]
    flight: Flight[Answer[T]]
    record: CallRecord


class Arrival(Generic[T]):
    """Tells what a request gets, once: when the flight has landed, or at the request's ``deadline``.

    ``end`` makes of what was waited for what the request gets.
    """

    __slots__ = ("_end", "_flights", "_told", "_waiting", "deadline")

    def __init__(
        self,
        flights: Flights,
        waiting: Waiting[T],
        deadline: float,
        end: Callable[[Waiting[T]], Answer[T] | ProviderError],
        told: Callable[[Answer[T] | Exception], object],
    ) -> None:
        self.deadline = deadline
        self._flights = flights
        self._waiting = waiting
        self._end = end
        self._told = told

    def begin(self) -> None:
        """Wait."""
        self._flights.join(self._waiting.flight, self)
        self._flights.watch(self)

    def note(self, flight: AnyFlight) -> None:
        """Take note that the flight has landed."""
        del flight
        self._flights.forget(self)
        self._tell()

    def expire(self) -> None:
        """Wait no longer; what came in time is not late because it waits for its turn."""
        if not self._waiting.flight.read():
            self._flights.part(self._waiting.flight, self)
            self._tell()

    def cancel(self) -> None:
        """Wait no longer, and tell nothing."""
        self._flights.forget(self)
        self._flights.part(self._waiting.flight, self)

    def _tell(self) -> None:
        try:
            outcome: Answer[T] | Exception = self._end(self._waiting)
        # Of every kind, for whoever waits is to be told of our own faults too.
        except Exception as fault:  # noqa: BLE001 - handed on as it is
            outcome = fault
        self._told(outcome)
