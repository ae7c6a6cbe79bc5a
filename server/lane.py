"""The lane of requests that are answered at once: with what is kept, in the step that reads them.

Nothing waits there, so neither a task nor the application is needed. Each rule is the application's own; what the lane
is not sure of, it leaves to the application untouched.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from server.answers import request_id_from
from server.edge.admission import Admission
from server.edge.capture import RawHeaders
from server.edge.kept_answers import KeptAnswers
from server.edge.outcomes import KeptAnswer
from server.edge.questions import PATH, Questions, Told, question_of_body, question_of_url
from server.life import Life
from server.observation import Observation
from server.operations.requests import RequestRefused
from server.perimeter import safe_headers
from server.request_log import RequestLog

_MOST_KNOWN: Final = 1024
_LINE: Final = b"%b: %b\r\n"


class Whole(NamedTuple):
    """An answer to write as it stands: its status, the lines of its headers, and its body."""

    status: int
    lines: bytes
    body: bytes


class Lane:
    """Answers what can be answered without waiting, and writes it down as the application would."""

    path: Final = PATH.encode()

    def __init__(
        self,
        questions: Questions,
        kept: KeptAnswers,
        admission: Admission,
        log: RequestLog,
        life: Life,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._questions = questions
        self._kept = kept
        self._admission = admission
        self._log = log
        self._life = life
        self._clock = clock

    def answer(self, scope: Scope, body: bytes) -> Whole | None:
        """Answer a request whose body is whole; None where that is for the application."""
        began = self._clock()
        told = None if self._life.is_draining else self._questions.told(scope)
        if told is None:
            return None
        kept = self._found(scope, told, body)
        if kept is None:
            return None
        noted = Observation()
        noted.note_same(kept.noted, "HIT")
        noted.request_id = request_id_from(told.get(b"x-request-id", b"").decode("latin-1"))
        whole = self._given(kept, told, noted.request_id)
        self._log.write(noted, whole.status, self._clock() - began)
        return whole

    def _found(self, scope: Scope, told: Told, body: bytes) -> KeptAnswer | None:
        view = self._questions.view(told)
        if view is None:
            return None
        try:
            caller = self._admission.access.caller(HTTPConnection(scope))
        except RequestRefused:
            return None
        if not (self._admission.requests.is_free(caller) and self._admission.calls.is_free(caller)):
            return None
        is_body = scope["method"] == "POST"
        question = question_of_body(body, view, caller) if is_body else question_of_url(scope, view, caller)
        return self._kept.find(question) if question is not None else None

    def _given(self, kept: KeptAnswer, told: Told, request_id: str) -> Whole:
        reuse = kept.reuse_at(self._kept.now()) or kept.reuse_at_its_end
        status, headers, body = kept.for_who_has(told.get(b"if-none-match"))
        before, behind = _lines(headers)
        own = b"".join([_LINE % header for header in kept.headers_at(reuse)])
        return Whole(status, b"%bx-request-id: %b\r\n%b%b" % (before, request_id.encode(), own, behind), body)


@lru_cache(_MOST_KNOWN)
def _lines(headers: RawHeaders) -> tuple[bytes, bytes]:
    """Write an answer's own headers, and those that keep browsers safe."""
    safe = safe_headers(headers)
    return b"".join([_LINE % header for header in headers]), b"".join([_LINE % header for header in safe])


def lane_of(app: ASGIApp) -> Lane | None:
    """Find the lane that an application has beside it."""
    inner = app.app if isinstance(app, ProxyHeadersMiddleware) else app
    lane = getattr(getattr(inner, "state", None), "lane", None)
    return lane if isinstance(lane, Lane) else None
