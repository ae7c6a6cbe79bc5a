"""How long browsers and caches between may keep an answer, and how they ask whether it is still good."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from providers.call_record import CallRecord
from providers.records import Origin
from server.audience import Audience
from server.compression import SMALLEST, coded_tag, coding_of
from server.entity_tags import EntityTags
from server.negotiation import RESPONSE_JSON
from server.operations.hints import FREE, Hint

WITHOUT_CALLS_S: Final = 60
MOST_VALIDATORS: Final = 10_000
NEVER: Final = "no-store"

_TAGS: Final = EntityTags()
READING: Final = frozenset({"GET", "HEAD"})
"""The methods to which an answer that turns out to be known is left out."""
_WHOLE: Final = "whole"


class Reuse(msgspec.Struct, frozen=True):
    """How old an answer is and how long it is good from now on, both in whole seconds.

    ``is_private`` where its client alone may keep it.
    """

    age_s: int
    left_s: int
    is_private: bool = False


class Validator(msgspec.Struct, frozen=True):
    """What tells an answer from others: the tag of its bytes as they are, and how long it is good.

    ``is_coded`` where it leaves in the coding that its client takes, and so with the tag of that.
    """

    etag: str
    is_coded: bool
    reuse: Reuse

    def tag_for(self, request: Request) -> str:
        """Write the tag of the answer in the form that a request would get."""
        coding = coding_of(request.headers.get("accept-encoding", "")) if self.is_coded else None
        return self.etag if coding is None else coded_tag(self.etag, coding)

    def in_age(self, reuse: Reuse) -> "Validator":
        """Return it as it is at another time."""
        return Validator(self.etag, self.is_coded, reuse)


def validator_of(body: bytes, media_type: str, reuse: Reuse) -> Validator:
    """Name an answer by its very bytes and, where it is not plain JSON, by what they are said to be."""
    etag = _TAGS.of(body)
    if media_type == RESPONSE_JSON:
        etag = coded_tag(etag, "r")
    return Validator(etag, len(body) >= SMALLEST, reuse)


def reuse_of(
    calls: Sequence[CallRecord], answer: Mapping[str, object], now: float, hint: Hint = FREE
) -> Reuse | None:
    """Tell how long an answer is good: as long as its shortest part, and no longer than its document's hint.

    None where a part failed or is stale, or must not be kept.
    """
    reuse = _reuse_of_data(calls, answer, now)
    if reuse is None or hint == FREE:
        return reuse
    left_s = reuse.left_s if hint.max_age_s is None else min(reuse.left_s, hint.max_age_s)
    return Reuse(reuse.age_s, left_s, hint.is_private) if left_s > 0 else None


def _reuse_of_data(calls: Sequence[CallRecord], answer: Mapping[str, object], now: float) -> Reuse | None:
    if "errors" in answer or "extensions" in answer:
        return None
    # A login brings nothing that stands in the answer.
    origins = [call.origin for call in calls if not call.route.startswith("POST ")]
    if not origins:
        return Reuse(age_s=0, left_s=WITHOUT_CALLS_S)
    return _shortest(origins, now)


def _shortest(origins: Sequence[Origin | None], now: float) -> Reuse | None:
    kept = [origin for origin in origins if origin is not None and origin.is_kept]
    if len(kept) < len(origins):
        return None
    soonest = min([origin.fresh_until for origin in kept])
    oldest = min(now, *[origin.stored_at for origin in kept])
    left_s = int(soonest - now)
    return Reuse(age_s=int(now - oldest), left_s=left_s) if left_s >= 1 else None


def caching_headers(reuse: Reuse | None, etag: str, audience: Audience) -> dict[str, str]:
    """Write the headers of an answer."""
    if reuse is None:
        return {"cache-control": NEVER, "vary": audience.vary}
    is_private = audience.is_private or reuse.is_private
    scope = "private" if is_private else "public"
    # A cache counts what is left as max-age less Age.
    headers = {
        "cache-control": f"{scope}, max-age={reuse.age_s + reuse.left_s}",
        "age": str(reuse.age_s),
        "etag": etag,
        "vary": audience.own_vary if is_private else audience.vary,
    }
    if not is_private:
        # nginx takes max-age for what is left, whatever Age says; this header is for it alone, and ends there.
        headers["x-accel-expires"] = str(reuse.left_s)
    return headers


def keep_body(scope: Scope) -> None:
    """Have the answer to a request leave with its body, whatever its client has: others wait for it too."""
    scope.setdefault("state", {})[_WHOLE] = True


def unless_known(request: Request, response: Response) -> Response:
    """Leave out the body of an answer that turns out to be the one that the client has."""
    if request.method not in READING or request.scope.get("state", {}).get(_WHOLE):
        return response
    etag = response.headers.get("etag", "")
    if not etag or not names(request.headers.get("if-none-match", ""), etag, request.method):
        return response
    headers = {name: text for name, text in response.headers.items() if not name.startswith("content-")}
    return Response(status_code=304, headers=headers)


class Validators:
    """Which answer was given last to which question, while it is good: who has it is told so, and nothing runs."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[Validator, float]] = OrderedDict()

    def remember(self, question: Hashable, validator: Validator) -> None:
        """Remember the answer to a question for as long as it is good."""
        self._known[question] = (validator, self._clock())
        self._known.move_to_end(question)
        if len(self._known) > MOST_VALIDATORS:
            self._known.popitem(last=False)

    def last(self, question: Hashable) -> Validator | None:
        """Tell which answer was remembered last."""
        known = self._known.get(question)
        return None if known is None else known[0]

    def unchanged(self, question: Hashable, request: Request) -> Validator | None:
        """Find the answer that the client says it has, where that is still the good one."""
        sent = request.headers.get("if-none-match", "")
        known = self._known.get(question) if sent else None
        if known is None or not names(sent, known[0].tag_for(request), request.method):
            return None
        validator, given_at = known
        reuse = validator.reuse
        # A clock can be put back.
        passed_s = max(0, int(self._clock() - given_at))
        if passed_s >= reuse.left_s:
            del self._known[question]
            return None
        return validator.in_age(Reuse(reuse.age_s + passed_s, reuse.left_s - passed_s, reuse.is_private))


def names(if_none_match: str, etag: str, method: str) -> bool:
    """Tell whether a client has the answer of a tag; who only reads may name whatever there is, by a star."""
    if if_none_match.strip() == "*":
        return method in READING
    return etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
