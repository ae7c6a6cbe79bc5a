"""Editing of the schema's text: what is left out, and the directives that are put on.

Both are named by schema coordinates: ``Type``, ``Type.field``, ``Type.field(argument:)``.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import Any, cast

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    TypeDefinitionNode,
    parse,
    print_ast,
)
from strawberry.schema.base import BaseSchema

Directives = Mapping[str, Sequence[str]]

Node = Any
"""A node of the schema's text; which members it has follows from its kind."""


def edited(
    sdl: DocumentNode, *, without: Collection[str] = (), directives: Directives, heading: str = ""
) -> str:
    """Write a schema anew; ``directives`` are texts by coordinate, ``heading`` is what they need to be known."""
    definitions = tuple(_edited(each, without, directives) for each in _kept(sdl.definitions, without))
    return heading + print_ast(replace(sdl, definitions=definitions)) + "\n"


def object_fields(sdl: DocumentNode) -> Iterator[tuple[str, FieldDefinitionNode]]:
    """List every field of every object type with its coordinate."""
    for definition in sdl.definitions:
        if isinstance(definition, ObjectTypeDefinitionNode):
            for field in definition.fields or ():
                yield f"{definition.name.value}.{field.name.value}", field


@lru_cache(maxsize=4)
def printed(schema: BaseSchema) -> str:
    """Print a schema, each once."""
    return schema.as_str()


@lru_cache(maxsize=4)
def parsed(text: str) -> DocumentNode:
    """Parse a schema's text, without the places of its words."""
    return parse(text, no_location=True)


def _kept(definitions: Sequence[Node], without: Collection[str]) -> Iterator[Node]:
    return (each for each in definitions if _name(each) not in without)


def _name(definition: Node) -> str:
    name = getattr(definition, "name", None)
    return str(name.value) if isinstance(definition, TypeDefinitionNode) and name else ""


def _edited(definition: Node, without: Collection[str], directives: Directives) -> Node:
    if not isinstance(definition, TypeDefinitionNode):
        return definition
    name = _name(definition)
    return replace(
        _members(definition, "fields", partial("{}.{}".format, name), without, directives),
        directives=(*(definition.directives or ()), *_directives(name, directives)),
    )


def _members(
    node: Node, kind: str, coordinate: Callable[[str], str], without: Collection[str], directives: Directives
) -> Node:
    """Edit a type's fields or a field's arguments."""
    members = getattr(node, kind, None)
    if not members:
        return node
    made = []
    for member in members:
        at = coordinate(member.name.value)
        if at in without:
            continue
        inner = _members(member, "arguments", partial("{}({}:)".format, at), without, directives)
        made.append(replace(inner, directives=(*(member.directives or ()), *_directives(at, directives))))
    return replace(node, **{kind: tuple(made)})


def _directives(coordinate: str, directives: Directives) -> tuple[ConstDirectiveNode, ...]:
    texts = directives.get(coordinate, ())
    if not texts:
        return ()
    carrier = cast(
        "ScalarTypeDefinitionNode", parse(f"scalar X {' '.join(texts)}", no_location=True).definitions[0]
    )
    return carrier.directives or ()
