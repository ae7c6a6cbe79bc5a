"""What an operation selects below a field: fragments, interfaces, @skip, @include and variables seen through."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    is_abstract_type,
)
from strawberry.types import Info
from strawberry.types.arguments import convert_arguments

from resolvers.context import Info as ContextInfo

P = TypeVar("P")

Arguments = dict[str, Any]
"""What a resolver receives, by Python names."""


class Selection:
    """The fields that are selected on one object type below some field nodes, by name.

    A name stands for every alias of the field. Make it with ``below``.
    """

    def __init__(self, info: GraphQLResolveInfo[Any], type_name: str | None, nodes: list[FieldNode]) -> None:
        self._info = info
        self._type = info.schema.get_type(type_name) if type_name else None
        self._fields: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for node in nodes:
            if node.selection_set is not None:
                self._collect(node.selection_set, seen)

    @property
    def names(self) -> set[str]:
        """The names of the selected fields."""
        return set(self._fields)

    def nodes(self, *path: str) -> list[FieldNode]:
        """Find the nodes of a selected field, or of one below it (the types between do not matter)."""
        name, *rest = path
        # Fields of several nodes are merged, as execution merges them.
        found = self._fields.get(name, [])
        if not rest:
            return found
        return Selection(self._info, None, found).nodes(*rest)

    def arguments(self, name: str) -> list[Arguments]:
        """Read the arguments of every selection of a field, converted as its resolver will receive them."""
        if not isinstance(self._type, GraphQLObjectType) or name not in self._fields:
            return []
        field = self._type.fields[name]
        converter = cast("Any", self._info.schema)._strawberry_schema.schema_converter  # noqa: SLF001 - the same
        declared = field.extensions["strawberry-definition"].arguments
        return [
            # Strawberry's own conversion: what is planned here must be what the resolver is called with.
            convert_arguments(
                get_argument_values(field, node, self._info.variable_values),
                declared,
                scalar_registry=converter.scalar_registry,
                config=converter.config,
            )
            for node in self._fields[name]
        ]

    def at(self, type_name: str, *paths: tuple[str, ...]) -> "Selection":
        """Join what is selected on a type below one or more paths."""
        return Selection(self._info, type_name, [node for path in paths for node in self.nodes(*path)])

    def _collect(self, selections: SelectionSetNode, seen: set[str]) -> None:
        for node in selections.selections:
            if not self._included(node):
                continue
            if isinstance(node, FieldNode):
                self._fields.setdefault(node.name.value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                self._enter(node, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                # Visited once: what a fragment selects it selects, however often it is spread.
                seen.add(node.name.value)
                self._enter(self._info.fragments[node.name.value], seen)

    def _enter(self, fragment: InlineFragmentNode | FragmentDefinitionNode, seen: set[str]) -> None:
        if self._applies(fragment):
            self._collect(fragment.selection_set, seen)

    def _included(self, node: SelectionNode) -> bool:
        if not node.directives:
            return True
        # graphql-core evaluates these only when it comes to the field, which is too late to start its calls.
        variables = self._info.variable_values
        skipped = get_directive_values(GraphQLSkipDirective, node, variables)
        included = get_directive_values(GraphQLIncludeDirective, node, variables)
        return not (skipped and skipped["if"]) and (included is None or bool(included["if"]))

    def _applies(self, fragment: InlineFragmentNode | FragmentDefinitionNode) -> bool:
        condition = fragment.type_condition
        if condition is None or self._type is None or condition.name.value == self._type.name:
            return True
        wider = self._info.schema.get_type(condition.name.value)
        return (
            is_abstract_type(wider)
            and isinstance(self._type, GraphQLObjectType)
            and self._info.schema.is_sub_type(wider, self._type)
        )


def below(info: Info[Any, Any], type_name: str) -> Selection:
    """Read what is selected on a type below the field that is being resolved."""
    raw = info._raw_info  # noqa: SLF001 - Strawberry gives no other way to the nodes as they are
    return Selection(raw, type_name, list(raw.field_nodes))


def planned(info: ContextInfo, type_name: str, plan: Callable[[Selection], P]) -> P:
    """Make a plan of what is selected on a type below the field, or find the one that was made before.

    It must follow from the selection alone, and must not hold it: the request that it was made in would live as long.
    """
    nodes = info._raw_info.field_nodes  # noqa: SLF001 - the same
    plans = info.context.memory
    key = (plan, type_name, *map(id, nodes))
    known: P | None = plans.get(key)
    if known is None:
        known = plans[key] = plan(below(info, type_name))
    return known
