"""A quick look that knows most documents to be free of errors, and leaves the others to graphql-core's validation.

Whatever is accepted has no error by any rule. What is not accepted may be as good: only graphql-core can tell, and its
errors are the only ones that clients ever see.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from graphql import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    assert_valid_schema,
    is_input_type,
    is_required_argument,
    type_from_ast,
)

from server.operations.excerpts import Excerpts, excerpt
from server.operations.literals import Literals, may_stand
from server.operations.merging import MOST_VISITS, merges
from server.operations.parts import Accepted, Part
from server.operations.vocabulary import Composite, Field, Vocabulary

MOST_NESTED: Final = 60
"""Selections within each other, far below what graphql-core looks into."""
MOST_WORK: Final = 10_000
"""Spreads, fragments and variables, for each operation: far below what makes graphql-core give up."""


class Acceptance:
    """Accepts documents of one schema; fields by the names of ``but`` are left to graphql-core."""

    def __init__(self, schema: GraphQLSchema, but: frozenset[str] = frozenset()) -> None:
        assert_valid_schema(schema)
        self._schema = schema
        self._vocabulary = Vocabulary(schema, but)
        self._excerpts: Excerpts[Accepted] = Excerpts()
        own = (GraphQLSkipDirective, GraphQLIncludeDirective)
        self._conditions = {each.name: each for each in own if schema.get_directive(each.name) is each}

    def accepts(self, document: DocumentNode) -> bool:
        """Tell whether a document surely has no error."""
        reading = _Reading(self._vocabulary, self._conditions, self._schema, self._excerpts)
        try:
            reading.read(document)
        except (_Unsure, RecursionError):
            return False
        return not reading.overlaps or merges(self._schema, document)


class _Unsure(Exception):
    """The document may have an error."""


class _Reading:
    """One look at one document; whatever is not plain to see raises _Unsure."""

    def __init__(
        self,
        vocabulary: Vocabulary,
        conditions: Mapping[str, object],
        schema: GraphQLSchema,
        excerpts: Excerpts[Accepted],
    ) -> None:
        self.overlaps = False
        self._excerpts = excerpts
        self._vocabulary = vocabulary
        self._conditions = conditions
        self._schema = schema
        self._fragments: dict[str, FragmentDefinitionNode] = {}
        # None for a fragment that is being read.
        self._parts: dict[str, Part | None] = {}
        self._visits = 0
        self._work = 0

    def read(self, document: DocumentNode) -> None:
        """Read all of it."""
        operations = self._collected(document)
        names = {each.name.value if each.name else "" for each in operations}
        _need(len(names) == len(operations) and ("" not in names or len(names) == 1))
        parts = [self._operation(each) for each in operations]
        # The merging rule looks at everything twice.
        _need(2 * self._visits <= MOST_VISITS and len(parts) * self._work <= MOST_WORK)
        reached = set[str]()
        for operation, part in zip(operations, parts, strict=True):
            within = self._within(part)
            reached |= within.keys()
            self._check_variables(operation.variable_definitions or (), [part, *within.values()])
        _need(len(reached) == len(self._fragments))

    def _collected(self, document: DocumentNode) -> list[OperationDefinitionNode]:
        """Find the operations, and know the fragments by their names."""
        operations = []
        for each in document.definitions:
            if isinstance(each, OperationDefinitionNode):
                operations.append(each)
            elif isinstance(each, FragmentDefinitionNode):
                self._fragments[each.name.value] = each
            else:
                raise _Unsure
        _need(len(operations) + len(self._fragments) == len(document.definitions))
        return operations

    def _operation(self, node: OperationDefinitionNode) -> Part:
        on = self._vocabulary.roots.get(node.operation)
        if on is None or node.directives or node.operation is OperationType.SUBSCRIPTION:
            raise _Unsure
        part = Part(on)
        part.size = self._selections(node.selection_set, on, part.keys, part, 1)
        self._visits += part.size
        self._work += 1 + len(part.literals.usages)
        return part

    def _fragment(self, name: str) -> Part:
        if name in self._parts:
            known = self._parts[name]
            if known is None:
                raise _Unsure
            return known
        self._parts[name] = None
        node = self._fragments.get(name)
        if node is None or node.directives or node.variable_definitions:
            raise _Unsure
        part = Part(self._composite(node.type_condition.name.value))
        part.size = self._selections(node.selection_set, part.on, part.keys, part, 1)
        self._work += 1 + len(part.literals.usages)
        self._parts[name] = part
        return part

    def _composite(self, name: str) -> Composite:
        found = self._vocabulary.composites.get(name)
        if found is None:
            raise _Unsure
        return found

    def _selections(
        self,
        selections: SelectionSetNode,
        on: Composite,
        keys: dict[str, Field | None],
        part: Part,
        nested: int,
    ) -> int:
        """Read selections on a type, and tell how many nodes the merging rule meets in their place."""
        nodes = selections.selections
        size = len(nodes)
        _need(size > 0 and nested <= MOST_NESTED)
        part.nested = max(part.nested, nested)
        fields = on.fields
        for node in nodes:
            if node.directives:
                self._check_conditions(node.directives, part)
            if isinstance(node, FieldNode):
                field = fields.get(node.name.value)
                if field is None:
                    raise _Unsure
                self._field(node, field, keys, part, nested)
            else:
                size += self._fragment_at(node, on, keys, part, nested)
        return size

    def _field(
        self, node: FieldNode, field: Field, keys: dict[str, Field | None], part: Part, nested: int
    ) -> None:
        below, arguments = node.selection_set, node.arguments
        if arguments or field.required:
            _check_arguments(arguments or (), field, part)
        if field.below is None:
            _need(below is None)
        elif below is None:
            raise _Unsure
        else:
            self._below(below, field.below, part, nested + 1)
        key = (node.alias or node.name).value
        self._note(key, None if below or arguments else field, keys)

    def _below(self, selections: SelectionSetNode, on: Composite, part: Part, nested: int) -> None:
        """Read what a field selects, or find it accepted in another document."""
        text = excerpt(selections)
        if not text:
            self._visits += self._selections(selections, on, {}, part, nested)
            return
        known = self._excerpts.find(text, on.name)
        if known is not None and nested + known.nested <= MOST_NESTED:
            self._visits += known.visits
            part.nested = max(part.nested, nested + known.nested)
            return
        visits, deepest = self._visits, part.nested
        part.nested = nested
        self._visits += self._selections(selections, on, {}, part, nested)
        if known is None and not self.overlaps:
            self._excerpts.keep(text, on.name, Accepted(self._visits - visits, part.nested - nested))
        part.nested = max(part.nested, deepest)

    def _note(self, key: str, field: Field | None, keys: dict[str, Field | None]) -> None:
        """Note what is answered under a key; fields without arguments and selections merge by their types alone."""
        if key not in keys:
            keys[key] = field
            return
        known = keys[key]
        if known is None or field is None or not known.is_like(field):
            self.overlaps = True

    def _fragment_at(
        self,
        node: SelectionNode,
        on: Composite,
        keys: dict[str, Field | None],
        part: Part,
        nested: int,
    ) -> int:
        if isinstance(node, InlineFragmentNode):
            condition = node.type_condition
            inner = on if condition is None else self._composite(condition.name.value)
            _need(on.overlaps(inner))
            return self._selections(node.selection_set, inner, keys, part, nested + 1)
        if not isinstance(node, FragmentSpreadNode) or node.arguments:
            raise _Unsure
        fragment = self._fragment(node.name.value)
        _need(on.overlaps(fragment.on))
        part.spreads.add(node.name.value)
        part.nested = max(part.nested, nested + fragment.nested)
        _need(part.nested <= MOST_NESTED)
        self._work += 1
        for key, field in fragment.keys.items():
            self._note(key, field, keys)
        return fragment.size

    def _check_conditions(self, directives: Sequence[DirectiveNode], part: Part) -> None:
        names = {each.name.value for each in directives}
        _need(len(names) == len(directives) and names <= self._conditions.keys())
        for each in directives:
            given = each.arguments or ()
            _need(len(given) == 1 and given[0].name.value == "if")
            _need(part.literals.fits(given[0].value, GraphQLSkipDirective.args["if"]))

    def _within(self, part: Part) -> dict[str, Part]:
        """Collect the fragments that a part reaches."""
        found: dict[str, Part] = {}
        waiting = [part]
        while waiting:
            for name in waiting.pop().spreads:
                if name not in found:
                    found[name] = self._fragment(name)
                    waiting.append(found[name])
        return found

    def _check_variables(self, definitions: Sequence[VariableDefinitionNode], parts: Sequence[Part]) -> None:
        declared = {each.variable.name.value: each for each in definitions}
        _need(len(declared) == len(definitions))
        for each in definitions:
            self._check_declared(each)
        used = set()
        for part in parts:
            for usage in part.literals.usages:
                definition = declared.get(usage.name)
                _need(definition is not None and may_stand(definition, usage))
                used.add(usage.name)
        _need(len(used) == len(declared))

    def _check_declared(self, node: VariableDefinitionNode) -> None:
        type_ = type_from_ast(self._schema, node.type)
        if node.directives or not is_input_type(type_):
            raise _Unsure
        _need(node.default_value is None or Literals().fits_type(node.default_value, type_))


def _need(is_plain: bool) -> None:  # noqa: FBT001 - what is needed is said where it is
    if not is_plain:
        raise _Unsure


def _check_arguments(nodes: Sequence[ArgumentNode], field: Field, part: Part) -> None:
    required, seen = 0, set()
    for node in nodes:
        name = node.name.value
        argument = field.arguments.get(name)
        if argument is None or name in seen or not part.literals.fits(node.value, argument):
            raise _Unsure
        seen.add(name)
        required += is_required_argument(argument)
    _need(required == field.required)
