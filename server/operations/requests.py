"""A GraphQL request as HTTP carries it: what is asked, or why it is refused."""

from collections.abc import Mapping
from typing import Any

import msgspec


class RequestRefused(Exception):
    """A request that is refused before any field is run: the HTTP status, the code, and what was wanted."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}


class GraphQLRequest(msgspec.Struct, frozen=True):
    """One operation that is asked for."""

    query: str
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


def from_json(body: bytes) -> GraphQLRequest:
    """Read a request from a JSON body; raises RequestRefused."""
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _refused("wanted a JSON body, got what is none") from None
    if not isinstance(sent, dict):
        raise _refused("wanted a JSON object with a query")
    return _request(sent)


def from_parameters(parameters: Mapping[str, str]) -> GraphQLRequest:
    """Read a request from the query of a URL; raises RequestRefused."""
    sent: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        text = sent.pop(name, "")
        try:
            sent[name] = msgspec.json.decode(text) if text else None
        except (msgspec.DecodeError, RecursionError):
            raise _refused(f"wanted JSON in the parameter {name}") from None
    return _request(sent)


def _request(sent: Mapping[str, Any]) -> GraphQLRequest:
    query, name = sent.get("query"), sent.get("operationName")
    variables, extensions = sent.get("variables"), sent.get("extensions")
    if not isinstance(query, str) or not query.strip():
        raise _refused("wanted a query of at least one operation")
    if not isinstance(name, str | None):
        raise _refused("wanted a string or null as operationName")
    for key, value in (("variables", variables), ("extensions", extensions)):
        if not isinstance(value, dict | None):
            raise _refused(f"wanted an object or null as {key}")
    return GraphQLRequest(
        query=query, operation_name=name or None, variables=variables, extensions=extensions
    )


def _refused(message: str) -> RequestRefused:
    return RequestRefused(400, "BAD_REQUEST", message)
