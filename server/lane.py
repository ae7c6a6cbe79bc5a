"""The lane of requests that are answered at once, in the step that reads them.

Nothing waits there, so neither a task nor the application is needed. Each rule is the application's own; what the lane
is not sure of, it leaves to the application untouched.
"""

import time
import urllib.parse
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol

import httptools
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from providers.request_queue import RequestQueue
from server.access import Caller
from server.answers import request_id_from
from server.caching import Reuse
from server.cors import Origins
from server.edge.admission import Admission
from server.edge.kept_answers import KeptAnswers
from server.edge.outcomes import KeptAnswer
from server.edge.questions import PATH, Question, Questions, View, question_of_body, question_of_url
from server.life import Life
from server.observation import Observation, observe, observe_no_more
from server.operations.requests import RequestRefused
from server.repeats import Asked, Repeats
from server.request_log import RequestLog
from server.whole import Form, Whole, known_lines, written


class Making(Protocol):
    """Makes the answer to a body where nothing needs to be waited for."""

    def __call__(self, body: bytes, view: View, request_id: str, caller: Caller) -> Whole | None:
        """Make it, or answer None where that takes time."""
        ...


class Rules(NamedTuple):
    """What the application asks of its requests, and tells of its answers."""

    questions: Questions
    admission: Admission
    origins: Origins


class Lane:
    """Answers what can be answered without waiting, and writes it down as the application would.

    Where answers are ``kept``, it gives those; where none are, it has them made that wait for no call.
    """

    path: Final = PATH.encode()

    def __init__(
        self,
        rules: Rules,
        kept: KeptAnswers | None,
        making: Making,
        log: RequestLog,
        life: Life,
        queue: RequestQueue,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._questions, self._admission, self._origins = rules
        self._kept = kept
        self._making = making
        self._log = log
        self._life = life
        self._queue = queue
        self._clock = clock
        self._repeats = Repeats()

    def answer(self, scope: Scope, body: bytes, request: bytes = b"") -> Whole | None:
        """Answer a request whose body is whole; None where that is for the application.

        ``request`` is all of it as it came, where it came alone: by that it is known when it comes ``again``.
        """
        began = self._clock()
        asked = None if self._life.is_draining else self._asked(scope, body)
        whole = self._answered(asked, began) if asked is not None else None
        if asked is not None and whole is not None and request:
            self._repeats.keep(request, asked, scope["headers"])
        return whole

    def again(self, request: bytes) -> Whole | None:
        """Answer the very bytes of a request that was answered before; None where that has to be read."""
        began = self._clock()
        asked = self._repeats.find(request)
        return None if asked is None or self._life.is_draining else self._answered(asked, began)

    def _asked(self, scope: Scope, body: bytes) -> Asked | None:
        told = self._questions.told(scope)
        view = self._questions.view(told) if told is not None else None
        caller = self._caller(scope)
        if told is None or view is None or caller is None:
            return None
        question = _question(scope, body, view, caller) if self._kept is not None else None
        teller = told.get(b"if-none-match"), told.get(b"origin")
        sent_id = told.get(b"x-request-id", b"").decode("latin-1")
        return Asked(scope["method"], body, view, caller, question, teller, sent_id)

    def _answered(self, asked: Asked, began: float) -> Whole | None:
        noted = Observation(request_id=request_id_from(asked.sent_id))
        whole = self._made(asked, noted) if self._kept is None else self._given(self._kept, asked, noted)
        if whole is None:
            return None
        self._queue.let_by()
        self._log.write(noted, whole.status, self._clock() - began)
        return whole._replace(body=b"") if asked.method == "HEAD" else whole

    def _caller(self, scope: Scope) -> Caller | None:
        try:
            caller = self._admission.access.caller(HTTPConnection(scope))
        except RequestRefused:
            return None
        # Who is limited has each request counted first, and that may take a while.
        is_free = self._admission.requests.is_free(caller) and self._admission.calls.is_free(caller)
        return caller if is_free else None

    def _given(self, answers: KeptAnswers, asked: Asked, noted: Observation) -> Whole | None:
        kept = answers.find(asked.question) if asked.question is not None else None
        if kept is None:
            return None
        noted.note_same(kept.noted, "HIT")
        reuse = kept.reuse_at(answers.now()) or kept.reuse_at_its_end
        known = kept.forms.get(asked.teller)
        if known is None or known[0] != reuse.age_s:
            known = reuse.age_s, self._form(kept, reuse, *asked.teller)
            kept.keep_form(asked.teller, known)
        return known[1].filled(noted.request_id)

    def _form(
        self, kept: KeptAnswer, reuse: Reuse, if_none_match: bytes | None, origin: bytes | None
    ) -> Form:
        status, headers, body = kept.for_who_has(if_none_match)
        varied, opened = self._origins.told(headers, origin)
        before, safe = known_lines(varied)
        return Form(status, before, written(kept.headers_at(reuse)) + safe + written(opened), body)

    def _made(self, asked: Asked, noted: Observation) -> Whole | None:
        # What is not changed for who has it, or tells origins apart, is the application's to write.
        if asked.method != "POST" or asked.teller[0] is not None or self._origins:
            return None
        before = observe(noted)
        try:
            return self._making(asked.body, asked.view, noted.request_id, asked.caller)
        finally:
            # Here all requests of a connection follow each other in one context.
            observe_no_more(before)


def _question(scope: Scope, body: bytes, view: View, caller: Caller) -> Question | None:
    if scope["method"] == "POST":
        return question_of_body(body, view, caller)
    return question_of_url(scope, view, caller)


def addressed(scope: Mapping[str, object], method: bytes, url: bytes) -> Scope:
    """Put in what a request's first line asks for, as the server does for the application."""
    parts = httptools.parse_url(url)
    path = parts.path.decode("ascii")
    return {
        **scope,
        "method": method.decode("ascii"),
        "path": urllib.parse.unquote(path) if "%" in path else path,
        "query_string": parts.query or b"",
    }


def lane_of(app: ASGIApp) -> Lane | None:
    """Find the lane that an application has beside it."""
    inner = app.app if isinstance(app, ProxyHeadersMiddleware) else app
    lane = getattr(getattr(inner, "state", None), "lane", None)
    return lane if isinstance(lane, Lane) else None
