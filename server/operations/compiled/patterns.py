"""Functions of selections, kept for every operation that selects the same: it puts in what is its own."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails

from server.operations.compiled.arguments import takes_some
from server.operations.compiled.calls import Part
from server.operations.compiled.evident import Named
from server.operations.compiled.inputs import takes_the_same
from server.operations.compiled.lasting import is_fixed, may_have_frames, may_last
from server.operations.compiled.resolving import Way, resolution_of
from server.operations.compiled.source import Need
from server.operations.compiled.writer import Writer
from server.operations.values import Value

MOST_CHARACTERS: Final = 2_000_000

Fields = Mapping[str, list[FieldDetails]]
"""What is selected on an object type, by its keys."""
Write = Callable[[Writer, list[Named]], str]


class Pattern(NamedTuple):
    """A compiled selection: ``make`` gives its function for what an operation puts in, which ``needs`` tells in order.

    ``parts`` are its fields; None for one that no position is needed for. Unless it ``lasts``, none
    of them may be kept. Where it ``may_be_framed``, some are fixed and some may be live.
    """

    make: Callable[..., Value]
    needs: tuple[Need, ...]
    parts: tuple[Part | None, ...]
    lasts: bool
    may_be_framed: bool
    size: int


class _Known(NamedTuple):
    """What follows of a field from its type and name."""

    definition: GraphQLField
    way: Way
    takes_some: bool
    takes_the_same: bool
    below: tuple[GraphQLObjectType, ...]


class Patterns:
    """The patterns of one schema, the most recently used of them kept.

    What a pattern selects below its fields, their aliases at the top, and what their arguments are is no part of it.
    """

    def __init__(self, schema: GraphQLSchema, most_characters: int = MOST_CHARACTERS) -> None:
        self._schema = schema
        self._most_characters = most_characters
        self._characters = 0
        self._patterns: OrderedDict[tuple[object, ...], Pattern] = OrderedDict()
        self._known: dict[tuple[str, str], _Known] = {}
        self.compiled = 0

    def of_selection(self, parent: GraphQLObjectType, fields: Fields) -> Pattern:
        """Find the pattern of a selection, or make it."""
        key = (parent.name, *_keys(fields))
        return self._found(key) or self._kept(key, self._selection(parent, fields, Writer.selection))

    def of_frame(self, parent: GraphQLObjectType, fields: Fields) -> Pattern:
        """Find the pattern of what is fixed and what is live of a selection, or make it."""
        key = ("", parent.name, *_keys(fields))
        return self._found(key) or self._kept(key, self._selection(parent, fields, Writer.framed))

    def of_field(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> Pattern:
        """Find the pattern of a field at the top of an operation, or make it; it needs the key."""
        node = details[0].node
        key = (None, parent.name, node.name.value, not node.arguments)
        return self._found(key) or self._kept(key, self._field(parent, details))

    def _found(self, key: tuple[object, ...]) -> Pattern | None:
        found = self._patterns.get(key)
        if found is not None:
            self._patterns.move_to_end(key)
        return found

    def _kept(self, key: tuple[object, ...], pattern: Pattern) -> Pattern:
        self.compiled += 1
        self._patterns[key] = pattern
        self._characters += pattern.size
        while self._characters > self._most_characters:
            self._characters -= self._patterns.popitem(last=False)[1].size
        return pattern

    def _selection(self, parent: GraphQLObjectType, fields: Fields, write: Write) -> Pattern:
        named = [
            self._named(parent, at, repr(key), details) for at, (key, details) in enumerate(fields.items())
        ]
        writer = Writer(parent)
        return _pattern(writer, write(writer, _all(named)), named)

    def _field(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> Pattern:
        writer = Writer(parent)
        named = self._named(parent, 0, writer.source.parameter("key", 0), details)
        return _pattern(writer, writer.apart(_all([named])), [named])

    def _named(
        self, parent: GraphQLObjectType, at: int, spelled: str, details: list[FieldDetails]
    ) -> Named | None:
        node = details[0].node
        name = node.name.value
        if name == "__typename":
            return spelled
        known = self._known.get((parent.name, name)) or self._looked_up(parent, name)
        if known is None:
            return None
        takes = known.takes_some or bool(node.arguments)
        return Part(
            at, spelled, parent, known.definition, known.way, takes, known.takes_the_same, known.below
        )

    def _looked_up(self, parent: GraphQLObjectType, name: str) -> _Known | None:
        definition = self._schema.get_field(parent, name)
        if definition is None:
            return None
        kind = get_named_type(definition.type)
        below: tuple[GraphQLObjectType, ...] = ()
        if is_abstract_type(kind):
            below = tuple(self._schema.get_possible_types(kind))
        elif is_object_type(kind):
            below = (kind,)
        way = resolution_of(self._schema, definition)
        takes = takes_some(definition, are_given=False)
        known = _Known(definition, way, takes, takes_the_same(definition), below)
        self._known[parent.name, name] = known
        return known


def _keys(fields: Fields) -> list[object]:
    keys: list[object] = []
    for name, details in fields.items():
        node = details[0].node
        keys += (name, node.name.value, not node.arguments)
    return keys


def _all(named: list[Named | None]) -> list[Named]:
    return [each for each in named if each is not None]


def _pattern(writer: Writer, result: str, named: list[Named | None]) -> Pattern:
    source = writer.source
    text = source.text(result)
    parts = tuple([each if isinstance(each, Part) else None for each in named])
    lasts = all(may_last(each.way) for each in parts if each is not None)
    are_fixed = {is_fixed(each) for each in parts if each is not None}
    may_be_framed = len(are_fixed) > 1 and may_have_frames(writer.parent)
    return Pattern(source.maker(text), tuple(source.needs), parts, lasts, may_be_framed, len(text))
