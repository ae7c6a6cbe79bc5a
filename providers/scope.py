"""What one GraphQL request hands down to every call that is made for it."""

import time

from providers.call_record import CallRecord
from providers.rehearsal import Rehearsal
from providers.tracing import TraceHeaders, Tracer


class CallScope:
    """The bounds of one request: its id, its deadline, and the list of calls made for it.

    With a ``rehearsal`` nothing is sent: the calls that would be made stand there. ``trace_headers`` are sent with each
    call, unless a ``tracer`` gives it headers of its own. ``tells_age`` is True where the answer holds how old it is:
    a second later it is another one. ``began`` and ``deadline`` are event-loop times in seconds, ``started_at`` is the
    Unix time.
    """

    __slots__ = (
        "began",
        "calls",
        "deadline",
        "dropped_items",
        "rehearsal",
        "request_id",
        "started_at",
        "tells_age",
        "trace_headers",
        "tracer",
    )

    def __init__(
        self, request_id: str, began: float, deadline: float, trace_headers: TraceHeaders = ()
    ) -> None:
        self.request_id = request_id
        self.began = began
        self.started_at = time.time()
        self.deadline = deadline
        self.trace_headers = trace_headers
        self.calls: list[CallRecord] = []
        self.dropped_items = 0
        self.rehearsal: Rehearsal | None = None
        self.tells_age = False
        self.tracer: Tracer | None = None

    def aside(self, began: float, deadline: float) -> "CallScope":
        """Bound what is done on occasion of the request, beside it: in the same trace, with calls of its own."""
        other = CallScope(self.request_id, began, deadline, self.trace_headers)
        other.tracer = self.tracer
        return other

    def now(self) -> float:
        """Tell the Unix time in seconds."""
        return time.time()
