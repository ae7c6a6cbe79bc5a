"""How long browsers and caches between may keep an answer, and how they ask whether it is still good."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from providers.call_record import CallRecord
from providers.records import Origin
from server.entity_tags import EntityTags
from server.operations.hints import FREE, Hint

WITHOUT_CALLS_S: Final = 60
MOST_VALIDATORS: Final = 10_000
NEVER: Final = "no-store"

_VARY: Final = "Accept, Accept-Language"
_TAGS: Final = EntityTags()


class Reuse(msgspec.Struct, frozen=True):
    """How old an answer is and how long it is good from now on, both in whole seconds.

    ``is_private`` where its client alone may keep it.
    """

    age_s: int
    left_s: int
    is_private: bool = False


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


def caching_headers(reuse: Reuse | None, etag: str, *, is_private: bool) -> dict[str, str]:
    """Write the headers of an answer; what a key was needed for is for its client alone."""
    if reuse is None:
        return {"cache-control": NEVER, "vary": _VARY}
    is_private = is_private or reuse.is_private
    scope = "private" if is_private else "public"
    # A cache counts what is left as max-age less Age.
    headers = {
        "cache-control": f"{scope}, max-age={reuse.age_s + reuse.left_s}",
        "age": str(reuse.age_s),
        "etag": etag,
        "vary": f"{_VARY}, Authorization, X-Api-Key" if is_private else _VARY,
    }
    if not is_private:
        # nginx takes max-age for what is left, whatever Age says; this header is for it alone, and ends there.
        headers["x-accel-expires"] = str(reuse.left_s)
    return headers


def unless_known(request: Request, response: Response) -> Response:
    """Leave out the body of an answer that turns out to be the one that the client has."""
    if request.method not in {"GET", "HEAD"}:
        return response
    if response.headers.get("etag", "") not in named_tags(request.headers.get("if-none-match", "")):
        return response
    headers = {name: text for name, text in response.headers.items() if not name.startswith("content-")}
    return Response(status_code=304, headers=headers)


def etag_of(body: bytes) -> str:
    """Name the very bytes of an answer."""
    return _TAGS.of(body)


class Validators:
    """Which answer was given last to which question, while it is good: who has it is told so, and nothing runs."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[str, float, Reuse]] = OrderedDict()

    def remember(self, question: Hashable, etag: str, reuse: Reuse) -> None:
        """Remember the answer to a question for as long as it is good."""
        self._known[question] = (etag, self._clock(), reuse)
        self._known.move_to_end(question)
        if len(self._known) > MOST_VALIDATORS:
            self._known.popitem(last=False)

    def last(self, question: Hashable) -> tuple[str, Reuse] | None:
        """Tell which answer was remembered last."""
        known = self._known.get(question)
        return None if known is None else (known[0], known[2])

    def unchanged(self, question: Hashable, request: Request) -> tuple[str, Reuse] | None:
        """Find the answer that the client says it has, where that is still the good one."""
        sent = request.headers.get("if-none-match", "")
        known = self._known.get(question) if sent else None
        if known is None or known[0] not in named_tags(sent):
            return None
        etag, given_at, reuse = known
        # A clock can be put back.
        passed_s = max(0, int(self._clock() - given_at))
        if passed_s >= reuse.left_s:
            del self._known[question]
            return None
        return etag, Reuse(reuse.age_s + passed_s, reuse.left_s - passed_s, reuse.is_private)


def named_tags(header: str) -> set[str]:
    """Read entity tags, those of compressed answers as those of what was compressed."""
    tags = (tag.strip().removeprefix("W/") for tag in header.split(","))
    return {f'"{tag.strip(chr(34)).partition("-")[0]}"' for tag in tags if tag}
