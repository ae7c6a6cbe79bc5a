"""What a call is, and the bounds that the operator sets to a provider's calls."""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, Generic, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from providers.call_record import CallRecord
from providers.records import Origin, Provider
from providers.transport import Reply

T = TypeVar("T")
Decode = Callable[[Reply, Origin], T]

_SEGMENTS_REMEMBERED: Final = 4096


# Looked up again and again while it is in flight, and at each use of what is kept of it.
class Call(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """One request to a provider, without its credentials. It is the identity of its answer in every cache.

    ``route`` is the name in receipts, circuits and metrics; ``path`` and ``query`` are ready for the wire (build them
    with ``path_segment`` and ``query_string``). ``variant`` names what else changes the records that are made of the
    answer, such as a locale that the provider never sees. ``tags`` name, for purging, what the answer is about or was
    filtered by, as ``Kind:key``; what a list shows beside that is found in its records.
    """

    route: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    skip: int | None = None
    limit: int | None = None
    variant: str = ""
    tags: tuple[str, ...] = ()

    def record(
        self,
        provider: Provider,
        started_ms: float,
        verdict: str = "MISS",
        age_s: int = 0,
        origin: Origin | None = None,
    ) -> CallRecord:
        """Begin what a receipt tells of it."""
        return CallRecord(
            provider, self.route, started_ms, 0.0, 1, self.skip, self.limit, verdict, 0, age_s, None, origin
        )


def hits(
    provider: Provider, calls: Sequence[Call], origins: Sequence[Origin], started_ms: float, now: float
) -> list[CallRecord]:
    """Tell what receipts tell of calls whose answers were kept and fresh."""
    # Each as ``record`` and ``age_s`` make it, without a step to them: a list has a hundred.
    return [
        CallRecord(
            provider,
            call.route,
            started_ms,
            0.0,
            1,
            call.skip,
            call.limit,
            "HIT",
            0,
            int(now - origin.stored_at) if origin.stored_at < now else 0,
            None,
            origin,
        )
        for call, origin in zip(calls, origins, strict=True)
    ]


class Sample(msgspec.Struct, frozen=True):
    """How a call's answer is made up for a rehearsal, when it is asked for."""

    body: Callable[[], bytes]
    headers: tuple[tuple[str, str], ...] = ()


class Ask(msgspec.Struct, Generic[T], frozen=True):
    """A call and what is made of its answer: records by ``decode``, in a rehearsal of the sample."""

    call: Call
    decode: Decode[T]
    sample: Sample


class CallPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a provider's calls and of what is kept of their answers.

    ``fresh_s`` 0 keeps nothing, ``breaker_failures`` 0 never opens a circuit, ``rate`` 0 sets no calls a second.
    """

    timeout_s: float = 5.0
    concurrency: int = 64
    retries: int = 2
    max_bytes: int = 10 * 1024 * 1024
    fresh_s: float = 60.0
    stale_s: float = 86400.0
    absent_s: float = 30.0
    breaker_failures: int = 5
    breaker_open_s: float = 10.0
    rate: float = 0.0
    wait_s: float = 5.0
    cache_bytes: int = 64 * 1024 * 1024


@lru_cache(_SEGMENTS_REMEMBERED)
def path_segment(text: str) -> str:
    """Quote one segment whole, so that it can never become two or leave its place."""
    return quote(text, safe="")


def query_string(pairs: Iterable[tuple[str, str]]) -> str:
    """Encode pairs in order; ``$`` and ``:`` stay literal, since Forge ignores their encoded form."""
    return urlencode(list(pairs), safe="$:,")
