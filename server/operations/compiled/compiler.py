"""An operation put together of functions, from its selections at the bottom to its top."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from graphql import FieldNode, GraphQLError, GraphQLObjectType
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from server.operations.compiled.arguments import Arguments
from server.operations.compiled.executor import Compiled, Selected, gathered
from server.operations.compiled.frames import framed
from server.operations.compiled.lasting import Reach, Show, keeping
from server.operations.compiled.patterns import Fields, Pattern, Patterns
from server.operations.compiled.positions import Position, Steps
from server.operations.compiled.renderings import Renderings, rendered
from server.operations.compiled.resolving import Attribute
from server.operations.values import Value

MOST_FIELDS: Final = 2000


class TooLarge(Exception):
    """The operation would become too much code to be worth it."""


class _Made(NamedTuple):
    """The functions of a selection on one record and on many, what it reaches, and how its frames are filled."""

    run: Selected
    each: Selected | None
    reach: Reach
    frame: Show | None


class Compiler:
    """Compiles one operation for one choice of its conditions."""

    def __init__(
        self, compiled: Compiled, variables: VariableValues, patterns: Patterns, renderings: Renderings
    ) -> None:
        self._compiled = compiled
        self._variables = variables
        self._patterns = patterns
        self._renderings = renderings
        self._fields = 0

    def run(self, root: GraphQLObjectType) -> None:
        """Compile all of it; raises TooLarge, GraphQLError or RecursionError where that cannot be done."""
        compiled = self._compiled
        collected = collect_fields(
            compiled.schema, compiled.fragments, self._variables, root, compiled.operation
        )
        if collected.new_defer_usages:
            raise GraphQLError("deferred")
        fields = collected.grouped_field_set
        self._count(fields)
        parts = []
        for key, details in fields.items():
            pattern = self._patterns.of_field(root, details)
            parts.append(self._made(pattern, {key: details}, root).run)
        compiled.root = _root(parts)

    def _count(self, fields: Fields) -> None:
        self._fields += len(fields)
        if self._fields > MOST_FIELDS:
            raise TooLarge

    def _selection(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> _Made:
        fields = _plain_fields(details) or self._collected(type_, details)
        self._count(fields)
        return self._made(self._patterns.of_selection(type_, fields), fields, type_)

    def _collected(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Fields:
        compiled = self._compiled
        collected = collect_subfields(
            compiled.schema, compiled.fragments, self._variables, compiled.operation, type_, details
        )
        if collected.new_defer_usages:
            raise GraphQLError("deferred")
        return collected.grouped_field_set

    def _made(self, pattern: Pattern, fields: Fields, type_: GraphQLObjectType) -> _Made:
        """Put into a pattern what is this operation's own."""
        reach = Reach(lasts=pattern.lasts)
        below: list[tuple[list[FieldDetails], GraphQLObjectType, _Made]] = []
        positions: dict[int, Position] = {}
        for part, details in zip(pattern.parts, fields.values(), strict=True):
            if part is None:
                continue
            positions[part.at] = Position(details, part.definition, part.parent, part.definition.type)
            arguments = details[0].node.arguments
            if arguments and not isinstance(part.way, Attribute):
                reach.note_arguments(arguments)
            for kind in part.below:
                made = self._selection(kind, details)
                reach.note_below(made.reach)
                below.append((details, kind, made))
        for details, kind, made in below:
            self._note(details, kind, made, is_kept=made.reach.lasts and not reach.lasts)
        run, each = pattern.make(*self._given(pattern, fields, positions))
        frame = None
        if pattern.may_be_framed and not reach.lasts:
            written = self._patterns.of_frame(type_, fields)
            frame = partial(framed, run, *written.make(*self._given(written, fields, positions)))
        can_be_evident = all(made.each is not None for _, _, made in below)
        return _Made(run, each if can_be_evident else None, reach, frame)

    def _note(
        self, details: list[FieldDetails], type_: GraphQLObjectType, made: _Made, *, is_kept: bool
    ) -> None:
        compiled, key = self._compiled, (id(details), type_.name)
        run = compiled.selections[key] = made.run
        show = partial(rendered, run) if is_kept else made.frame
        compiled.each[key] = made.each if show is None else None
        if show is not None:
            run = keeping(f"o{len(compiled.selections)}", show, made.reach, self._renderings)
        compiled.kept[key] = run

    def _given(self, pattern: Pattern, fields: Fields, positions: dict[int, Position]) -> list[Value]:
        return [
            next(iter(fields)) if kind == "key" else self._of_position(kind, positions[at], of)
            for kind, at, of in pattern.needs
        ]

    def _of_position(self, kind: str, position: Position, of: Value) -> Value:
        if kind == "position":
            return position
        if kind == "arguments":
            return Arguments(position, are_kept=of)
        if kind == "items":
            return position.of_items(of)
        details = id(position.details)
        if kind == "by_class":
            return self._compiled.by_class.setdefault(details, {})
        if kind == "each":
            return self._compiled.each[details, of.name]
        return self._compiled.kept[details, of.name]


def _plain_fields(details: list[FieldDetails]) -> Fields:
    """Collect what nothing but the fields of one node makes; nothing where there is more to it."""
    below = details[0].node.selection_set
    if len(details) != 1 or below is None:
        return {}
    fields: dict[str, list[FieldDetails]] = {}
    for node in below.selections:
        if node.__class__ is not FieldNode or node.directives:
            return {}
        fields.setdefault((node.alias or node.name).value, []).append(FieldDetails(node, None))
    return fields


def _root(parts: list[Callable[..., Value]]) -> Selected:
    """Make of functions of fields that of what they are selected on."""

    def run(source: Value, steps: Steps, execution: Value) -> Value:
        found: dict[str, Value] = {}
        waited = None
        try:
            for part in parts:
                waited = part(source, steps, execution, found, waited)
        except Exception:
            execution.abandon([found[key] for key in waited or ()])
            raise
        return found if waited is None else gathered(found, waited)

    return run
