"""A GraphQL request as HTTP carries it: what is asked, or why it is refused."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from server.operations.values import JsonObject

# The draft of the specification, Code Generator's clients, and Relay each have a name of their own for it.
_DOCUMENT_IDS: Final = ("documentId", "id", "doc_id")


class RequestRefused(Exception):
    """A request that is refused before any field is run: the HTTP status, the code, and what was wanted.

    ``details`` are further extensions of the error, such as ``retryAfterSeconds``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.details = details or {}


class GraphQLRequest(msgspec.Struct, frozen=True):
    """One operation that is asked for; ``query`` is empty where an id or the extensions name a known one."""

    query: str
    operation_name: str | None = None
    variables: JsonObject | None = None
    extensions: JsonObject | None = None
    document_id: str | None = None

    @property
    def persisted_hash(self) -> str | None:
        """The SHA-256 of a persisted query as clients of Apollo name it; None where none is named."""
        persisted = (self.extensions or {}).get("persistedQuery")
        named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        return named if isinstance(named, str) else None


def from_json(body: bytes, most: int) -> GraphQLRequest | tuple[GraphQLRequest, ...]:
    """Read a request, or a batch of up to ``most``, from a JSON body; raises RequestRefused."""
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refused("wanted a JSON body, got what is none") from None
    if not isinstance(sent, list):
        return _request(sent)
    if not 1 <= len(sent) <= most:
        raise refused(f"wanted a batch of 1 to {most} operations, got {len(sent)}")
    return tuple(_request(each) for each in sent)


def from_parameters(parameters: Mapping[str, str]) -> GraphQLRequest:
    """Read a request from the query of a URL; raises RequestRefused."""
    sent: JsonObject = dict(parameters)
    for name in ("variables", "extensions"):
        text = sent.pop(name, "")
        try:
            sent[name] = msgspec.json.decode(text) if text else None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise refused(f"wanted JSON in the parameter {name}") from None
    return _request(sent)


def _request(sent: object) -> GraphQLRequest:
    if not isinstance(sent, dict):
        raise refused("wanted a JSON object with a query")
    query = _text(sent, "query", "a string")
    name = _text(sent, "operationName", "a string or null")
    variables, extensions = _object(sent, "variables"), _object(sent, "extensions")
    asked = GraphQLRequest(query or "", name or None, variables, extensions, _document_id(sent))
    if not asked.query.strip() and asked.persisted_hash is None and asked.document_id is None:
        raise refused("wanted a query of at least one operation")
    return asked


def _text(sent: JsonObject, key: str, wanted: str) -> str | None:
    value = sent.get(key)
    if not isinstance(value, str | None):
        raise refused(f"wanted {wanted} as {key}")
    return value


def _object(sent: JsonObject, key: str) -> JsonObject | None:
    value = sent.get(key)
    if not isinstance(value, dict | None):
        raise refused(f"wanted an object or null as {key}")
    return value


def _document_id(sent: JsonObject) -> str | None:
    named = next((sent[name] for name in _DOCUMENT_IDS if sent.get(name)), None)
    if not isinstance(named, str | None):
        raise refused("wanted a string as the document's id")
    return named


def refused(message: str) -> RequestRefused:
    """Make the refusal of a request that is malformed."""
    return RequestRefused(400, "BAD_REQUEST", message)
