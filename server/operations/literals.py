"""Values as documents write them: whether they surely fit where they stand, and where they leave it to variables."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, NamedTuple, cast

from graphql import (
    ConstValueNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    NonNullTypeNode,
    NullValueNode,
    ObjectValueNode,
    TypeNode,
    Undefined,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    is_required_input_field,
)

MOST_NESTED: Final = 20


class Usage(NamedTuple):
    """A variable in its place: what that wants, and whether it does without, or must have a value."""

    name: str
    type: GraphQLInputType
    has_default: bool
    is_one_of: bool


class Literals:
    """Reads the values of one definition; ``usages`` are the variables that it met."""

    def __init__(self) -> None:
        self.usages: list[Usage] = []

    def fits(self, node: ValueNode, place: GraphQLArgument | GraphQLInputField) -> bool:
        """Tell whether a value surely fits an argument, or a field of an input object."""
        if isinstance(node, VariableNode):
            self.usages.append(Usage(node.name.value, place.type, has_default(place), is_one_of=False))
            return True
        return self.fits_type(node, place.type)

    def fits_type(self, node: ValueNode, type_: GraphQLInputType, nested: int = 0) -> bool:
        """Tell whether a value surely is of a type."""
        if isinstance(node, VariableNode):
            self.usages.append(Usage(node.name.value, type_, has_default=False, is_one_of=False))
            return True
        if isinstance(node, NullValueNode):
            return not isinstance(type_, GraphQLNonNull)
        wanted = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        return nested <= MOST_NESTED and self._fits_nullable(node, wanted, nested)

    def _fits_nullable(self, node: ValueNode, wanted: GraphQLInputType, nested: int) -> bool:
        if isinstance(wanted, GraphQLList):
            values = node.values if isinstance(node, ListValueNode) else (node,)
            return all(self.fits_type(each, wanted.of_type, nested + 1) for each in values)
        if isinstance(wanted, GraphQLInputObjectType):
            return isinstance(node, ObjectValueNode) and self._fits_object(node, wanted, nested)
        return _is_leaf(node, wanted)

    def _fits_object(self, node: ObjectValueNode, type_: GraphQLInputObjectType, nested: int) -> bool:
        written = {each.name.value: each.value for each in node.fields}
        known = type_.fields
        if len(written) < len(node.fields) or not _has_the_fields(type_, written):
            return False
        for name, value in written.items():
            if isinstance(value, VariableNode):
                place = known[name]
                self.usages.append(Usage(value.name.value, place.type, has_default(place), type_.is_one_of))
            elif not self.fits_type(value, known[name].type, nested + 1):
                return False
        return True


def _has_the_fields(type_: GraphQLInputObjectType, written: Mapping[str, ValueNode]) -> bool:
    known = type_.fields
    if type_.is_one_of and (len(written) != 1 or isinstance(next(iter(written.values())), NullValueNode)):
        return False
    required = {name for name, each in known.items() if is_required_input_field(each)}
    return written.keys() <= known.keys() and required <= written.keys()


def has_default(place: GraphQLArgument | GraphQLInputField) -> bool:
    """Tell whether a place does without a value."""
    return place.default is not None or place.default_value is not Undefined


def may_stand(definition: VariableDefinitionNode, usage: Usage) -> bool:
    """Tell whether a variable as it is declared may stand where it does."""
    declared, wanted = definition.type, usage.type
    is_sure = isinstance(declared, NonNullTypeNode)
    if usage.is_one_of and not is_sure:
        return False
    if isinstance(wanted, GraphQLNonNull) and not is_sure:
        default = definition.default_value
        if not usage.has_default and (default is None or isinstance(default, NullValueNode)):
            return False
        wanted = wanted.of_type
    return _is_within(declared, wanted)


def _is_within(declared: TypeNode, wanted: GraphQLInputType) -> bool:
    if isinstance(wanted, GraphQLNonNull):
        return isinstance(declared, NonNullTypeNode) and _is_within(declared.type, wanted.of_type)
    if isinstance(declared, NonNullTypeNode):
        return _is_within(declared.type, wanted)
    if isinstance(wanted, GraphQLList):
        return isinstance(declared, ListTypeNode) and _is_within(declared.type, wanted.of_type)
    return isinstance(declared, NamedTypeNode) and declared.name.value == wanted.name


def _is_leaf(node: ValueNode, type_: GraphQLInputType) -> bool:
    # Lists and objects of a scalar may hold variables, which only graphql-core knows where to look for.
    if isinstance(node, ListValueNode | ObjectValueNode):
        return False
    value: object = Undefined
    written = cast("ConstValueNode", node)
    with suppress(Exception):  # whatever a scalar refuses is graphql-core's to tell
        if isinstance(type_, GraphQLEnumType):
            value = type_.coerce_input_literal(written, hide_suggestions=True)
        elif isinstance(type_, GraphQLScalarType) and type_.coerce_input_literal is not None:
            value = type_.coerce_input_literal(written)
        elif isinstance(type_, GraphQLScalarType):
            value = type_.parse_literal(written, None)
    return value is not Undefined
