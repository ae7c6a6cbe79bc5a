"""What is known of one call."""

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
