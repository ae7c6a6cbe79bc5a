"""What an operation came to, told by those who ran it to those who may answer others with it."""

from typing import Final

import msgspec
from starlette.types import Scope

from server.caching import Reuse, names
from server.observation import Observation
from server.operations.values import JsonObject
from server.whole import Form, RawHeaders

_STATE: Final = "outcome"
_TIMED_OUT: Final = "UPSTREAM_TIMEOUT"
_TOLD_AGAIN: Final = frozenset({b"etag", b"cache-control", b"vary"})
"""What RFC 9110 wants of the whole answer's headers beside a 304."""

_MOST_FORMS: Final = 4
_LONGEST_TELLER: Final = 512
Teller = tuple[bytes | None, bytes | None]
"""What a request tells of the answer that it has, and of the origin that it comes from."""
_Aged = tuple[int, Form]


class Outcome(msgspec.Struct, frozen=True):
    """An answer that everybody who asks the same may have now, and later too where ``reuse`` tells how long."""

    answer: JsonObject
    status: int
    media_type: str
    reuse: Reuse | None

    @property
    def has_errors(self) -> bool:
        """Whether it names errors, which carry the id of the request that ran."""
        return "errors" in self.answer

    @property
    def is_timed_out(self) -> bool:
        """Whether anything of it, or of a list in it, is missing for want of time: who came later has more."""
        codes = [error["extensions"]["code"] for error in self.answer.get("errors", ())]
        codes += [warning["code"] for warning in self.answer.get("extensions", {}).get("warnings", ())]
        return _TIMED_OUT in codes

    def addressed(self, request_id: str) -> JsonObject:
        """Return the answer with the id of another request in its errors."""
        errors = [
            {**error, "extensions": {**error["extensions"], "requestId": request_id}}
            for error in self.answer.get("errors", ())
        ]
        return {**self.answer, "errors": errors} if errors else self.answer


class KeptAnswer(msgspec.Struct, frozen=True):
    """An answer as it left to requests of a method, but for the headers that are one request's own.

    ``given_at`` is the Unix time from which on ``reuse`` counts, ``noted`` what was asked for, and its price. ``forms``
    are what it looked like lately: how old it was then, by what a request tells of what it has and where it comes from.
    """

    method: str
    status: int
    headers: RawHeaders
    body: bytes
    etag: bytes
    is_public: bool
    reuse: Reuse
    given_at: float
    noted: Observation
    forms: dict[Teller, _Aged] = {}

    def keep_form(self, teller: Teller, form: _Aged) -> None:
        """Keep what it looks like as long as it is so old, for who tells the same of itself, if that is short."""
        if sum(len(told) for told in teller if told) > _LONGEST_TELLER:
            return
        if len(self.forms) >= _MOST_FORMS:
            self.forms.clear()
        self.forms[teller] = form

    def for_who_has(self, if_none_match: bytes | None) -> tuple[int, RawHeaders, bytes]:
        """Tell status, lasting headers and body for a client that names what it has; 304 where that is this one."""
        if not self.is_named(if_none_match):
            return self.status, self.headers, self.body
        return 304, tuple(header for header in self.headers if header[0] in _TOLD_AGAIN), b""

    def headers_at(self, reuse: Reuse) -> RawHeaders:
        """Write the headers that tell how old it is, at some time."""
        age = (b"age", b"%d" % reuse.age_s)
        # nginx's own header, where shared caches may have it.
        return (age, (b"x-accel-expires", b"%d" % reuse.left_s)) if self.is_public else (age,)

    def is_named(self, if_none_match: bytes | None) -> bool:
        """Whether its client has it already, in this very form."""
        if not self.etag or not if_none_match:
            return False
        return names(if_none_match.decode("latin-1"), self.etag.decode("latin-1"), self.method)

    @property
    def reuse_at_its_end(self) -> Reuse:
        """Tell how old it is when it may be given for the last time."""
        return Reuse(self.reuse.age_s + self.reuse.left_s, 0)

    def reuse_at(self, now: float) -> Reuse | None:
        """Tell how old it is and how long it is good by then; None where it may not be given any more."""
        # A clock that was set back counts as one that stood still.
        passed_s = max(0, int(now - self.given_at))
        if passed_s >= self.reuse.left_s:
            return None
        return Reuse(self.reuse.age_s + passed_s, self.reuse.left_s - passed_s)


def tell_outcome(scope: Scope, outcome: Outcome) -> None:
    """Say that others who ask the same may have this."""
    scope.setdefault("state", {})[_STATE] = outcome


def outcome_of(scope: Scope) -> Outcome | None:
    """Return what was told of a request; None where nobody else may have it."""
    outcome: Outcome | None = scope.get("state", {}).get(_STATE)
    return outcome
