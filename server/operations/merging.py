"""Whether fields that answer under one name fit together: the specification's rule, in time that is bounded.

graphql-core compares every field with every other one, so 10 KB of repeated fields cost it more than a second. Here
each field is compared with the first of its group alone, and each set of selections is looked at once.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    TypeInfo,
    ValidationContext,
    ValidationRule,
    VisitorAction,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    type_from_ast,
)

from server.operations.limits import TooComplex

MOST_VISITS: Final = 20_000


class _Selected(NamedTuple):
    """A field where it is selected: on which type, and what it answers; None where that is not known."""

    parent: GraphQLCompositeType | None
    node: FieldNode
    type: GraphQLOutputType | None


_Set = tuple[SelectionSetNode, GraphQLCompositeType | None]
_Sets = dict[tuple[int, str], _Set]
_Groups = dict[str, list[_Selected]]


class MergingRule(ValidationRule):
    """Refuses fields that answer under one name and cannot be merged into one answer."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._visits = 0
        self._seen: set[Hashable] = set()
        self._reported: set[tuple[int, int]] = set()

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: object) -> VisitorAction:
        """Check an operation with all that it reaches; what no operation reaches is refused by another rule."""
        root = self.context.schema.get_root_type(node.operation)
        try:
            self._check(_sets([(node.selection_set, root)]), is_shape_alone=False)
        except _TooManyVisits:
            self.context.report_error(
                TooComplex("selections", self._visits, MOST_VISITS, "the document's fields overlap too much")
            )
        return None

    def _check(self, sets: _Sets, *, is_shape_alone: bool) -> None:
        key = (frozenset(sets), is_shape_alone)
        if not sets or key in self._seen:
            return
        self._seen.add(key)
        groups = self._collected(sets)
        for name, fields in groups.items():
            fits = self._check_shapes(name, fields)
            self._check(_below(fields), is_shape_alone=True)
            if is_shape_alone:
                continue
            for together in _by_parent(fields):
                if fits:
                    self._check_fields(name, together)
                self._check(_below(together), is_shape_alone=False)

    def _check_shapes(self, name: str, fields: list[_Selected]) -> bool:
        first = next((each for each in fields if each.type is not None), None)
        for other in fields:
            if first and first.type and other.type and _conflict(first.type, other.type):
                self._report(name, first, other, f"they answer {first.type} and {other.type}")
                return False
        return True

    def _check_fields(self, name: str, fields: list[_Selected]) -> None:
        if len(fields) == 1:
            return
        first = fields[0]
        wanted = _written_arguments(first.node)
        for other in fields[1:]:
            if other.node.name.value != first.node.name.value:
                why = f"{first.node.name.value!r} and {other.node.name.value!r} are different fields"
                self._report(name, first, other, why)
                return
            if _written_arguments(other.node) != wanted:
                self._report(name, first, other, "their arguments differ")
                return

    def _report(self, name: str, first: _Selected, other: _Selected, why: str) -> None:
        # Fields that share no object are looked at once for their shapes and once for all else.
        if (id(first.node), id(other.node)) in self._reported:
            return
        self._reported.add((id(first.node), id(other.node)))
        message = f"Fields '{name}' conflict because {why}. Use different aliases to fetch both."
        self.context.report_error(GraphQLError(message, [first.node, other.node]))

    def _collected(self, sets: _Sets) -> _Groups:
        groups: _Groups = {}
        spread: set[str] = set()
        waiting = list(sets.values())
        while waiting:
            selections, parent = waiting.pop()
            for node in selections.selections:
                self._visits += 1
                if self._visits > MOST_VISITS:
                    raise _TooManyVisits
                if isinstance(node, FieldNode):
                    name = (node.alias or node.name).value
                    groups.setdefault(name, []).append(_Selected(parent, node, self._type(parent, node)))
                else:
                    waiting.extend(self._within(parent, node, spread))
        return groups

    def _within(
        self, parent: GraphQLCompositeType | None, node: SelectionNode, spread: set[str]
    ) -> Iterator[_Set]:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            yield node.selection_set, self._composite(condition) if condition else parent
        elif isinstance(node, FragmentSpreadNode):
            yield from self._fragment(node.name.value, spread)

    def _fragment(self, name: str, spread: set[str]) -> Iterator[_Set]:
        fragment = self.context.get_fragment(name)
        if fragment is None or name in spread:
            return
        spread.add(name)
        yield fragment.selection_set, self._composite(fragment.type_condition)

    def _composite(self, condition: object) -> GraphQLCompositeType | None:
        found = type_from_ast(self.context.schema, condition)  # type: ignore[call-overload]
        return found if is_composite_type(found) else None

    def _type(self, parent: GraphQLCompositeType | None, node: FieldNode) -> GraphQLOutputType | None:
        # As the reference does it, the type of __typename is not looked at.
        fields = parent.fields if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else {}
        return fields[node.name.value].type if node.name.value in fields else None


def merges(schema: GraphQLSchema, document: DocumentNode) -> bool:
    """Tell whether the rule has nothing against a document."""
    errors: list[GraphQLError] = []
    rule = MergingRule(ValidationContext(schema, document, TypeInfo(schema), errors.append))
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            rule.enter_operation_definition(each)
    return not errors


class _TooManyVisits(Exception):
    """The document would keep the rule busy for too long."""


def _sets(selected: Iterable[_Set]) -> _Sets:
    return {
        (id(selections), parent.name if parent else ""): (selections, parent)
        for selections, parent in selected
    }


def _below(fields: list[_Selected]) -> _Sets:
    found = []
    for field in fields:
        if field.node.selection_set is not None:
            named = get_named_type(field.type) if field.type else None
            found.append((field.node.selection_set, named if is_composite_type(named) else None))
    return _sets(found)


def _by_parent(fields: list[_Selected]) -> list[list[_Selected]]:
    """Group the fields that can stand on one object: those of one object type, with those of abstract types."""
    abstract = [each for each in fields if not isinstance(each.parent, GraphQLObjectType)]
    concrete: dict[str, list[_Selected]] = {}
    for each in fields:
        if isinstance(each.parent, GraphQLObjectType):
            concrete.setdefault(each.parent.name, []).append(each)
    return [[*abstract, *together] for together in concrete.values()] or [abstract]


def _conflict(one: GraphQLOutputType, other: GraphQLOutputType) -> bool:
    for wraps in (is_list_type, is_non_null_type):
        if wraps(one) or wraps(other):
            return not (wraps(one) and wraps(other)) or _conflict(one.of_type, other.of_type)  # type: ignore[union-attr]
    return (is_leaf_type(one) or is_leaf_type(other)) and one is not other


def _written_arguments(node: FieldNode) -> tuple[str, ...]:
    streams = [each for each in node.directives or () if each.name.value == "stream"]
    return tuple(sorted(print_ast(each) for each in (*(node.arguments or ()), *streams)))
