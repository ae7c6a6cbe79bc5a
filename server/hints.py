"""The hints of this graph's schema: what `@cacheControl` says of its types and fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLNamedType, GraphQLObjectType, GraphQLSchema, GraphQLUnionType
from strawberry.schema.schema_converter import GraphQLCoreConverter

from schema.directives import CacheControl, CacheControlScope
from server.operations.hints import FREE, Hint, Hints, strictest

_CARRIERS = (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType)


def hints_of(schema: GraphQLSchema) -> Hints:
    """Read the hints, by schema coordinate. A field of an interface has those of every type that implements it."""
    found: dict[str, Hint] = {}
    for kind in schema.type_map.values():
        for coordinate, hint in _hints(kind):
            found[coordinate] = (
                strictest((found.get(coordinate, FREE), hint)) if coordinate in found else hint
            )
    return {coordinate: hint for coordinate, hint in found.items() if hint != FREE}


def _hints(kind: GraphQLNamedType) -> Iterator[tuple[str, Hint]]:
    if not isinstance(kind, _CARRIERS):
        return
    yield from _told(kind.name, kind.extensions)
    if isinstance(kind, GraphQLUnionType):
        return
    for name, field in kind.fields.items():
        for owner in (kind, *kind.interfaces):
            if name in owner.fields:
                yield from _told(f"{owner.name}.{name}", field.extensions)


def _told(coordinate: str, extensions: Mapping[str, Any]) -> Iterator[tuple[str, Hint]]:
    definition = extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    for directive in getattr(definition, "directives", ()):
        if isinstance(directive, CacheControl):
            yield (
                coordinate,
                Hint(
                    directive.max_age if isinstance(directive.max_age, int) else None,
                    is_private=directive.scope is CacheControlScope.PRIVATE,
                    inherits=directive.inherit_max_age is True,
                ),
            )
