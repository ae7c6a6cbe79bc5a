"""What an operation may cost at worst, in upstream calls and in items, told before any call is made."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSkipDirective,
    InlineFragmentNode,
    NamedTypeNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.values import VariableValues

from server.operations.excerpts import excerpt
from server.operations.limits import INTROSPECTION, TooComplex, selection_set_of
from server.operations.tariff import NOTHING, UNSIZED, Priced, Rate, Tariff, Told

MOST_VISITS: Final = 20_000
MOST_INTROSPECTED: Final = 200_000


class Cost(msgspec.Struct, frozen=True):
    """Upstream calls and items, at worst."""

    calls: int
    items: int

    def exceeded(self, calls: int, items: int) -> list[GraphQLError]:
        """Tell which budget is exceeded."""
        measured = (("calls", self.calls, calls), ("items", self.items, items))
        return [TooComplex(name, actual, allowed) for name, actual, allowed in measured if actual > allowed]


class Estimate:
    """Estimates one operation with the variables that it will run with."""

    def __init__(self, tariff: Tariff, document: DocumentNode, variables: VariableValues) -> None:
        self._tariff = tariff
        self._schema = tariff.schema
        self._variables = variables
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._known: dict[Hashable, Priced] = {}
        self._paid: set[Hashable] = set()
        self._introspection = 0
        # How often more was noted of a selection than its price.
        self._effects = 0
        self._visits = 0

    def of(self, operation: OperationDefinitionNode) -> Cost:
        """Price an operation; raises TooComplex where its fragments overlap so much that this cannot be told."""
        root = self._schema.get_root_type(operation.operation)
        if root is None:
            return Cost(0, 0)
        priced = self._object(root, (operation.selection_set,), frozenset(), UNSIZED)
        if self._introspection > MOST_INTROSPECTED:
            raise TooComplex("introspectedItems", self._introspection, MOST_INTROSPECTED)
        return Cost(priced.calls + len(self._paid), priced.items)

    def _object(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode], carried: frozenset[str], size: int
    ) -> Priced:
        key = (type_.name, frozenset(map(id, sets)), carried, size)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._by_text(type_, sets, carried, size)
        return known

    def _by_text(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode], carried: frozenset[str], size: int
    ) -> Priced:
        """Find what the same text came to in another document, or price it."""
        text = excerpt(sets[0]) if len(sets) == 1 else ""
        if not text:
            return self._priced(type_, sets, carried, size)
        beside = (type_.name, carried, size)
        known = self._tariff.excerpts.find(text, beside)
        if known is not None and self._visits + known.visits <= MOST_VISITS:
            self._visits += known.visits
            return known.priced
        visits, effects = self._visits, self._effects
        priced = self._priced(type_, sets, carried, size)
        if known is None and effects == self._effects:
            self._tariff.excerpts.keep(text, beside, Told(priced, self._visits - visits))
        return priced

    def _priced(
        self, type_: GraphQLObjectType, sets: Sequence[SelectionSetNode], carried: frozenset[str], size: int
    ) -> Priced:
        named, calls, items = frozenset[str](), 0, 0
        windowed: list[SelectionSetNode] = []
        is_connection = type_.name.endswith("Connection")
        for nodes in self._selected(type_, sets).values():
            name = nodes[0].name.value
            rate = self._tariff.rate(type_, name)
            if rate is None:
                continue
            if rate.fixed is not None and not nodes[0].arguments:
                named |= rate.fixed
                continue
            below = [node.selection_set for node in nodes if node.selection_set]
            if is_connection and name in {"nodes", "edges"}:
                windowed += below if name == "nodes" else self._nodes_of(rate.field, below)
                continue
            price = self._field(rate, nodes[0], below)
            named, calls, items = named | price.named, calls + price.calls, items + price.items
        if windowed:
            each = self._any(self._tariff.rate(type_, "nodes"), windowed, carried, size)
            calls, items = calls + size * (each.calls + len(each.named)), items + size * (1 + each.items)
        return Priced(self._needed(type_, named) - carried, calls, items)

    def _needed(self, type_: GraphQLObjectType, named: frozenset[str]) -> frozenset[str]:
        return named or self._tariff.alone.get(type_.name, named)

    def _field(self, rate: Rate, node: FieldNode, below: list[SelectionSetNode]) -> Priced:
        price, field = rate.price, rate.field
        try:
            arguments = get_argument_values(field, node, self._variables)
        except GraphQLError:
            return NOTHING
        feeds, size = price.needed(arguments), price.sized(arguments)
        own, is_list = price.paged(size), rate.is_list
        each = self._any(rate, below, price.carries, size)
        if price.keys is not None:
            name = get_named_type(field.type).name
            return self._looked_up(name, price.keys(arguments), each, own, is_list=is_list)
        if node.name.value in INTROSPECTION:
            self._effects += 1
            self._introspection += each.items
            return NOTHING
        many = size if is_list else 1
        calls = own + many * (each.calls + len(each.named))
        return Priced(feeds, calls, many * each.items + (many if is_list and below else 0))

    def _looked_up(
        self, name: str, keys: Sequence[Hashable], each: Priced, own: int, *, is_list: bool
    ) -> Priced:
        self._effects += 1
        distinct = set(keys)
        self._paid.update((name, key, call) for key in distinct for call in each.named)
        items = len(keys) * each.items + (len(keys) if is_list else 0)
        return Priced(frozenset(), own + len(distinct) * each.calls, items)

    def _any(
        self, rate: Rate | None, sets: list[SelectionSetNode], carried: frozenset[str], size: int
    ) -> Priced:
        """Price what a field answers; where that can be of several types, as the dearest of them."""
        if not sets or rate is None or not rate.below:
            return NOTHING
        priced = [self._object(each, sets, carried, size) for each in rate.below]
        if len(priced) == 1:
            return priced[0]
        dearest = max(priced, key=lambda each: each.calls + len(each.named))
        return Priced(dearest.named, dearest.calls, max(each.items for each in priced))

    def _nodes_of(self, edges: GraphQLField, sets: list[SelectionSetNode]) -> list[SelectionSetNode]:
        edge = get_named_type(edges.type)
        if not is_object_type(edge):
            return []
        selected = self._selected(edge, sets).values()
        # An edge without its node is an item too.
        return [
            node.selection_set
            for nodes in selected
            for node in nodes
            if node.name.value == "node" and node.selection_set
        ] or [SelectionSetNode(selections=())]

    def _selected(
        self, type_: GraphQLObjectType, sets: Iterable[SelectionSetNode]
    ) -> Mapping[str, list[FieldNode]]:
        groups: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        waiting = list(sets)
        while waiting:
            for node in waiting.pop().selections:
                self._visits += 1
                if self._visits > MOST_VISITS:
                    raise TooComplex("selections", self._visits, MOST_VISITS)
                if node.directives and not self._is_included(node):
                    continue
                if isinstance(node, FieldNode):
                    groups.setdefault((node.alias or node.name).value, []).append(node)
                    continue
                waiting.extend(self._within(type_, node, spread))
        return groups

    def _within(
        self, type_: GraphQLObjectType, node: SelectionNode, spread: set[str]
    ) -> Iterable[SelectionSetNode]:
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name in spread or name not in self._fragments:
                return
            spread.add(name)
            fragment = self._fragments[name]
            if self._applies(type_, fragment.type_condition):
                yield fragment.selection_set
        elif isinstance(node, InlineFragmentNode):
            below = selection_set_of(node)
            if below and self._applies(type_, node.type_condition):
                yield below

    def _applies(self, type_: GraphQLObjectType, condition: NamedTypeNode | None) -> bool:
        if condition is None or condition.name.value == type_.name:
            return True
        wider = self._schema.get_type(condition.name.value)
        return is_abstract_type(wider) and self._schema.is_sub_type(wider, type_)

    def _is_included(self, node: SelectionNode) -> bool:
        skipped = get_directive_values(GraphQLSkipDirective, node, self._variables)
        included = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skipped and skipped["if"]) and (included is None or bool(included["if"]))
