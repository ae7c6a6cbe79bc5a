"""Fields as source sees them, and source that calls their functions: arguments, info, and the path of both."""

from typing import NamedTuple

from graphql import GraphQLField, GraphQLObjectType

from server.operations.compiled.resolving import Direct, Way
from server.operations.compiled.source import Source


class Part(NamedTuple):
    """A field of a selection, by its place there; ``spelled`` is how source names its key.

    ``below`` are the types of objects that it may answer.
    """

    at: int
    spelled: str
    parent: GraphQLObjectType
    definition: GraphQLField
    way: Way
    takes_some: bool
    below: tuple[GraphQLObjectType, ...]


def steps_of(part: Part) -> str:
    """Write the path of a field."""
    return f"(p, {part.spelled}, {part.parent.name!r})"


def position_of(body: Source, part: Part) -> str:
    """Write the place of a field."""
    return body.parameter("position", part.at)


def arguments_of(body: Source, part: Part) -> str:
    """Write the reading of arguments."""
    return f"{body.parameter('arguments', part.at)}.read(x.variable_values, x.arguments)"


def call_of(body: Source, part: Part, way: Direct, steps: str, read: str) -> str:
    """Write the call of a Strawberry field's function; ``read`` names arguments that were read before."""
    parts = ["s"] if way.takes_source_first else []
    named = position_of(body, part)
    call = body.constant("D", way.call)
    if part.takes_some:
        raw = f"partial(x.info, {named}, {steps})"
        if read:
            parts.append(f"**{call}.converted({read}, {raw})")
        else:
            parts.append(f"**{body.parameter('arguments', part.at)}.converted({call}, x, {raw})")
    parts += [f"{name}=s" for name in way.source_names]
    if way.info_name:
        info = f"{call}.info(partial(x.info, {named}, {steps}), x.context_value, {named}.nodes)"
        known = f"x.infos.get({call}) or x.infos.setdefault({call}, {info})"
        parts.append(f"{way.info_name}={known if way.looks_at_context_alone else info}")
    return f"{body.constant('R', way.function)}({', '.join(parts)})"
