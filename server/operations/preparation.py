"""From what is asked to an operation that may run: known, within its limits, its variables read, its cost told."""

from collections.abc import Hashable
from typing import Final

import msgspec
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql.execution.values import VariableValues

from server.operations.cost import Cost, Estimate
from server.operations.documents import Document, Documents, is_query
from server.operations.hints import Hints
from server.operations.incremental import is_incremental
from server.operations.kept import Kept
from server.operations.limits import Limits, TooComplex
from server.operations.requests import GraphQLRequest, RequestRefused
from server.operations.tariff import Prices, Tariff
from server.operations.values import Value
from server.operations.variables import UnfitVariable, read_variables

LONGEST_KEPT: Final = 16 * 1024
MOST_CHARACTERS: Final = 256 * 1024
"""Of the texts and variables of operations that are kept."""
ENTRY_CHARACTERS: Final = 64


_Key = tuple[str, str | None, bytes]


class UnknownOperation(GraphQLError):
    """The document has no operation of the name that is asked for, or several and none is named."""


class Budget(msgspec.Struct, frozen=True):
    """What one operation may cost."""

    calls: int
    items: int


class Prepared(msgspec.Struct, frozen=True):
    """An operation that may run unless it has errors, and what it costs at worst.

    ``is_incremental`` where it has a @defer or @stream in force, so that it may answer in several parts. ``memory`` is
    for what its resolvers learn, with its variables as they were read.
    """

    document: Document
    cost: Cost = Cost(0, 0)
    errors: tuple[GraphQLError, ...] = ()
    is_incremental: bool = False
    memory: dict[Hashable, Value] = {}


class Operations:
    """The operations of one schema. Without ``introspection`` nothing tells of the schema."""

    def __init__(
        self,
        schema: GraphQLSchema,
        prices: Prices,
        budget: Budget,
        limits: Limits,
        *,
        introspection: bool = True,
        hints: Hints | None = None,
    ) -> None:
        self._schema = schema
        self._tariff = Tariff(schema, prices)
        self._budget = budget
        self._introspection = introspection
        self._documents = Documents(schema, limits, introspection=introspection, hints=hints)
        self._known: Kept[_Key, Prepared] = Kept(MOST_CHARACTERS)

    def prepare(self, asked: GraphQLRequest, *, queries_alone: bool = False) -> Prepared:
        """Prepare an operation; raises RequestRefused for one with effects where queries alone may run."""
        document = self._documents.read(asked.query)
        operation = document.operation(asked.operation_name)
        if queries_alone and operation is not None and not is_query(operation):
            raise RequestRefused(405, "BAD_REQUEST", "wanted POST for what is no query", {"allow": "POST"})
        if document.node is None or document.errors:
            return Prepared(document, errors=document.errors)
        if operation is None:
            message = "wanted the name of one of the document's operations as operationName"
            return Prepared(document, errors=(UnknownOperation(message),))
        return self._known_or_told(asked, document, document.node, operation)

    def faults(self, text: str) -> list[GraphQLError]:
        """Tell what keeps the operations of a document from running; variables that it needs are none."""
        document = self._documents.read(text)
        names = [each.name.value if each.name else None for each in document.operations]
        prepared = [self.prepare(GraphQLRequest(text, name)) for name in names]
        errors = [*document.errors, *(error for each in prepared for error in each.errors)]
        return [error for error in errors if not isinstance(error, UnfitVariable)]

    def _known_or_told(
        self,
        asked: GraphQLRequest,
        document: Document,
        node: DocumentNode,
        operation: OperationDefinitionNode,
    ) -> Prepared:
        variables = msgspec.json.encode(asked.variables)
        key = (asked.query, asked.operation_name, variables)
        known = self._known.find(key)
        if known is not None:
            return known
        told = self._told(asked, document, node, operation)
        size = len(asked.query) + len(variables)
        if size <= LONGEST_KEPT:
            self._known.keep(key, told, size + ENTRY_CHARACTERS)
        return told

    def _told(
        self,
        asked: GraphQLRequest,
        document: Document,
        node: DocumentNode,
        operation: OperationDefinitionNode,
    ) -> Prepared:
        variables = read_variables(self._schema, operation, asked.variables, suggestions=self._introspection)
        if isinstance(variables, list):
            return Prepared(document, errors=tuple(variables))
        try:
            cost = Estimate(self._tariff, node, variables).of(operation)
        except TooComplex as error:
            return Prepared(document, errors=(error,))
        errors = tuple(cost.exceeded(self._budget.calls, self._budget.items))
        # Only a text that has the sign of directives has one.
        in_parts = "@" in asked.query and is_incremental(node, variables)
        return Prepared(document, cost, errors, is_incremental=in_parts, memory={VariableValues: variables})
