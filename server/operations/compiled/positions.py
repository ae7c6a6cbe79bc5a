"""Places of an operation: which field stands where, and what type its value must become."""

from typing import TypeAlias, cast

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLOutputType
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path

# A path while all goes well: nested tuples of what a graphql-core path holds, cheap to make and seldom looked at.
Steps: TypeAlias = "tuple[Steps, str | int, str | None] | Path | None"


class Position:
    """One field of one selection on one object type, with every node that merged into it.

    ``spelled`` is how source names its key.
    """

    def __init__(
        self,
        key: str,
        details: list[FieldDetails],
        definition: GraphQLField,
        parent: GraphQLObjectType,
        spelled: str,
    ) -> None:
        self.key = key
        self.spelled = spelled
        self.details = details
        self.nodes: list[FieldNode] = [each.node for each in details]
        self.name = self.nodes[0].name.value
        self.definition = definition
        self.parent = parent


class Slot:
    """A value to be completed: that of a position, or of an item of its list."""

    def __init__(self, position: Position, type_: GraphQLOutputType) -> None:
        self.position = position
        self.type = type_
        self.details = position.details


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
