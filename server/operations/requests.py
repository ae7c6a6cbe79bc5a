"""A GraphQL request as HTTP carries it: what is asked, or why it is refused."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from server.operations.failures import EXECUTORS, PROPAGATE
from server.operations.values import JsonObject

# The draft of the specification, Code Generator's clients, and Relay each have a name of their own for it.
MOST_NESTED: Final = 100
"""Lists and objects of a request within each other."""

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
    """One operation that is asked for; ``query`` is empty where an id or the extensions name a known one.

    ``on_error`` is what becomes of a position that fails: PROPAGATE, NULL or HALT.
    """

    query: str
    operation_name: str | None = None
    variables: JsonObject | None = None
    extensions: JsonObject | None = None
    document_id: str | None = None
    on_error: str = PROPAGATE

    @property
    def persisted_hash(self) -> str | None:
        """The SHA-256 of a persisted query as clients of Apollo name it; None where none is named."""
        persisted = (self.extensions or {}).get("persistedQuery")
        named = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
        return named if isinstance(named, str) else None

    @property
    def registers(self) -> bool:
        """Whether it brings a text along with the hash by which it will be named from now on."""
        return bool(self.query) and self.persisted_hash is not None


def from_json(
    body: bytes, most: int, *, reads_on_error: bool = False
) -> GraphQLRequest | tuple[GraphQLRequest, ...]:
    """Read a request, or a batch of up to ``most``, from a JSON body; raises RequestRefused."""
    sent = _decoded(body, "wanted a JSON body, got what is none")
    if not isinstance(sent, list):
        return _request(sent, reads_on_error=reads_on_error)
    if not 1 <= len(sent) <= most:
        raise refused(f"wanted a batch of 1 to {most} operations, got {len(sent)}")
    return tuple(_request(each, reads_on_error=reads_on_error) for each in sent)


def from_parameters(parameters: Mapping[str, str], *, reads_on_error: bool = False) -> GraphQLRequest:
    """Read a request from the query of a URL; raises RequestRefused."""
    sent: JsonObject = dict(parameters)
    for name in ("variables", "extensions"):
        text = sent.pop(name, "")
        # Half a surrogate pair is no JSON: it becomes what is refused below.
        wanted = f"wanted JSON in the parameter {name}"
        sent[name] = _decoded(text.encode("utf-8", "surrogatepass"), wanted) if text else None
    return _request(sent, reads_on_error=reads_on_error)


def _decoded(text: bytes, wanted: str) -> object:
    try:
        decoded: object = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refused(wanted) from None
    # What is read by recursion later, such as a scalar of any shape, would exhaust the stack.
    if text.count(b"[") + text.count(b"{") > MOST_NESTED and _is_nested_too_deeply(decoded):
        raise refused(f"wanted JSON that is nested at most {MOST_NESTED} deep")
    return decoded


def _is_nested_too_deeply(decoded: object) -> bool:
    level = [decoded]
    for _ in range(MOST_NESTED):
        objects = [each.values() for each in level if isinstance(each, dict)]
        lists = [each for each in level if isinstance(each, list)]
        level = [each for inner in (*objects, *lists) for each in inner]
    return any(isinstance(each, dict | list) for each in level)


def _request(sent: object, *, reads_on_error: bool) -> GraphQLRequest:
    if not isinstance(sent, dict):
        raise refused("wanted a JSON object with a query")
    query = _text(sent, "query", "a string")
    name = _text(sent, "operationName", "a string or null")
    variables, extensions = _object(sent, "variables"), _object(sent, "extensions")
    # Whoever does not know a member of a request ignores it, so without the setting it may hold anything.
    on_error = _on_error(sent) if reads_on_error else PROPAGATE
    asked = GraphQLRequest(query or "", name or None, variables, extensions, _document_id(sent), on_error)
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


def _on_error(sent: JsonObject) -> str:
    value = sent.get("onError")
    if value is None:
        return PROPAGATE
    if not isinstance(value, str) or value not in EXECUTORS:
        raise refused(f"wanted {', '.join(EXECUTORS)} or null as onError")
    return value


def refused(message: str) -> RequestRefused:
    """Make the refusal of a request that is malformed."""
    return RequestRefused(400, "BAD_REQUEST", message)
