"""Source that calls a field's function: its arguments, its info, and the path that both may ask for."""

from server.operations.compiled.arguments import Arguments
from server.operations.compiled.positions import Position
from server.operations.compiled.resolving import Direct
from server.operations.compiled.source import Source


def steps_of(position: Position) -> str:
    """Write the path of a field."""
    return f"(p, {position.spelled}, {position.parent.name!r})"


def arguments_of(body: Source, arguments: Arguments) -> str:
    """Write the reading of arguments."""
    return f"{body.name('A', arguments)}.read(x.variable_values, x.arguments)"


def call_of(
    body: Source, position: Position, way: Direct, arguments: Arguments, steps: str, read: str
) -> str:
    """Write the call of a Strawberry field's function; ``read`` names arguments that were read before."""
    parts = ["s"] if way.takes_source_first else []
    named = body.name("P", position)
    call = body.name("D", way.call)
    if arguments.takes_some:
        raw = f"partial(x.info, {named}, {steps})"
        at_once = f"{body.name('A', arguments)}.converted({call}, x, {raw})"
        parts.append(f"**{call}.converted({read}, {raw})" if read else f"**{at_once}")
    parts += [f"{name}=s" for name in way.source_names]
    if way.info_name:
        info = f"{call}.info(partial(x.info, {named}, {steps}), x.context_value, {named}.nodes)"
        known = f"x.infos.get({call}) or x.infos.setdefault({call}, {info})"
        parts.append(f"{way.info_name}={known if way.looks_at_context_alone else info}")
    return f"{body.name('R', way.function)}({', '.join(parts)})"
