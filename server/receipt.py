"""The receipt: every call that an operation cost, and the calls that it did not."""

from collections.abc import Sequence
from typing import Final

from providers.call_record import CallRecord
from providers.rehearsal import Rehearsal
from resolvers.context import Context
from server.operations.values import JsonObject

HEADER: Final = "x-mediagraph-explain"
WANTED: Final = "1"
WANTED_DRY: Final = "dry"


def receipt(context: Context) -> JsonObject:
    """Write the calls of a request in the order in which they were wanted, and what was saved."""
    calls = context.scope.calls
    return {
        "calls": [written_call(record) for record in calls],
        "totals": _totals(context, calls),
    }


def prediction(context: Context, rehearsal: Rehearsal) -> JsonObject:
    """Write the calls that a request would make; ``exact`` where they do not depend on data."""
    predicted = rehearsal.predicted
    return {
        "predicted": [{**written_call(each.record), "exact": each.exact} for each in predicted],
        "totals": _totals(context, [each.record for each in predicted]),
    }


def _totals(context: Context, calls: Sequence[CallRecord]) -> JsonObject:
    return {
        "calls": sum(record.verdict == "MISS" for record in calls),
        "savedByBatching": context.loaders.repeats,
        "savedByMerging": context.loaders.calls_merged,
        "savedByJoining": sum(record.verdict == "JOINED" for record in calls),
        "savedByCache": sum(record.verdict in {"HIT", "STALE"} for record in calls),
    }


def written_call(record: CallRecord) -> JsonObject:
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
