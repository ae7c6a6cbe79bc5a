"""Identical requests answered once: with what is kept, or with what another request is just being answered."""

import asyncio
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from providers.request_queue import RequestQueue
from server.access import Caller
from server.answers import answer_response, refusal_response, request_id_of
from server.caching import NEVER, keep_body
from server.compression import compressed
from server.departure import ClientGone
from server.edge.admission import Admission
from server.edge.arrival import note_arrival
from server.edge.bodies import Messages, again, read_ahead
from server.edge.capture import Capture
from server.edge.flights import Flight
from server.edge.kept_answers import KeptAnswers
from server.edge.outcomes import KeptAnswer, Outcome, outcome_of
from server.edge.questions import Question, Questions, Told, View, question_of_body, question_of_url
from server.observation import Observation, observation, observe
from server.operations.requests import RequestRefused
from server.traced_requests import begin_span
from server.whole import RawHeaders

_CLIENT_GONE: Final = 499
_LATER_S: Final = 0.1
"""From how much more time on it is worth it to run what the time of another one was too short for."""


class Run:
    """One run of the application: when it began, its answer, what was asked for, and what was read for it."""

    def __init__(self, scope: Scope, began: float) -> None:
        self.scope = scope
        self.began = began
        # Nobody's own: who began it may leave before it is over.
        self.noted = Observation()
        self.capture = Capture()

    @property
    def outcome(self) -> Outcome | None:
        """What it came to, where others may have it."""
        outcome = outcome_of(self.scope)
        return outcome if outcome is not None and outcome.status == self.capture.status else None

    def outcome_for(self, arrived: float) -> Outcome | None:
        """Tell what it came to, for a request that came at a time; None where that had more time, and needs it."""
        outcome = self.outcome
        is_short = outcome is not None and outcome.is_timed_out and arrived - self.began >= _LATER_S
        return None if is_short else outcome


class ResponseCache:
    """Wraps the application: asks it only what cannot be answered from here.

    Who asks, and how much, is checked here as it is there.
    """

    def __init__(
        self,
        app: ASGIApp,
        questions: Questions,
        kept: KeptAnswers,
        admission: Admission,
        body_timeout_s: float,
        queue: RequestQueue,
    ) -> None:
        self._app = app
        self._questions = questions
        self._kept = kept
        self._admission = admission
        self._body_timeout_s = body_timeout_s
        self._queue = queue
        self._flights: dict[tuple[Question, int], tuple[Flight, Run]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        told = self._questions.told(scope) if scope["type"] == "http" else None
        view = self._questions.view(told) if told is not None else None
        if told is None or view is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._answer(scope, receive, send, told, view)
        except RequestRefused as refusal:
            await refusal_response(HTTPConnection(scope), refusal, view.media_type)(scope, receive, send)
        except ClientGone:
            await Response(status_code=_CLIENT_GONE)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, told: Told, view: View) -> None:
        caller = self._admission.access.caller(HTTPConnection(scope))
        messages: Messages = []
        question: Question | None = None
        if scope["method"] == "POST":
            body, messages = await read_ahead(receive, self._body_timeout_s)
            if body is not None:
                question = question_of_body(body, view, caller)
        else:
            question = question_of_url(scope, view, caller)
        if question is None:
            await self._app(scope, again(messages, receive), send)
            return
        kept = self._kept.find(question)
        if kept is not None:
            await self._answer_kept(scope, send, told, caller, kept)
            return
        arrived = asyncio.get_running_loop().time()
        flight, run = self._joined(scope, question, messages, arrived)
        try:
            await flight.wait(receive)
        finally:
            observation().note_asked(run.noted)
            if flight.task.done():
                observation().take_reads(run.noted)
        if run.scope is scope:
            observation().codes = run.noted.codes
            # What it raised is this request's own, as if nobody else had waited.
            flight.task.result()
            await _send_whole(send, *run.capture.for_who_has(told.get(b"if-none-match"), scope["method"]))
        elif (outcome := run.outcome_for(arrived)) is not None:
            await self._answer_alike(scope, send, told, caller, run, outcome)
        else:
            observation().response = "MISS"
            note_arrival(scope, arrived)
            await self._app(scope, again(messages, receive), send)

    def _joined(
        self, scope: Scope, question: Question, messages: Messages, arrived: float
    ) -> tuple[Flight, Run]:
        key = (question, self._kept.heed_purges())
        found = self._flights.get(key)
        if found is not None and found[0].is_open:
            return found
        observation().response = "MISS"
        run = Run(scope, arrived)
        keep_body(scope)

        async def fly(receive: Receive) -> None:
            observe(run.noted)
            await self._app(scope, again(messages, receive), run.capture.send)
            self._keep(run, key)

        flight = Flight(fly)
        self._flights[key] = flight, run
        flight.task.add_done_callback(lambda _: self._landed(key, run))
        return flight, run

    def _landed(self, key: tuple[Question, int], run: Run) -> None:
        found = self._flights.get(key)
        if found is not None and found[1] is run:
            del self._flights[key]

    def _keep(self, run: Run, key: tuple[Question, int]) -> None:
        outcome, capture = run.outcome, run.capture
        if outcome is None or outcome.reuse is None:
            return
        headers = dict(capture.headers)
        answer = KeptAnswer(
            method=key[0].method,
            status=capture.status,
            headers=capture.lasting_headers,
            body=capture.body,
            etag=headers.get(b"etag", b""),
            is_public=b"x-accel-expires" in headers,
            reuse=outcome.reuse,
            given_at=self._kept.now(),
            noted=run.noted.asked(),
        )
        self._kept.keep(key[0], answer, key[1])

    async def _answer_kept(
        self, scope: Scope, send: Send, told: Told, caller: Caller, kept: KeptAnswer
    ) -> None:
        await self._admission.requests.take(caller)
        self._queue.let_by()
        if_none_match = told.get(b"if-none-match")
        if not kept.is_named(if_none_match):
            await self._admission.calls.take(caller, kept.noted.cost_calls)
        begin_span(Headers(scope=scope))
        observation().note_same(kept.noted, "HIT")
        # Its time may run out while the caller's turn is waited for.
        reuse = kept.reuse_at(self._kept.now()) or kept.reuse_at_its_end
        own = ((b"x-request-id", _request_id(scope)), *kept.headers_at(reuse))
        status, headers, body = kept.for_who_has(if_none_match)
        await _send_whole(send, status, (*headers, *own), body)

    async def _answer_alike(
        self, scope: Scope, send: Send, told: Told, caller: Caller, run: Run, outcome: Outcome
    ) -> None:
        await self._admission.requests.take(caller)
        await self._admission.calls.take(caller, run.noted.cost_calls)
        self._queue.let_by()
        begin_span(Headers(scope=scope))
        observation().note_same(run.noted, "JOINED")
        if outcome.has_errors:
            await _send_addressed(scope, send, outcome)
            return
        own = (b"x-request-id", _request_id(scope))
        status, headers, body = run.capture.for_who_has(told.get(b"if-none-match"), scope["method"])
        headers = tuple(own if header[0] == own[0] else header for header in headers)
        await _send_whole(send, status, headers, body)


def _request_id(scope: Scope) -> bytes:
    return request_id_of(HTTPConnection(scope)).encode()


async def _send_whole(send: Send, status: int, headers: RawHeaders, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def _send_addressed(scope: Scope, send: Send, outcome: Outcome) -> None:
    request_id = request_id_of(HTTPConnection(scope))
    answer = outcome.addressed(request_id)
    observation().note_answer(answer)
    headers = {"cache-control": NEVER}
    response = answer_response(answer, outcome.media_type, outcome.status, request_id, lambda _: headers)
    response = await compressed(Request(scope), response)
    # It is whole, and so nothing is received while it is sent.
    await response(scope, _never, send)


async def _never() -> dict[str, str]:
    return {"type": "http.disconnect"}
