"""What no answer may be, whatever was asked: a 500, an error without a code, a word of the program's inside."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.fuzz.wire import CLOSED, Answer

# Every code of the contract but INTERNAL_SERVER_ERROR: what we did not think of is what is looked for.
CODES = frozenset({
    "BAD_USER_INPUT", "FORBIDDEN", "PROVIDER_NOT_CONFIGURED", "UPSTREAM_TIMEOUT", "UPSTREAM_UNAVAILABLE",
    "UPSTREAM_RATE_LIMITED", "UPSTREAM_UNAUTHORIZED", "UPSTREAM_REJECTED", "UPSTREAM_BAD_RESPONSE",
    "BAD_REQUEST", "OPERATION_RESOLUTION_FAILURE", "OPERATION_TOO_COMPLEX", "RATE_LIMITED",
    "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED", "PERSISTED_QUERY_HASH_MISMATCH",
    "DOCUMENT_NOT_TRUSTED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED",
})  # fmt: skip
STATUSES = frozenset({200, 204, 304, 307, 400, 401, 403, 404, 405, 406, 408, 413, 414, 415, 429, 431})
_INSIDE = re.compile(
    r"""Traceback|File\ "|\.py\b|site-packages|/(usr|tmp|home|opt|work)/|object\ at\ 0x|<class\ '|<function
    |\b(NoneType|msgspec|starlette|uvicorn|strawberry|asyncio|hypothesis)\b
    |\b(server|schema|resolvers|providers|graphql)\.[a-z_]+
    |\b[A-Z][A-Za-z]*(Error|Exception|Warning)\b
    """,
    re.VERBOSE,
)
_PART = re.compile(
    rb"\r\n---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n(.*?)(?=\r\n---)", re.DOTALL
)


def findings(answer: Answer, sent: bytes = b"") -> list[str]:
    """Tell what is wrong with an answer. ``sent`` may come back in messages: it is no word of ours."""
    if answer == CLOSED:
        return []
    if answer.status not in STATUSES:
        return [f"status {answer.status}: {answer.body!r}"]
    if not answer.body:
        return []
    if answer.headers.get("content-type", "").startswith("text/"):
        return []
    try:
        said = [json.loads(part) for part in _parts(answer)]
    except ValueError:
        return [f"no JSON: {answer.body!r}"]
    echoed = sent.decode("utf-8", "replace")
    return [
        finding
        for each in said
        for error in _errors(each)
        for finding in _findings(error, answer.headers.get("x-request-id"), echoed)
    ]


def _parts(answer: Answer) -> list[bytes]:
    if answer.headers.get("content-type", "").startswith("multipart/"):
        parts = _PART.findall(answer.body)
        return parts if answer.body.endswith(b"\r\n-----\r\n") else [*parts, b"cut"]
    return [answer.body]


def _errors(said: Any) -> Iterator[Any]:
    """List every error, in the parts of an answer too."""
    if isinstance(said, list):
        for each in said:
            yield from _errors(each)
        return
    if not said.keys() & {"data", "errors", "hasNext", "status"}:
        yield {"message": f"neither data nor errors: {said}"}
    yield from said.get("errors", ())
    for part in (*said.get("incremental", ()), *said.get("completed", ())):
        yield from part.get("errors", ())


def _findings(error: Any, request_id: str | None, echoed: str) -> Iterator[str]:
    extensions = error.get("extensions", {})
    if extensions.get("code") not in CODES:
        yield f"code: {error}"
    if not extensions.get("requestId") or extensions["requestId"] != request_id:
        yield f"request id {request_id}: {error}"
    if len(error["message"]) > 600:
        yield f"long: {error}"
    for word in _INSIDE.finditer(error["message"]):
        if word[0] not in echoed:
            yield f"inside ({word[0]}): {error}"
