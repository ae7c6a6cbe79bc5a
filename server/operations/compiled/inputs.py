"""Which inputs are read to the same by whomever and whenever, so that what was read once may serve other requests."""

from typing import Any, Final

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLScalarType,
    GraphQLString,
    get_named_type,
)
from strawberry.schema.schema_converter import CustomGraphQLEnumType

from server.operations.compiled.copies import is_unchanging

_BUILT_IN: Final = frozenset({GraphQLInt, GraphQLFloat, GraphQLString, GraphQLBoolean, GraphQLID})
_DEFINITION: Final = "strawberry-definition"


def takes_the_same(definition: GraphQLField) -> bool:
    """Tell whether all arguments of a field are of such types."""
    return all(reads_the_same(each.type) for each in definition.args.values())


def reads_the_same(type_: GraphQLInputType) -> bool:
    """Tell whether what is read of a type follows from what was sent alone, and is made of JSON and enums.

    Of the schema's own scalars, that holds for those whose ``parse_value`` has the mark ``reads_the_same``.
    """
    return _all_read_the_same(get_named_type(type_), set())


def _all_read_the_same(type_: GraphQLNamedType, met: set[str]) -> bool:
    if type_.name in met:
        return True
    met.add(type_.name)
    if isinstance(type_, GraphQLInputObjectType):
        return _is_plain_object(type_) and all(
            _all_read_the_same(get_named_type(each.type), met) for each in type_.fields.values()
        )
    if isinstance(type_, GraphQLEnumType):
        return _is_plain_enum(type_)
    return type_ in _BUILT_IN or (isinstance(type_, GraphQLScalarType) and _is_marked(type_))


def _is_plain_object(type_: GraphQLInputObjectType) -> bool:
    # An input type of Strawberry's may make its own value, and look at the request for it.
    makes_own = getattr(type_.extensions.get(_DEFINITION), "from_input", None)
    is_checked_alone = getattr(type_.out_type, "__module__", "") == CustomGraphQLEnumType.__module__
    return makes_own is None and (is_checked_alone or type_.out_type is GraphQLInputObjectType.out_type)


def _is_plain_enum(type_: GraphQLEnumType) -> bool:
    kind: Any = type(type_)
    # Strawberry's gives the members of a Python enum.
    return kind is CustomGraphQLEnumType or (
        kind is GraphQLEnumType and all(is_unchanging(each.value) for each in type_.values.values())
    )


def _is_marked(type_: GraphQLScalarType) -> bool:
    literal = getattr(type_.parse_literal, "__func__", None)
    reads_literals_alike = type_.coerce_input_literal is None and literal is GraphQLScalarType.parse_literal
    return reads_literals_alike and getattr(type_.coerce_input_value, "reads_the_same", False) is True
