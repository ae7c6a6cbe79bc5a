"""Documents, parsed, measured and validated once."""

from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    ValidationRule,
    VisitorAction,
    parse,
    specified_rules,
    validate,
)
from graphql.validation.validate import ValidationAbortedError

from server.operations.acceptance import Acceptance
from server.operations.hints import FREE, Hint, Hints, HintTable
from server.operations.kept import Kept
from server.operations.limits import Limits, Measure, TooComplex
from server.operations.merging import MergingRule
from server.operations.parsing import parsed

LONGEST_KEPT: Final = 64 * 1024
MOST_CHARACTERS: Final = 512 * 1024
"""Of the texts of documents that are kept: a parsed document takes about 90 bytes for each."""
ENTRY_CHARACTERS: Final = 32
MOST_ERRORS: Final = 20

SCHEMA_TEXTS: Final = frozenset({"_service", "_sdl"})
RULES: Final = tuple(
    MergingRule if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
)


class NoSchemaTextRule(ValidationRule):
    """Refuses the fields by which routers of larger graphs read the whole schema as text."""

    def enter_field(self, node: FieldNode, *_: object) -> VisitorAction:
        """Look at one field."""
        if node.name.value in SCHEMA_TEXTS:
            message = f"Field '{node.name.value}' tells of the schema, which only the router may read."
            self.context.report_error(GraphQLError(message, node))
        return None


class Document(msgspec.Struct, frozen=True):
    """A document with what is wrong with it: ``errors`` is empty for one that may run.

    ``hint`` is how long an answer to it may be kept.
    """

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    hint: Hint = FREE

    @property
    def operations(self) -> list[OperationDefinitionNode]:
        """The operations of the document."""
        definitions = self.node.definitions if self.node else ()
        return [each for each in definitions if isinstance(each, OperationDefinitionNode)]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Find the operation to run: the named one, or the only one; None where there is none such."""
        operations = self.operations
        if not name:
            return operations[0] if len(operations) == 1 else None
        return next((each for each in operations if each.name and each.name.value == name), None)


class Documents:
    """The documents of one schema, those kept that are used again.

    Without ``introspection`` nothing tells of the schema: no introspection, and no suggestion in an error. ``hints``
    are how long parts of the schema let an answer be kept.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits | None = None,
        *,
        introspection: bool = True,
        hints: Hints | None = None,
    ) -> None:
        self._schema = schema
        self._limits = limits or Limits()
        self._introspection = introspection
        self._hints = HintTable(schema, hints or {})
        self._rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule, NoSchemaTextRule)
        self._acceptance = Acceptance(schema, SCHEMA_TEXTS)
        self._kept: Kept[str, Document] = Kept(MOST_CHARACTERS)

    def read(self, text: str) -> Document:
        """Parse, measure and validate a text, or find it among those that were."""
        known = self._kept.find(text)
        if known is not None:
            return known
        document = self._made(text)
        if len(text) <= LONGEST_KEPT:
            self._kept.keep(text, document, len(text) + ENTRY_CHARACTERS)
        return document

    def _made(self, text: str) -> Document:
        if len(text) > self._limits.characters:
            too_long = TooComplex("characters", len(text), self._limits.characters)
            return Document(node=None, errors=(too_long,))
        try:
            node = parsed(text, self._limits.tokens) or _parsed_by_graphql_core(text, self._limits.tokens)
            exceeded = tuple(Measure(node).exceeded(self._limits))
        except GraphQLSyntaxError as error:
            return Document(node=None, errors=(self._syntax_error(error),))
        except RecursionError:
            return Document(node=None, errors=(too_deep(self._limits),))
        if exceeded:
            return Document(node=node, errors=exceeded)
        errors = [] if self._acceptance.accepts(node) else self._validated(node)
        if len(errors) == 1 and isinstance(errors[0], ValidationAbortedError):
            # Among other errors it says that they are too many; alone, that fragments are nested too deeply.
            return Document(node=node, errors=(too_deep(self._limits),))
        hint = FREE if errors else self._hints.of(node)
        return Document(node=node, errors=tuple(errors), hint=hint)

    def _validated(self, node: DocumentNode) -> list[GraphQLError]:
        return validate(
            self._schema,
            node,
            self._rules,
            max_errors=MOST_ERRORS,
            hide_suggestions=not self._introspection,
        )

    def _syntax_error(self, error: GraphQLSyntaxError) -> GraphQLError:
        # The parser gives up at the first token too many, or too deep, and tells of it as of any wrong token.
        if "nested too deeply" in error.message:
            return too_deep(self._limits)
        if f"more than {self._limits.tokens} tokens" in error.message:
            allowed = self._limits.tokens
            return TooComplex("tokens", allowed + 1, allowed, f"wanted at most {allowed} tokens, got more")
        return error


def _parsed_by_graphql_core(text: str, most_tokens: int) -> DocumentNode:
    node = parse(text, max_tokens=most_tokens, allow_empty_selection_sets=False)
    # Tokens that know what is before and behind them are circles, which would wait for the garbage collector.
    token = node.loc.start_token if node.loc else None
    while token is not None:
        token.prev = None
        token = token.next
    return node


def too_deep(limits: Limits) -> TooComplex:
    """Tell of a document that is nested so deeply that nobody counted how deep."""
    wanted = f"wanted fields nested at most {limits.depth} deep, got far more, or fragments within fragments"
    return TooComplex("depth", limits.depth + 1, limits.depth, wanted)


def is_query(operation: OperationDefinitionNode) -> bool:
    """Tell whether an operation only reads."""
    return operation.operation is OperationType.QUERY
