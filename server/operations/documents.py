"""Documents, parsed and validated once."""

from collections import OrderedDict
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    specified_rules,
    validate,
)

MOST_DOCUMENTS: Final = 1000
LONGEST_KEPT: Final = 64 * 1024
MOST_TOKENS: Final = 5000


class Document(msgspec.Struct, frozen=True):
    """A document with what is wrong with it: ``errors`` is empty for one that may run."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """Find the operation to run: the named one, or the only one; None where there is none such."""
        operations = [
            definition
            for definition in (self.node.definitions if self.node else ())
            if isinstance(definition, OperationDefinitionNode)
        ]
        if not name:
            return operations[0] if len(operations) == 1 else None
        return next((each for each in operations if each.name and each.name.value == name), None)


class Documents:
    """The documents of one schema, the most recently used of them kept."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def read(self, text: str) -> Document:
        """Parse and validate a text, or find it among those that were."""
        known = self._kept.get(text)
        if known is not None:
            self._kept.move_to_end(text)
            return known
        document = self._made(text)
        if len(text) <= LONGEST_KEPT:
            self._kept[text] = document
            if len(self._kept) > MOST_DOCUMENTS:
                self._kept.popitem(last=False)
        return document

    def _made(self, text: str) -> Document:
        try:
            node = parse(text, max_tokens=MOST_TOKENS)
        except GraphQLSyntaxError as error:
            return Document(node=None, errors=(error,))
        except RecursionError:
            return Document(node=None, errors=(GraphQLError("the document is nested too deeply"),))
        return Document(node=node, errors=tuple(validate(self._schema, node, specified_rules)))


def is_query(operation: OperationDefinitionNode) -> bool:
    """Tell whether an operation only reads."""
    return operation.operation is OperationType.QUERY
