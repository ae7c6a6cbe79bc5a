"""Fields as source sees them, and source that calls their functions: arguments, info, and the path of both."""

from typing import NamedTuple

from graphql import GraphQLField, GraphQLObjectType

from server.operations.compiled.resolving import Direct, Way
from server.operations.compiled.source import Source


class Part(NamedTuple):
    """A field of a selection, by its place there; ``spelled`` is how source names its key.

    ``takes_the_same`` is told of its arguments, and ``below`` are the types of objects that it may answer.
    """

    at: int
    spelled: str
    parent: GraphQLObjectType
    definition: GraphQLField
    way: Way
    takes_some: bool
    takes_the_same: bool
    below: tuple[GraphQLObjectType, ...]


def steps_of(part: Part) -> str:
    """Write the path of a field."""
    return f"(p, {part.spelled}, {part.parent.name!r})"


def position_of(body: Source, part: Part) -> str:
    """Write the place of a field."""
    return body.parameter("position", part.at)


def arguments_of(body: Source, part: Part) -> str:
    """Write the reading of arguments."""
    return f"{_arguments(body, part)}.read(x)"


def info_of(body: Source, part: Part, way: Direct, steps: str) -> str:
    """Write what gives a field's info."""
    call, named = body.constant("D", way.call), position_of(body, part)
    info = f"{call}.info(partial(x.info, {named}, {steps}), x.context_value, {named}.nodes)"
    return (
        f"x.infos.get({call}) or x.infos.setdefault({call}, {info})" if way.looks_at_context_alone else info
    )


def call_of(body: Source, part: Part, way: Direct, steps: str, read: str, info: str = "") -> str:
    """Write the call of a Strawberry field's function; ``read`` and ``info`` name what was made before."""
    parts = ["s"] if way.takes_source_first else []
    if part.takes_some:
        call, named = body.constant("D", way.call), position_of(body, part)
        raw = f"partial(x.info, {named}, {steps})"
        if read:
            parts.append(f"**{call}.converted({read}, {raw})")
        else:
            parts.append(f"**{_arguments(body, part)}.converted({call}, x, {raw})")
    parts += [f"{name}=s" for name in way.source_names]
    if way.info_name:
        parts.append(f"{way.info_name}={info or info_of(body, part, way, steps)}")
    return f"{body.constant('R', way.function)}({', '.join(parts)})"


def _arguments(body: Source, part: Part) -> str:
    return body.parameter("arguments", part.at, part.takes_the_same)
