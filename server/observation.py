"""What is noted of one HTTP request while it is answered, for its log line and the metrics."""

import hashlib
from collections.abc import Mapping
from contextvars import ContextVar, Token
from functools import lru_cache
from typing import Any, Final

import msgspec
from graphql import OperationDefinitionNode

from providers.call_record import CallRecord
from resolvers.context import Context
from server.operations.cost import Cost
from server.read_metrics import Alike, counted

LONGEST_NAME: Final = 80
_MOST_KNOWN: Final = 256
_LONGEST_KNOWN: Final = 8192


class Observation(msgspec.Struct):
    """Facts of one request: no variable, no header, no text of the document.

    ``cost_calls`` and ``cost_items`` are what its operations come to at worst.
    ``reads`` counts the upstream reads that look alike in the metrics, ``verdicts`` by where their answer came from.
    ``response`` is HIT where a kept answer was given, JOINED where it was that of another request in flight, MISS where
    it could have been either, and empty where that was out of question.
    """

    request_id: str = ""
    operations: list[str] = []
    types: list[str] = []
    hashes: list[str] = []
    cost_calls: int = 0
    cost_items: int = 0
    calls: list[CallRecord] = []
    reads: Mapping[Alike, int] = {}
    verdicts: dict[str, int] = {}
    saved: dict[str, int] = {}
    codes: list[str] = []
    response: str = ""

    def note_operation(self, operation: OperationDefinitionNode | None, digest: str, cost: Cost) -> None:
        """Note which operation was asked for, by its name and the document's SHA-256, and its cost at worst."""
        self.operations.append((name_of(operation) or "")[:LONGEST_NAME])
        if operation:
            self.types.append(operation.operation.value)
        self.hashes.append(digest)
        self.cost_calls += cost.calls
        self.cost_items += cost.items

    def note_asked(self, other: "Observation") -> None:
        """Note that the operations are those of another request."""
        self.operations, self.types, self.hashes = other.operations, other.types, other.hashes
        self.cost_calls, self.cost_items = other.cost_calls, other.cost_items

    def note_same(self, other: "Observation", verdict: str) -> None:
        """Note that the operations are those of another request, and that its answer was given."""
        self.note_asked(other)
        self.response = verdict

    def take_reads(self, other: "Observation") -> None:
        """Note what was read for another, which counts there no more."""
        if other.calls:
            self.calls, other.calls = other.calls, []
            self.reads, other.reads = other.reads, {}
            self.verdicts, other.verdicts = other.verdicts, {}
        if other.saved:
            self.saved, other.saved = other.saved, {}

    def asked(self) -> "Observation":
        """Return what was asked for, without what it came to."""
        asked = Observation()
        asked.note_asked(self)
        return asked

    def note_calls(self, context: Context) -> None:
        """Note the calls of a request that is over and those that its loaders saved."""
        self.calls.extend(context.scope.calls)
        if self.calls:
            self.reads, self.verdicts = counted(self.calls), {}
        verdicts = self.verdicts
        for (_, _, verdict, _), times in self.reads.items():
            verdicts[verdict] = verdicts.get(verdict, 0) + times
        found = {
            "batching": context.loaders.repeats,
            "merging": context.loaders.calls_merged,
            "joining": verdicts.get("JOINED", 0),
            "cache": verdicts.get("HIT", 0) + verdicts.get("STALE", 0),
        }
        self.saved = {by: times + self.saved.get(by, 0) for by, times in found.items()}

    def note_answer(self, answer: Mapping[str, Any]) -> None:
        """Note the codes of an answer's errors."""
        if "errors" in answer:
            self.codes.extend(error["extensions"]["code"] for error in answer["errors"])


def name_of(operation: OperationDefinitionNode | None) -> str | None:
    """Return the name that a document gives its operation."""
    return operation.name.value if operation and operation.name else None


def digest(document: str) -> str:
    """Name a document by its SHA-256, as persisted queries do."""
    return _known_digest(document) if len(document) <= _LONGEST_KNOWN else _digest(document)


def _digest(document: str) -> str:
    return hashlib.sha256(document.encode("utf-8", "surrogatepass")).hexdigest()


_known_digest = lru_cache(_MOST_KNOWN)(_digest)

_CURRENT: ContextVar[Observation | None] = ContextVar("observation", default=None)


def observation() -> Observation:
    """Return the observation of the request that is being answered; one that nobody reads where there is none."""
    return _CURRENT.get() or Observation()


def observe(noted: Observation) -> Token[Observation | None]:
    """Let what this task and its children note go there."""
    return _CURRENT.set(noted)


def observe_no_more(before: Token[Observation | None]) -> None:
    """Let what is noted go where it went before."""
    _CURRENT.reset(before)
