"""The receipt: every call that an operation cost, and the calls that it did not."""

from typing import Any, Final

from providers.scope import CallRecord
from resolvers.context import Context

HEADER: Final = "x-mediagraph-explain"


def receipt(context: Context) -> dict[str, Any]:
    """Write the calls of a request in the order in which they were wanted, and what was saved."""
    calls = context.scope.calls
    return {
        "calls": [written_call(record) for record in calls],
        "totals": {
            "calls": sum(record.verdict == "MISS" for record in calls),
            "savedByBatching": context.loaders.repeats,
            "savedByMerging": context.loaders.calls_merged,
            "savedByJoining": sum(record.verdict == "JOINED" for record in calls),
            "savedByCache": sum(record.verdict in {"HIT", "STALE"} for record in calls),
        },
    }


def written_call(record: CallRecord) -> dict[str, Any]:
    """Write one call; only paged calls have a window."""
    window = {} if record.limit is None else {"window": {"skip": record.skip, "limit": record.limit}}
    return {
        "provider": record.provider.value,
        "route": record.route,
        **window,
        "keys": record.keys,
        "verdict": record.verdict,
        "attempts": record.attempts,
        "ageSeconds": record.age_s,
        "startedMs": round(record.started_ms, 1),
        "ms": round(record.ms, 1),
    }
