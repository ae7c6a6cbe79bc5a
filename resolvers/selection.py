"""What an operation selects below a field: fragments, interfaces, @skip, @include and variables seen through."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLDeferDirective,
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

_Picked = tuple[FieldNode, bool]
"""A selected field, and whether a deferred fragment is what selects it."""


class Selection:
    """The fields that are selected on one object type below some field nodes, by name.

    A name stands for every alias of the field. Make it with ``below``.
    """

    def __init__(
        self,
        info: GraphQLResolveInfo[Any],
        type_name: str | None,
        above: list[_Picked],
        *,
        keeps_deferred: bool = True,
    ) -> None:
        self._info = info
        self._type_name = type_name
        self._type = info.schema.get_type(type_name) if type_name else None
        self._above = above
        self._keeps_deferred = keeps_deferred
        self._fields: dict[str, list[_Picked]] = {}
        seen: set[tuple[str, bool]] = set()
        for node, is_deferred in above:
            if node.selection_set is not None:
                self._collect(node.selection_set, seen, is_deferred=is_deferred)

    @property
    def names(self) -> set[str]:
        """The names of the selected fields."""
        return set(self._fields)

    @property
    def first(self) -> "Selection":
        """What is selected outside of deferred fragments; itself where nothing is deferred."""
        # Nearly always so: nothing is collected a second time.
        if not any(is_deferred for picked in self._fields.values() for _, is_deferred in picked):
            return self
        return Selection(self._info, self._type_name, self._above, keeps_deferred=False)

    def picked(self, *path: str) -> list[_Picked]:
        """Find the nodes of a selected field, or of one below it (the types between do not matter)."""
        name, *rest = path
        # Fields of several nodes are merged, as execution merges them.
        found = self._fields.get(name, [])
        if not rest:
            return found
        return Selection(self._info, None, found).picked(*rest)

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
            for node, _ in self._fields[name]
        ]

    def at(self, type_name: str, *paths: tuple[str, ...]) -> "Selection":
        """Join what is selected on a type below one or more paths."""
        return Selection(self._info, type_name, [node for path in paths for node in self.picked(*path)])

    def _collect(
        self, selections: SelectionSetNode, seen: set[tuple[str, bool]], *, is_deferred: bool
    ) -> None:
        if self._hides(is_deferred=is_deferred):
            return
        for node in filter(self._included, selections.selections):
            if isinstance(node, FieldNode):
                self._fields.setdefault(node.name.value, []).append((node, is_deferred))
            elif isinstance(node, InlineFragmentNode):
                self._enter(node, seen, is_deferred=is_deferred or self._defers(node))
            elif isinstance(node, FragmentSpreadNode):
                self._spread(node.name.value, seen, is_deferred=is_deferred or self._defers(node))

    def _hides(self, *, is_deferred: bool) -> bool:
        return is_deferred and not self._keeps_deferred

    def _spread(self, name: str, seen: set[tuple[str, bool]], *, is_deferred: bool) -> None:
        # Visited once: what a fragment selects it selects, however often it is spread. What is deferred in one place
        # and not in another is not deferred.
        if seen.isdisjoint({(name, is_deferred), (name, False)}):
            seen.add((name, is_deferred))
            self._enter(self._info.fragments[name], seen, is_deferred=is_deferred)

    def _enter(
        self,
        fragment: InlineFragmentNode | FragmentDefinitionNode,
        seen: set[tuple[str, bool]],
        *,
        is_deferred: bool,
    ) -> None:
        if self._applies(fragment):
            self._collect(fragment.selection_set, seen, is_deferred=is_deferred)

    def _defers(self, node: SelectionNode) -> bool:
        if not node.directives:
            return False
        deferred = get_directive_values(GraphQLDeferDirective, node, self._info.variable_values)
        return deferred is not None and bool(deferred["if"])

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
    return Selection(raw, type_name, [(node, False) for node in raw.field_nodes])


def planned(info: ContextInfo, type_name: str, plan: Callable[[Selection], P]) -> P:
    """Make a plan of what is selected on a type below the field, or find the one that was made before.

    It must follow from the selection alone, and must not hold it: the request that it was made in would live as long.
    """
    return remembered(info, (plan, type_name), lambda: plan(below(info, type_name)))


def remembered(info: ContextInfo, key: tuple[Hashable, ...], make: Callable[[], P]) -> P:
    """Make what follows from the field's place in its operation and from a key alone, or find it made before."""
    nodes = getattr(info, "nodes", None) or info._raw_info.field_nodes  # noqa: SLF001 - the same
    memory = info.context.memory
    whole = (key, *map(id, nodes))
    known: P | None = memory.get(whole)
    if known is None:
        known = memory[whole] = make()
    return known
