"""The operations of one HTTP request, and what its client wants beside their answers."""

import hashlib
from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property
from typing import Final

import msgspec
from graphql import FieldNode

from server.observation import Observation, digest, observation
from server.operations import ftv1
from server.operations.documents import is_query
from server.operations.hints import Hint, strictest
from server.operations.preparation import Prepared
from server.operations.requests import GraphQLRequest
from server.readiness import Readiness
from server.receipt import HEADER, WANTED, WANTED_DRY


class Extras(msgspec.Struct, frozen=True):
    """What a client wants beside the answer: ``explain`` as its header says it, and a trace of the fields."""

    explain: str | None
    wants_trace: bool

    @property
    def wants_receipt(self) -> bool:
        """Whether the calls that were made are to be told."""
        return self.explain == WANTED

    @property
    def is_dry(self) -> bool:
        """Whether the calls are to be told instead of made."""
        return self.explain == WANTED_DRY


NOTHING_MORE: Final = Extras(explain=None, wants_trace=False)


def extras_of(headers: Mapping[str, str], *, explains: bool) -> Extras:
    """Read what is wanted; without ``explains`` no calls are told."""
    explain = headers.get(HEADER) if explains else None
    # What is not understood is not kept: it stands in the keys of answers.
    return Extras(
        explain if explain in {WANTED, WANTED_DRY} else None, headers.get(ftv1.HEADER) == ftv1.WANTED
    )


class Question(msgspec.Struct, frozen=True):
    """What an answer follows from, time aside. ``purges`` counts those that were known when it was asked."""

    identity: Hashable
    locale: str
    media_type: str
    is_router: bool
    extras: Extras
    purges: int


class Batch(msgspec.Struct, frozen=True, dict=True):
    """What is asked for, and what was prepared of each; ``is_list`` where the answers too leave as a list.

    ``registers`` where a text came along with the hash by which it will be named.
    """

    asked: tuple[GraphQLRequest, ...]
    prepared: tuple[Prepared, ...]
    is_list: bool
    registers: bool

    def __iter__(self) -> Iterator[tuple[GraphQLRequest, Prepared]]:
        return zip(self.asked, self.prepared, strict=True)

    @cached_property
    def calls(self) -> int:
        """How many upstream calls all of it makes at worst."""
        return sum(each.cost.calls for each in self.prepared)

    @cached_property
    def is_anybodys(self) -> bool:
        """Whether its answer may be handed to whoever asks the same."""
        return not (self.is_list or self.hint.is_private)

    @cached_property
    def hint(self) -> Hint:
        """How long an answer to all of it may be kept."""
        return strictest(each.document.hint for each in self.prepared)

    @cached_property
    def is_incremental(self) -> bool:
        """Whether an operation that may run answers in several parts."""
        return any(each.is_incremental and not each.errors for each in self.prepared)

    @cached_property
    def identity(self) -> bytes:
        """The same for what asks the same: texts, names, variables, and what failures become."""
        listed = [(each.query, each.operation_name, each.variables, each.on_error) for each in self.asked]
        # A list of one is answered by a list.
        asked = msgspec.json.encode((self.is_list, listed))
        return hashlib.sha256(asked).digest()

    @cached_property
    def readiness(self) -> Readiness:
        """Whether what it reads is at hand."""
        return Readiness()

    @cached_property
    def is_repeatable(self) -> bool:
        """Whether it only reads, in one operation and one part, so that it may be run a second time."""
        if self.is_list or self.is_incremental:
            return False
        operation = self.prepared[0].document.operation(self.asked[0].operation_name)
        return operation is not None and is_query(operation)

    @cached_property
    def is_without_calls(self) -> bool:
        """Whether it only reads, so, what no provider is asked for."""
        return not self.calls and self.is_repeatable

    @cached_property
    def is_constant(self) -> bool:
        """Whether it asks for nothing but what the schema itself tells, directly at its top."""
        operation = self.prepared[0].document.operation(self.asked[0].operation_name)
        if operation is None or self.prepared[0].errors or not self.is_without_calls:
            return False
        selections = operation.selection_set.selections
        return all(isinstance(each, FieldNode) and each.name.value.startswith("__") for each in selections)

    def note(self) -> None:
        """Note each operation for the request's log line and the metrics."""
        observation().note_asked(self._noted)

    @cached_property
    def _noted(self) -> Observation:
        noted = Observation()
        for each, operation in self:
            asked = operation.document.operation(each.operation_name)
            noted.note_operation(asked, digest(each.query), operation.cost)
        return noted
