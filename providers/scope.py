"""What one GraphQL request hands down to every call that is made for it."""

import time

import msgspec

from providers.records import Provider


class CallRecord(msgspec.Struct):
    """One call as the receipt tells it; times in milliseconds since the request began."""

    provider: Provider
    route: str
    started_ms: float
    ms: float = 0.0
    keys: int = 1
    skip: int | None = None
    limit: int | None = None
    verdict: str = "MISS"
    attempts: int = 0
    age_s: int = 0
    status: int | None = None


class CallScope:
    """The bounds of one request: its id, its deadline, and the list of calls made for it.

    ``began`` and ``deadline`` are event-loop times in seconds.
    """

    __slots__ = ("began", "calls", "deadline", "dropped_items", "request_id", "trace_headers")

    def __init__(
        self, request_id: str, began: float, deadline: float, trace_headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.request_id = request_id
        self.began = began
        self.deadline = deadline
        self.trace_headers = trace_headers
        self.calls: list[CallRecord] = []
        self.dropped_items = 0

    def now(self) -> float:
        """Tell the Unix time in seconds."""
        return time.time()
