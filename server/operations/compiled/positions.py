"""Places of an operation: which field stands where, and what type its value must become."""

from typing import TypeAlias, cast

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path

# A path while all goes well: nested tuples of what a graphql-core path holds, cheap to make and seldom looked at.
Steps: TypeAlias = "tuple[Steps, str | int, str | None] | Path | None"


class Position:
    """A value to be completed: that of a field of a selection on an object type, or of an item of its list.

    ``details`` are all nodes that merged into the field.
    """

    __slots__ = ("definition", "details", "nodes", "parent", "type")

    def __init__(
        self,
        details: list[FieldDetails],
        definition: GraphQLField,
        parent: GraphQLObjectType,
        type_: GraphQLOutputType,
    ) -> None:
        self.details = details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.definition = definition
        self.parent = parent
        self.type = type_

    def of_items(self, type_: GraphQLOutputType) -> "Position":
        """Make that of the items of a list."""
        return Position(self.details, self.definition, self.parent, type_)


def as_path(steps: Steps) -> Path:
    """Make graphql-core's path of a path, which is not the root's."""
    if isinstance(steps, Path) or steps is None:
        return cast("Path", steps)
    previous, key, typename = steps
    return Path(as_path(previous), key, typename)


def field_path(path: Path) -> Path:
    """Find the path of the field whose list, or list of lists, an item stands in."""
    while isinstance(path.key, int) and path.prev is not None:
        path = path.prev
    return path
