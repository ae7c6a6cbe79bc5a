"""How long parts of a schema let an answer be kept, and what that comes to for a document."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    get_named_type,
    is_composite_type,
)

from server.operations.limits import selection_set_of


class Hint(msgspec.Struct, frozen=True):
    """The most that an answer may be kept, in seconds; None: for as long as its data is good.

    ``is_private`` where nobody but its client may keep it; ``inherits`` where a field is good for as long as what it
    stands in, whatever its type says.
    """

    max_age_s: int | None = None
    is_private: bool = False
    inherits: bool = False


Hints = Mapping[str, Hint]
"""By schema coordinate: ``Type`` or ``Type.field``."""

FREE = Hint()


def strictest(hints: Iterable[Hint]) -> Hint:
    """Join hints: the shortest time of all, and private where one is."""
    found = list(hints)
    ages = [each.max_age_s for each in found if each.max_age_s is not None]
    inherits = bool(found) and all(each.inherits for each in found)
    return Hint(min(ages, default=None), any(each.is_private for each in found), inherits)


class HintTable:
    """The hints of one schema by its fields, as a table that fills while it is used."""

    def __init__(self, schema: GraphQLSchema, hints: Hints) -> None:
        self._schema = schema
        self._hints = hints
        # By type and field: the type below the field, and what both say.
        self._known: dict[tuple[str, str], tuple[GraphQLNamedType | None, frozenset[Hint]]] = {}

    def of(self, document: DocumentNode) -> Hint:
        """Tell how long an answer to a valid document may be kept, whatever its variables and conditions.

        Each field is looked at once, that of a fragment too, however often it is spread.
        """
        if not self._hints:
            return FREE
        waiting = [
            (_root(self._schema, each), each.selection_set)
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode | FragmentDefinitionNode)
        ]
        found = {self._hints.get(kind.name, FREE) for kind, _ in waiting if kind is not None}
        while waiting:
            parent, selections = waiting.pop()
            for node in selections.selections:
                kind, told = self._told(parent, node)
                found |= told
                below = selection_set_of(node)
                if below is not None:
                    waiting.append((kind, below))
        return strictest(found)

    def _told(
        self, parent: GraphQLNamedType | None, node: SelectionNode
    ) -> tuple[GraphQLNamedType | None, frozenset[Hint]]:
        if not isinstance(node, FieldNode) or parent is None:
            kind = _type_of(self._schema, parent, node)
            return kind, frozenset(_hints_at(parent, node, kind, self._hints))
        where = (parent.name, node.name.value)
        known = self._known.get(where)
        if known is None:
            kind = _type_of(self._schema, parent, node)
            known = kind, frozenset(_hints_at(parent, node, kind, self._hints))
            # What a valid document cannot name is not kept: there is no end of it.
            if kind is not None:
                self._known[where] = known
        return known


def _root(
    schema: GraphQLSchema, definition: OperationDefinitionNode | FragmentDefinitionNode
) -> GraphQLNamedType | None:
    if isinstance(definition, OperationDefinitionNode):
        return schema.get_root_type(definition.operation)
    return schema.get_type(definition.type_condition.name.value)


def _type_of(
    schema: GraphQLSchema, parent: GraphQLNamedType | None, node: SelectionNode
) -> GraphQLNamedType | None:
    """Find the type that stands below a node."""
    if isinstance(node, FieldNode) and is_composite_type(parent):
        field = schema.get_field(parent, node.name.value)
        return get_named_type(field.type) if field else None
    if isinstance(node, InlineFragmentNode) and node.type_condition:
        return schema.get_type(node.type_condition.name.value)
    return parent


def _hints_at(
    parent: GraphQLNamedType | None, node: SelectionNode, kind: GraphQLNamedType | None, hints: Hints
) -> Iterator[Hint]:
    """List what a field and its type say, or the type that a fragment is for."""
    if kind is parent and not isinstance(node, FieldNode):
        return
    at_field = FREE
    if isinstance(node, FieldNode) and parent is not None:
        at_field = hints.get(f"{parent.name}.{node.name.value}", FREE)
        yield at_field
    if kind is not None and at_field.max_age_s is None and not at_field.inherits:
        yield hints.get(kind.name, FREE)
