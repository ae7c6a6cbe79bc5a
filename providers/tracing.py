"""What a tracer needs of the calls, whichever tracer it is."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from providers.call_record import CallRecord

T = TypeVar("T")

TraceHeaders = tuple[tuple[str, str], ...]
"""The headers by which a provider's own trace becomes a part of this one."""


class Tracer(Protocol):
    """Traces the calls of one GraphQL request."""

    async def traced(self, record: CallRecord, work: Callable[[TraceHeaders], Awaitable[T]]) -> T:
        """Do the work of one call, with the headers that are to be sent for it.

        What the call came to is read off its record when the work ends, however it ends.
        """
        ...
