"""What a schema lets documents say: its fields by type, as tables that are made once."""

from collections.abc import Mapping

from graphql import (
    GraphQLArgument,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    OperationType,
    TypeNameMetaFieldDef,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_introspection_type,
    is_required_argument,
)

_TYPE_NAME = "__typename"


class Field:
    """A field of a type; ``below`` is what its selection is of, None for a leaf."""

    __slots__ = ("arguments", "below", "name", "required", "type")

    def __init__(self, name: str, definition: GraphQLField, below: "Composite | None") -> None:
        self.name = name
        self.type: GraphQLOutputType = definition.type
        self.arguments: Mapping[str, GraphQLArgument] = definition.args
        self.required = sum(map(is_required_argument, definition.args.values()))
        self.below = below

    def is_like(self, other: "Field") -> bool:
        """Tell whether both answer the same, whatever type they stand on."""
        # Types of two schemas never meet here: their names tell them apart.
        return self is other or (self.name == other.name and str(self.type) == str(other.type))


class Composite:
    """An object type, an interface or a union, with the names of the object types that it can be."""

    __slots__ = ("fields", "name", "possible")

    def __init__(self, name: str, possible: frozenset[str]) -> None:
        self.name = name
        self.possible = possible
        self.fields: dict[str, Field] = {_TYPE_NAME: Field(_TYPE_NAME, TypeNameMetaFieldDef, None)}

    def overlaps(self, other: "Composite") -> bool:
        """Tell whether an object can be of both."""
        return self is other or not self.possible.isdisjoint(other.possible)


class Vocabulary:
    """The types of one schema by name, without the fields ``but`` and those that tell of the schema itself."""

    def __init__(self, schema: GraphQLSchema, but: frozenset[str]) -> None:
        kinds = schema.type_map
        self._but = but
        self.composites = {
            name: Composite(name, _possible(schema, kind))
            for name, kind in kinds.items()
            if is_composite_type(kind) and not is_introspection_type(kind)
        }
        for name, composite in self.composites.items():
            kind = kinds[name]
            if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
                composite.fields |= self._fields(kind.fields)
        roots = {each: schema.get_root_type(each) for each in OperationType}
        self.roots = {each: self.composites[root.name] for each, root in roots.items() if root is not None}

    def _fields(self, definitions: Mapping[str, GraphQLField]) -> dict[str, Field]:
        fields = {}
        for name, definition in definitions.items():
            named = get_named_type(definition.type)
            if name not in self._but and not is_introspection_type(named):
                fields[name] = Field(name, definition, self.composites.get(named.name))
        return fields


def _possible(schema: GraphQLSchema, kind: GraphQLCompositeType) -> frozenset[str]:
    if is_abstract_type(kind):
        return frozenset(each.name for each in schema.get_possible_types(kind))
    return frozenset({kind.name})
