"""GraphQL over HTTP: negotiation, GET and POST, statuses, and the shape of answers and refusals."""

import asyncio
import re
import uuid
from typing import Any, Final

import msgspec
import strawberry
from starlette.requests import Request
from starlette.responses import Response

from providers.locales import accepted
from providers.registry import Providers
from providers.rehearsal import Rehearsal
from providers.scope import CallScope
from resolvers.context import Context, GraphRules
from server.departure import ClientGone, unless_gone
from server.graphql_errors import formatted, plain_error
from server.observation import digest, name_of, observation
from server.operations import ftv1
from server.operations.documents import Documents, is_query
from server.operations.execution import run
from server.operations.requests import GraphQLRequest, RequestRefused, from_json, from_parameters
from server.operations.tracing import FieldTrace
from server.receipt import HEADER, WANTED, WANTED_DRY, prediction, receipt

RESPONSE_JSON: Final = "application/graphql-response+json"
PLAIN_JSON: Final = "application/json"
LARGEST_BODY: Final = 1024 * 1024

_CLIENT_GONE: Final = 499
"""For the log alone: nobody reads the answer. The number is the customary one, not a registered one."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class GraphQLEndpoint:
    """Answers GraphQL requests over one schema and one set of providers."""

    def __init__(
        self,
        schema: strawberry.Schema,
        providers: Providers,
        rules: GraphRules,
        locales: tuple[str, ...],
        deadline_s: float,
        *,
        explains: bool,
    ) -> None:
        self._schema = schema._schema  # noqa: SLF001 - Strawberry offers no other way to graphql-core's schema
        self._documents = Documents(self._schema)
        self._providers = providers
        self._rules = rules
        self._locales = locales
        self._deadline_s = deadline_s
        self._explains = explains

    async def __call__(self, request: Request) -> Response:
        """Answer one HTTP request; every refusal is JSON with a code."""
        request_id = request_id_of(request)
        media_type = PLAIN_JSON
        try:
            media_type = negotiated(request.headers.get("accept", ""))
            asked = await _read(request)
            status, answer = await self._answer(request, asked, request_id)
        except RequestRefused as refusal:
            answer = {"errors": [plain_error(str(refusal), refusal.code, request_id)]}
            observation().note_answer(answer)
            return _response(answer, media_type, refusal.status, request_id, refusal.headers)
        except ClientGone:
            return Response(status_code=_CLIENT_GONE)
        observation().note_answer(answer)
        # The older media type promises 200 for whatever could be read as a GraphQL request.
        return _response(answer, media_type, status if media_type == RESPONSE_JSON else 200, request_id, {})

    async def _answer(
        self, request: Request, asked: GraphQLRequest, request_id: str
    ) -> tuple[int, dict[str, Any]]:
        document = self._documents.read(asked.query)
        observation().note_operation(name_of(document.operation(asked.operation_name)), digest(asked.query))
        if document.node is not None and not document.errors:
            operation = document.operation(asked.operation_name)
            if operation is None:
                message = "wanted the name of one of the document's operations as operationName"
                return 400, {"errors": [plain_error(message, "OPERATION_RESOLUTION_FAILURE", request_id)]}
            if request.method == "GET" and not is_query(operation):
                raise RequestRefused(
                    405, "BAD_REQUEST", "wanted POST for what is no query", {"allow": "POST"}
                )
        context = self._context(request, request_id)
        if self._explains and request.headers.get(HEADER) == WANTED_DRY:
            context.scope.rehearsal = Rehearsal()
        trace = _trace(request)
        try:
            work = run(self._schema, document, asked.variables, asked.operation_name, context, trace)
            outcome = await unless_gone(request.receive, work)
        finally:
            context.close()
            observation().note_calls(context)
        if context.scope.rehearsal is not None and outcome.ran:
            predicted = prediction(context, context.scope.rehearsal)
            return 200, {"data": None, "extensions": {"upstream": predicted}}
        answer: dict[str, Any] = {"data": outcome.data} if outcome.ran else {}
        if outcome.errors:
            answer["errors"] = formatted(outcome.errors, request_id, ran=outcome.ran)
        extensions = self._extensions(request, context) | _traced(trace, answer)
        if extensions:
            answer["extensions"] = extensions
        return (200 if outcome.ran else 400), answer

    def _extensions(self, request: Request, context: Context) -> dict[str, Any]:
        extensions: dict[str, Any] = {}
        if context.warnings:
            extensions["warnings"] = [_warning(each) for each in context.warnings]
        if self._explains and request.headers.get(HEADER) == WANTED:
            extensions["upstream"] = receipt(context)
        return extensions

    def _context(self, request: Request, request_id: str) -> Context:
        now = asyncio.get_running_loop().time()
        traceparent = request.headers.get("traceparent", "")
        trace = (("traceparent", traceparent),) if _TRACEPARENT.fullmatch(traceparent) else ()
        scope = CallScope(request_id, now, now + self._deadline_s, trace)
        header = request.headers.get("accept-language", "")
        locale = accepted(header, self._locales, self._rules.default_locale)
        return Context(self._providers, self._rules, scope, locale)


def _trace(request: Request) -> FieldTrace | None:
    return FieldTrace() if request.headers.get(ftv1.HEADER) == ftv1.WANTED else None


def _traced(trace: FieldTrace | None, answer: dict[str, Any]) -> dict[str, Any]:
    return {"ftv1": ftv1.written(trace, answer.get("errors", ()))} if trace and "data" in answer else {}


def request_id_of(request: Request) -> str:
    """Take the client's request id where it has a usable form, else make one."""
    sent = request.headers.get("x-request-id", "")
    return sent if _REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex


def negotiated(accept: str) -> str:
    """Choose the media type of the answer; raises RequestRefused where none is acceptable."""
    if not accept.strip():
        return PLAIN_JSON
    weights = dict(_accepted_types(accept))
    offers = [
        (weights[name], -rank, name)
        for rank, name in enumerate((RESPONSE_JSON, PLAIN_JSON))
        if name in weights
    ]
    best = max(offers, default=None)
    if best is not None and best[0] > 0:
        return best[2]
    if weights.get("application/*", 0) > 0 or weights.get("*/*", 0) > 0:
        return PLAIN_JSON
    raise RequestRefused(406, "BAD_REQUEST", f"wanted {RESPONSE_JSON} or {PLAIN_JSON} in Accept")


def _accepted_types(accept: str) -> list[tuple[str, float]]:
    found = []
    for part in accept.split(","):
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        charset = next((text[8:].strip('"') for text in parameters if text.startswith("charset=")), "utf-8")
        try:
            quality = float(weight)
        except ValueError:
            quality = 1.0
        if charset in {"utf-8", "utf8"}:
            found.append((name, quality))
    return found


async def _read(request: Request) -> GraphQLRequest:
    if request.method == "GET":
        return from_parameters(request.query_params)
    if request.method != "POST":
        raise RequestRefused(405, "BAD_REQUEST", "wanted GET or POST", {"allow": "GET, POST"})
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != PLAIN_JSON:
        raise RequestRefused(415, "BAD_REQUEST", f"wanted {PLAIN_JSON} as Content-Type")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_BODY:
            raise RequestRefused(413, "BAD_REQUEST", f"wanted a body of at most {LARGEST_BODY} bytes")
    return from_json(body)


def _warning(warned: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(warned).items() if value is not None}


def _response(
    answer: dict[str, Any], media_type: str, status: int, request_id: str, headers: Any
) -> Response:
    return Response(
        msgspec.json.encode(answer),
        status_code=status,
        headers={
            "content-type": f"{media_type}; charset=utf-8",
            "x-request-id": request_id,
            "vary": "Accept, Accept-Language",
            **headers,
        },
    )
