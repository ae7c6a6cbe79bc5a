"""What is known of one call."""

import msgspec

from providers.records import Origin, Provider


class CallRecord(msgspec.Struct):
    """One call as the receipt tells it; times in milliseconds since the request began.

    ``verdict`` is MISS (this request made the call), HIT (kept from before, and fresh), STALE (kept from before, past
    its freshness) or JOINED (another request's call was in flight); RENEWAL, a call that no request waits for, is in no
    receipt. ``attempts`` counts what was sent for it. ``origin`` tells how long its answer is good; None where it has
    none.
    """

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
    origin: Origin | None = None
