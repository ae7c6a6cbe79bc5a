"""What an operation's shape hangs on: the variables of its @skip and @include."""

from collections.abc import Iterable, Mapping
from typing import Final

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

_CONDITIONS: Final = {"skip", "include"}
_INTROSPECTION: Final = {"__schema", "__type"}


class NotCovered(Exception):
    """The operation uses what only the reference executor knows."""


def conditions_of(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    """Name the variables that decide what is selected; raises NotCovered."""
    names: dict[str, None] = {}
    if operation.directives:
        raise NotCovered
    _read(operation.selection_set, names)
    for fragment in fragments.values():
        if fragment.variable_definitions:
            raise NotCovered
        _read(fragment.selection_set, names)
    return tuple(names)


def _read(selections: SelectionSetNode, names: dict[str, None]) -> None:
    for node in selections.selections:
        if node.directives:
            _read_directives(node.directives, names)
        if isinstance(node, FieldNode):
            if node.name.value in _INTROSPECTION:
                raise NotCovered
            if node.selection_set is not None:
                _read(node.selection_set, names)
        elif isinstance(node, InlineFragmentNode):
            _read(node.selection_set, names)
        elif isinstance(node, FragmentSpreadNode) and node.arguments:
            raise NotCovered


def _read_directives(directives: Iterable[DirectiveNode], names: dict[str, None]) -> None:
    for directive in directives:
        if directive.name.value not in _CONDITIONS:
            raise NotCovered
        for argument in directive.arguments or ():
            if isinstance(argument.value, VariableNode):
                names[argument.value.name.value] = None
