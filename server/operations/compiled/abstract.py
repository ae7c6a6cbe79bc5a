"""Whether the object type of a value follows from its class."""

from collections.abc import Sequence

from graphql import GraphQLObjectType
from graphql.type import GraphQLAbstractType
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.union import StrawberryUnion


def resolves_by_class(abstract: GraphQLAbstractType, possible: Sequence[GraphQLObjectType]) -> bool:
    """Tell whether values of one class always have one type.

    They have where every possible type says by its ``is_type_of`` that it is made of the instances of a class (an
    attribute ``instances_of`` of the function), and where nothing but that is asked.
    """
    marked = all(isinstance(getattr(each.is_type_of, "instances_of", None), type) for each in possible)
    return marked and (abstract.resolve_type is None or _resolves_as_usual(abstract))


def _resolves_as_usual(abstract: GraphQLAbstractType) -> bool:
    definition = (abstract.extensions or {}).get("strawberry-definition")
    if isinstance(definition, StrawberryObjectDefinition):
        return definition.resolve_type is None
    return type(definition) is StrawberryUnion
