"""What a document may be, before it is validated: each fragment is visited once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

INTROSPECTION: Final = frozenset({"__schema", "__type"})


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The most that a document may have of each; ``depth`` counts fields within fields."""

    characters: int = 256 * 1024
    tokens: int = 5000
    depth: int = 12
    introspection_depth: int = 20
    aliases: int = 200
    root_fields: int = 200
    directives: int = 50
    operations: int = 50


class TooComplex(GraphQLError):
    """An operation exceeds a limit."""

    def __init__(self, limit: str, actual: int, allowed: int, message: str = "") -> None:
        super().__init__(message or f"wanted at most {allowed} {limit}, got {actual}")
        self.limit = limit
        self.actual = actual
        self.allowed = allowed


class Measure:
    """Measures one document that has been parsed, and may be wrong in any other way."""

    def __init__(self, document: DocumentNode) -> None:
        self._operations = [
            each for each in document.definitions if isinstance(each, OperationDefinitionNode)
        ]
        self._fragments: Mapping[str, FragmentDefinitionNode] = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._depths: dict[str, tuple[int, int]] = {}
        self.aliases = 0
        self.directives = 0

    def exceeded(self, limits: Limits) -> Iterator[TooComplex]:
        """Tell of every limit that the document exceeds."""
        for name, actual, allowed in self._measured(limits):
            if actual > allowed:
                yield TooComplex(name, actual, allowed)

    def _measured(self, limits: Limits) -> Sequence[tuple[str, int, int]]:
        """Tell of each limit what the document has and what it may have; every node is looked at once."""
        depths = [self._depth(operation.selection_set) for operation in self._operations]
        for name in self._fragments:
            self._depth_of_fragment(name)
        for definition in (*self._operations, *self._fragments.values()):
            self.directives += len(definition.directives or ())
        return (
            ("operations", len(self._operations), limits.operations),
            ("depth", max((depth for depth, _ in depths), default=0), limits.depth),
            (
                "introspectionDepth",
                max((depth for _, depth in depths), default=0),
                limits.introspection_depth,
            ),
            ("aliases", self.aliases, limits.aliases),
            ("rootFields", max(map(self._root_fields, self._operations), default=0), limits.root_fields),
            ("directives", self.directives, limits.directives),
        )

    def _depth(self, selections: SelectionSetNode) -> tuple[int, int]:
        """Tell how deep the fields stand, and how deep those of introspection, which count for themselves."""
        deepest = deepest_introspection = 0
        for node in selections.selections:
            if node.directives:
                self.directives += len(node.directives)
            if isinstance(node, FieldNode):
                depth, introspection = self._depth_of_field(node)
            else:
                depth, introspection = self._depth_of(node)
            deepest = max(deepest, depth)
            deepest_introspection = max(deepest_introspection, introspection)
        return deepest, deepest_introspection

    def _depth_of_field(self, node: FieldNode) -> tuple[int, int]:
        self.aliases += node.alias is not None
        depth, introspection = self._depth(node.selection_set) if node.selection_set else (0, 0)
        if node.name.value in INTROSPECTION:
            return 1, max(introspection, depth + 1)
        return depth + 1, introspection

    def _depth_of(self, node: SelectionNode) -> tuple[int, int]:
        if isinstance(node, FragmentSpreadNode):
            return self._depth_of_fragment(node.name.value)
        below = selection_set_of(node)
        return self._depth(below) if below else (0, 0)

    def _depth_of_fragment(self, name: str) -> tuple[int, int]:
        known = self._depths.get(name)
        if known is None:
            # Set first, so that a cycle ends: validation refuses it later.
            self._depths[name] = (0, 0)
            fragment = self._fragments.get(name)
            known = self._depth(fragment.selection_set) if fragment else (0, 0)
            self._depths[name] = known
        return known

    def _root_fields(self, operation: OperationDefinitionNode) -> int:
        count, seen, waiting = 0, set[str](), [operation.selection_set]
        while waiting:
            for node in waiting.pop().selections:
                if isinstance(node, FieldNode):
                    count += 1
                    continue
                below = selection_set_of(node)
                if isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                    seen.add(node.name.value)
                    fragment = self._fragments.get(node.name.value)
                    below = fragment.selection_set if fragment else None
                if below is not None:
                    waiting.append(below)
        return count


def selection_set_of(node: SelectionNode) -> SelectionSetNode | None:
    """Give what a field or an inline fragment selects; None for a leaf and for the spread of a fragment."""
    below: SelectionSetNode | None = getattr(node, "selection_set", None)
    return below
