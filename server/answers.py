"""Answers in JSON: results, and refusals that carry a code and the request's id."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from graphql import GraphQLError
from starlette.requests import HTTPConnection
from starlette.responses import Response

from server.graphql_errors import formatted, plain_error
from server.negotiation import PLAIN_JSON
from server.observation import observation
from server.operations.requests import RequestRefused
from server.operations.values import JsonObject

_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def request_id_of(connection: HTTPConnection) -> str:
    """Take the client's request id where it has a usable form, else make one; the same for a request's whole life."""
    state = connection.scope.setdefault("state", {})
    known: str | None = state.get("request_id")
    if known is None:
        known = state["request_id"] = request_id_from(connection.headers.get("x-request-id"))
    return known


def request_id_from(sent: str | None) -> str:
    """Take what a client sent as its request's id, or make one."""
    return sent if sent and _REQUEST_ID.fullmatch(sent) else os.urandom(16).hex()


def answer_response(
    answer: Mapping[str, object] | Sequence[Mapping[str, object]],
    media_type: str,
    status: int,
    request_id: str,
    headers: Callable[[bytes], Mapping[str, str]] = lambda _: {},
) -> Response:
    """Write an answer, or the answers of a batch; ``headers`` tells more of them, in lower case, by the body."""
    body = encoded(answer)
    told = {
        "content-type": f"{media_type}; charset=utf-8",
        "x-request-id": request_id,
        "vary": "Accept, Accept-Language",
        **headers(body),
    }
    return Written(
        body,
        status,
        [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in told.items()],
    )


class Written(Response):
    """An answer whose headers are as they leave, but for its length."""

    def __init__(self, body: bytes, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        self.status_code = status
        self.background = None
        self.body = body
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]


def refusal_response(
    connection: HTTPConnection, refusal: RequestRefused, media_type: str = PLAIN_JSON
) -> Response:
    """Write a refusal."""
    request_id = request_id_of(connection)
    error = plain_error(str(refusal), refusal.code, request_id, refusal.details)
    observation().note_answer({"errors": [error]})
    headers = {"cache-control": "no-store", **refusal.headers}
    return answer_response({"errors": [error]}, media_type, refusal.status, request_id, lambda _: headers)


def noted_errors(errors: Iterable[GraphQLError], request_id: str) -> list[JsonObject]:
    """Write the errors of a part of an answer, and note their codes."""
    listed = formatted(errors, request_id, ran=True)
    observation().note_answer({"errors": listed})
    return listed


def encoded(answer: object) -> bytes:
    """Write JSON; half a surrogate pair, which JSON in UTF-8 cannot hold, becomes a question mark."""
    try:
        return msgspec.json.encode(answer)
    except UnicodeEncodeError:
        return msgspec.json.encode(_cleaned(answer))


def _cleaned(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(each) for each in value]
    return value
