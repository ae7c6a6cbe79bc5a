"""A GraphQL request as HTTP carries it: what is asked, or why it is refused."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

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
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
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
    sent: dict[str, Any] = dict(parameters)
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
    query, name = sent.get("query"), sent.get("operationName")
    variables, extensions = sent.get("variables"), sent.get("extensions")
    if not isinstance(query, str | None):
        raise refused("wanted a string as query")
    if not isinstance(name, str | None):
        raise refused("wanted a string or null as operationName")
    for key, value in (("variables", variables), ("extensions", extensions)):
        if not isinstance(value, dict | None):
            raise refused(f"wanted an object or null as {key}")
    document_id = _document_id(sent)
    asked = GraphQLRequest(query or "", name or None, variables, extensions, document_id)
    if not asked.query.strip() and asked.persisted_hash is None and document_id is None:
        raise refused("wanted a query of at least one operation")
    return asked


def _document_id(sent: Mapping[str, Any]) -> str | None:
    named = next((sent[name] for name in _DOCUMENT_IDS if sent.get(name)), None)
    if not isinstance(named, str | None):
        raise refused("wanted a string as the document's id")
    return named


def refused(message: str) -> RequestRefused:
    """Make the refusal of a request that is malformed."""
    return RequestRefused(400, "BAD_REQUEST", message)
