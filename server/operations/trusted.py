"""Trusted documents: the operations that clients were built with, known before any of them is asked for."""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from server.operations.preparation import Operations
from server.operations.requests import GraphQLRequest, RequestRefused
from server.operations.values import JsonObject

_APOLLO = "apollo-persisted-query-manifest"
_PREFIX = "sha256:"
_NO_PAIR = (None, None)
_FILES = re.compile(r".*\.(json|graphql|gql)")
_Pair = tuple[object, object]


class StaleManifest(Exception):
    """A manifest cannot be used; the one-line message names the file, the document, and why."""


def load_trusted(path: Path) -> dict[str, str]:
    """Read documents by their ids from a manifest, or from every manifest and document of a folder.

    Manifests are those of Apollo, of Relay and of GraphQL Code Generator; a document's id is its SHA-256. Raises
    StaleManifest.
    """
    files = (
        # Sorted, so that two manifests that disagree on an id do so alike on every machine.
        sorted(each for each in path.rglob("*") if _FILES.fullmatch(each.name)) if path.is_dir() else [path]
    )
    found: dict[str, str] = {}
    for file in files:
        try:
            content = file.read_text("utf-8")
            listed = _manifest(content) if file.suffix == ".json" else {_hash(content): content}
        except (OSError, UnicodeError, msgspec.DecodeError, RecursionError) as error:
            raise StaleManifest(f"{file.name}: wanted a manifest, got {type(error).__name__}") from None
        except StaleManifest as error:
            raise StaleManifest(f"{file.name}: {error}") from None
        found |= listed
    return found


def _manifest(content: str) -> dict[str, str]:
    pairs = _pairs(msgspec.json.decode(content))
    texts = {name: text for name, text in pairs if isinstance(name, str) and isinstance(text, str)}
    if len(texts) != len(pairs):
        raise StaleManifest("wanted documents by their ids, as Apollo, Relay or Code Generator write them")
    return {name.removeprefix(_PREFIX): text for name, text in texts.items()}


def _pairs(manifest: object) -> list[_Pair]:
    """List ids with their documents; what is no manifest gives a pair that is no document's."""
    if not isinstance(manifest, dict):
        return [_NO_PAIR]
    if manifest.get("format") != _APOLLO:
        return list(manifest.items())
    operations = manifest.get("operations")
    return [_pair(each) for each in operations] if isinstance(operations, list) else [_NO_PAIR]


def _pair(operation: object) -> _Pair:
    return (operation.get("id"), operation.get("body")) if isinstance(operation, dict) else _NO_PAIR


class TrustedDocuments:
    """Documents by id. ``mode`` tells what becomes of others: ``off``, ``log`` or ``enforce``."""

    def __init__(self, documents: Mapping[str, str], mode: str, notice: Callable[[str], None]) -> None:
        self._documents = documents
        self._texts = frozenset(documents.values())
        self._mode = mode
        self._notice = notice

    @property
    def are_required(self) -> bool:
        """Whether no other document may run."""
        return self._mode == "enforce"

    @property
    def are_heeded(self) -> bool:
        """Whether any document is looked up, noticed or refused."""
        return bool(self._documents) or self._mode != "off"

    # At the start, not at the first request: a stale manifest must stop the release that brings it.
    def check(self, operations: Operations) -> None:
        """Raise StaleManifest for a document that could not run: one that is malformed, invalid or too dear."""
        for name, text in self._documents.items():
            for error in operations.faults(text):
                raise StaleManifest(f"document {name}: {error.message}")

    def knows(self, asked: GraphQLRequest) -> bool:
        """Tell whether a request names a trusted document, by its id or hash."""
        return self._named_by(asked) is not None

    def completed(self, asked: GraphQLRequest) -> GraphQLRequest:
        """Put in the text that an id stands for; raises RequestRefused where only trusted ones may run."""
        text = self._named_by(asked)
        if text is not None and asked.query in {"", text}:
            return msgspec.structs.replace(asked, query=text, extensions=_without_hash(asked))
        if asked.document_id and not asked.query:
            raise _not_trusted("wanted the id of a document that this graph knows", 404)
        if asked.query not in self._texts and self._mode != "off":
            if self.are_required:
                raise _not_trusted("wanted one of the documents that this graph trusts", 400)
            self._notice(_hash(asked.query))
        return asked

    def _named_by(self, asked: GraphQLRequest) -> str | None:
        named = asked.document_id or asked.persisted_hash
        return self._documents.get(named.removeprefix(_PREFIX)) if named else None


def _without_hash(asked: GraphQLRequest) -> JsonObject | None:
    extensions = {name: value for name, value in (asked.extensions or {}).items() if name != "persistedQuery"}
    return extensions or None


def _not_trusted(message: str, status: int) -> RequestRefused:
    return RequestRefused(status, "DOCUMENT_NOT_TRUSTED", message)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
