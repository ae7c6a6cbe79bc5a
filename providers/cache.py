"""Decoded answers kept across requests: what may be kept, for how long, and within how many bytes."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final

import msgspec

from providers.calls import Call, CallPolicy
from providers.records import Answer, Origin
from providers.transport import Reply

_DIRECTIVE = re.compile(r'([a-z-]+)(?:="?([^",]*)"?)?', re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,10}", re.ASCII)
_LONGEST_S: Final = 366 * 86400.0
_WEIGHT_OF_RECORDS: Final = 3
"""What records take in memory, beside the bytes that they were decoded from; measured on photo pages."""
_WEIGHT_OF_ENTRY: Final = 2048
_CLOCKS_APART_S: Final = 5.0
"""How far the clocks of machines that share answers may be apart."""
_HEADERS_REMEMBERED: Final = 64


class Keeping(msgspec.Struct, frozen=True):
    """How long an answer is fresh, and how long it may serve after that; None of both where it is not kept."""

    fresh_s: float
    stale_s: float


class Entry(msgspec.Struct):
    """A kept answer. Its origin is shared with the answer's records, and renewed in place by a 304."""

    answer: Answer[Any]
    keeping: Keeping
    weight: int
    etag: str = ""
    last_modified: str = ""

    def is_fresh(self, now: float) -> bool:
        """Tell whether it may be answered without asking."""
        # What was stored in the future was stored before the clock was put back, or by a machine whose clock is wrong:
        # nobody can tell how old it is.
        origin = self.answer.origin
        return origin.stored_at - _CLOCKS_APART_S <= now <= origin.fresh_until

    def may_serve(self, now: float) -> bool:
        """Tell whether it may be answered while it is asked for anew."""
        return now <= self.answer.origin.fresh_until + self.keeping.stale_s

    def verdict_at(self, now: float) -> tuple[str, int]:
        """Tell as what it may be answered (HIT while fresh, else STALE, empty where it may not be), and its age."""
        origin = self.answer.origin
        stored_at = origin.stored_at
        if stored_at <= now <= origin.fresh_until:
            return "HIT", int(now - stored_at)
        if self.is_fresh(now):
            return "HIT", 0
        return "STALE" if self.may_serve(now) else "", origin.age_s(now)

    def age_s(self, now: float) -> int:
        """Tell how many whole seconds ago it was good for sure."""
        return self.answer.origin.age_s(now)

    def renew(self, now: float, keeping: Keeping) -> None:
        """Take note that the provider said it has not changed."""
        self.keeping = keeping
        self.answer.origin.stored_at = now
        self.answer.origin.fresh_until = now + keeping.fresh_s

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for a new body only where there is one; none where the provider gave no validator."""
        # A thing that was not there has no body that could be sent again.
        if self.answer.value is None:
            return {}
        # An ETag alone, where there is one: RFC 9110 has servers ignore the date beside it.
        sent = {"if-none-match": self.etag, "if-modified-since": "" if self.etag else self.last_modified}
        return {name: value for name, value in sent.items() if value}


class Memory:
    """Entries of one provider in this process; the ones used longest ago make room."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[Call, Entry] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        """Count the entries."""
        return len(self._entries)

    def get(self, call: Call) -> Entry | None:
        """Find an entry, fresh or not."""
        entry = self._entries.get(call)
        if entry is not None:
            self._entries.move_to_end(call)
        return entry

    def fresh(self, calls: Sequence[Call], now: float) -> list[Answer[Any]] | None:
        """Find the answers of many calls as ``get`` does, where all of them are fresh; None, and none used, else."""
        found = [*map(self._entries.get, calls)]
        for entry in found:
            if entry is None:
                return None
            origin = entry.answer.origin
            # Nearly always so: is_fresh is for what other machines have stored.
            if not (origin.stored_at <= now <= origin.fresh_until or entry.is_fresh(now)):
                return None
        use = self._entries.move_to_end
        for call in calls:
            use(call)
        return [entry.answer for entry in found if entry is not None]

    def put(self, call: Call, entry: Entry) -> None:
        """Keep an entry in the place of an older one."""
        self.drop(call)
        # One answer larger than all there is room for would empty the rest for nothing.
        if entry.weight > self._max_bytes:
            return
        self._entries[call] = entry
        self.bytes += entry.weight
        while self.bytes > self._max_bytes:
            self.bytes -= self._entries.popitem(last=False)[1].weight

    def drop(self, call: Call) -> None:
        """Forget an entry, if there is one."""
        entry = self._entries.pop(call, None)
        if entry is not None:
            self.bytes -= entry.weight

    def purge(self, concerns: Callable[[Call, object], bool]) -> int:
        """Forget every entry that is concerned, by its call and what it was decoded to; answer how many."""
        found = [call for call, entry in self._entries.items() if concerns(call, entry.answer.value)]
        for call in found:
            self.drop(call)
        return len(found)


def keeping_of(reply: Reply, policy: CallPolicy) -> Keeping | None:
    """Read from an answer how long it may be kept; None where it may not be kept at all.

    ``max-age`` and ``s-maxage`` win over the policy. ``no-cache`` wants every use confirmed, so the answer is never
    fresh; the operator's ``stale_s`` decides whether it may serve meanwhile.
    """
    if policy.fresh_s <= 0:
        return None
    told = directives(reply.headers.get("cache-control", ""))
    # `private` is for one user's own cache; this one is everybody's.
    if "no-store" in told or "private" in told:
        return None
    if reply.status == HTTPStatus.NOT_FOUND:
        return Keeping(policy.absent_s, 0.0) if policy.absent_s > 0 else None
    return Keeping(_fresh_s(told, reply.headers.get("age", ""), policy.fresh_s), policy.stale_s)


# A provider writes one such header over and over.
@lru_cache(_HEADERS_REMEMBERED)
def directives(header: str) -> Mapping[str, str]:
    """Read ``Cache-Control``; names in lower case."""
    return {name.lower(): value.strip() for name, value in _DIRECTIVE.findall(header)}


def entry_of(reply: Reply, value: object, origin: Origin, keeping: Keeping) -> Entry:
    """Make what is kept of an answer."""
    return Entry(
        answer=Answer(value=value, origin=origin),
        keeping=keeping,
        weight=_WEIGHT_OF_ENTRY + _WEIGHT_OF_RECORDS * len(reply.body),
        etag=plain_header(reply, "etag"),
        last_modified=plain_header(reply, "last-modified"),
    )


def plain_header(reply: Reply, name: str) -> str:
    """Return a header that can be sent back and kept as text; empty for any other."""
    value = reply.headers.get(name, "")
    return value if value.isascii() and value.isprintable() else ""


def _fresh_s(told: Mapping[str, str], age: str, otherwise_s: float) -> float:
    if "no-cache" in told:
        return 0.0
    allowed = told.get("s-maxage", told.get("max-age", ""))
    if not _SECONDS.fullmatch(allowed):
        return otherwise_s
    spent_s = float(age) if _SECONDS.fullmatch(age) else 0.0
    return max(0.0, min(float(allowed), _LONGEST_S) - spent_s)
