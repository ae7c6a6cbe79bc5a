"""A selection on many records written as one loop, for where everything that it comes to is evident.

Its function gives nothing where anything is unusual: the one for a single record is then run on each, and tells what of
it. What was read for nothing is read again, which shows nowhere, since all of it lasts.
"""

from collections.abc import Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_abstract_type,
)

from server.operations.compiled.calls import Part, call_of, info_of, steps_of
from server.operations.compiled.completion import enum_names, gives_what_it_takes, is_leaf, unusual
from server.operations.compiled.executor import is_steady
from server.operations.compiled.lasting import is_fixed, may_last
from server.operations.compiled.resolving import Attribute, Direct
from server.operations.compiled.source import Source
from server.operations.values import Value

Named = Part | str
"""A field, or the key of one that answers the type's name."""


def write_evident(source: Source, parent: GraphQLObjectType, fields: Sequence[Named]) -> str:
    """Write the function and tell its name; ``None`` where a selection is never evident."""
    record = getattr(parent.is_type_of, "instances_of", None)
    is_told = isinstance(record, type) and is_steady(record)
    if not is_told and parent.is_type_of is not None:
        return "None"
    if not all(isinstance(each, str) or _is_simple(each) for each in fields):
        return "None"
    evident = _Evident(source, parent, fields)
    return evident.write(record if is_told else None)


def write_fixed(source: Source, parent: GraphQLObjectType, fields: Sequence[Named]) -> str:
    """Write the function that reads what is fixed of one record, with places for all else, and tell its name."""
    return _Evident(source, parent, fields).write_fixed()


def _is_simple(part: Part) -> bool:
    way = part.way
    if is_abstract_type(get_named_type(part.definition.type)) or not may_last(way):
        return False
    if isinstance(way, Direct):
        return not way.begun and (way.looks_at_context_alone or not way.info_name)
    return True


class _Evident:
    """The function of one selection under construction.

    The objects of a field are gathered from all records, so that the selection on them is run once.
    """

    def __init__(self, source: Source, parent: GraphQLObjectType, fields: Sequence[Named]) -> None:
        self._source = source
        self._body = source.beside()
        self._parent = parent
        self._fields = fields

    def write(self, record: type | None) -> str:
        body = self._body
        name = body.unnamed("e")
        with body.block(f"def {name}(v, p, x):"):
            with body.block("try:"):
                self._write_loop(record)
            with body.block("except Exception:"):
                body.line("return None")
            body.line("return r")
        self._source.extend(body)
        return name

    def write_fixed(self) -> str:
        body = self._body
        name = body.unnamed("e")
        with body.block(f"def {name}(s, p, x):"):
            with body.block("try:"):
                for part in filter(is_fixed, self._parts()):
                    self._read(part)
                    self._complete(part.definition.type, f"v{part.at}", part)
            with body.block("except Exception:"):
                body.line("return None")
            members = [
                self._member(each) if isinstance(each, str) or is_fixed(each) else f"{each.spelled}: None"
                for each in self._fields
            ]
            body.line(f"return {{{', '.join(members)}}}")
        self._source.extend(body)
        return name

    def _write_loop(self, record: type | None) -> None:
        body = self._body
        body.line("r = []")
        for part in self._parts():
            self._before(part)
        with body.block("for s in v:"):
            known = f"is not {body.constant('K', record)}" if record else "not in STEADY"
            seen = "" if record else " and not note_steady(s.__class__)"
            self._nothing_if(f"s.__class__ {known}{seen}")
            for part in self._parts():
                self._read(part)
                self._complete(part.definition.type, f"v{part.at}", part)
            body.line(f"q = {{{', '.join(self._member(each) for each in self._fields)}}}")
            body.line("r.append(q)")
            for part in self._objects():
                self._gather(part)
        for part in self._objects():
            self._put(part)

    def _parts(self) -> list[Part]:
        return [each for each in self._fields if isinstance(each, Part)]

    def _objects(self) -> list[Part]:
        return [each for each in self._parts() if isinstance(_nullable(each), GraphQLObjectType)]

    def _member(self, field: Named) -> str:
        return (
            f"{field}: {self._parent.name!r}" if isinstance(field, str) else f"{field.spelled}: v{field.at}"
        )

    def _nothing_if(self, condition: str) -> None:
        with self._body.block(f"if {condition}:"):
            self._body.line("return None")

    def _before(self, part: Part) -> None:
        """Write what all records have in common."""
        body, way = self._body, part.way
        if isinstance(_nullable(part), GraphQLObjectType):
            body.line(f"c{part.at} = []")
            body.line(f"q{part.at} = []")
        if isinstance(way, Direct) and way.info_name:
            body.line(f"i{part.at} = {info_of(body, part, way, steps_of(part))}")

    def _read(self, part: Part) -> None:
        way = part.way
        if isinstance(way, Attribute):
            self._body.line(f"v{part.at} = s.{way.name}")
        elif isinstance(way, Direct):
            call = call_of(self._body, part, way, steps_of(part), "", f"i{part.at}")
            self._body.line(f"v{part.at} = {call}")

    def _complete(self, type_: GraphQLOutputType, v: str, part: Part) -> None:
        is_nullable = not isinstance(type_, GraphQLNonNull)
        if is_leaf(type_):
            self._complete_leaf(type_, v)
            return
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(inner, GraphQLList):
            with self._body.block(f"if {v}.__class__ is tuple or {v}.__class__ is list:"):
                self._complete_items(inner.of_type, v, part)
            with self._body.block(f"elif {v} is not None:" if is_nullable else "else:"):
                self._body.line("return None")
        elif not is_nullable:
            self._nothing_if(f"{v} is None")

    def _complete_leaf(self, type_: GraphQLOutputType, v: str) -> None:
        body = self._body
        leaf: Any = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        and_told = "" if leaf is not type_ else f" and {v} is not None"
        condition = unusual(leaf, v)
        if condition is not None:
            self._nothing_if(f"{condition}{and_told}")
        elif isinstance(leaf, GraphQLEnumType):
            body.line(f"n = {enum_names(body, leaf)}.get(id({v}))")
            self._nothing_if(f"n is None{and_told}")
            body.line(f"{v} = n")
        elif gives_what_it_takes(leaf):
            self._nothing_if(f"{v}.__class__ not in BASIC{and_told}")
        else:
            with body.block(f"if {v} is not None:" if and_told else "if True:"):
                self._nothing_if(f"{v}.__class__ not in BASIC")
                body.line(f"{v} = {body.constant('C', leaf.coerce_output_value)}({v})")
                self._nothing_if(f"{v}.__class__ not in BASIC")

    def _complete_items(self, item: GraphQLOutputType, v: str, part: Part) -> None:
        body = self._body
        inner = item.of_type if isinstance(item, GraphQLNonNull) else item
        if isinstance(inner, GraphQLObjectType):
            body.line(f"{v} = {body.parameter('each', part.at, inner)}({v}, p, x)")
            self._nothing_if(f"{v} is None")
            return
        body.line(f"l{v} = []")
        with body.block(f"for t{v} in {v}:"):
            self._complete(item, f"t{v}", part)
            body.line(f"l{v}.append(t{v})")
        body.line(f"{v} = l{v}")

    def _gather(self, part: Part) -> None:
        with self._body.block(f"if v{part.at} is not None:"):
            self._body.line(f"c{part.at}.append(v{part.at})")
            self._body.line(f"q{part.at}.append(q)")

    def _put(self, part: Part) -> None:
        body = self._body
        each = body.parameter("each", part.at, _nullable(part))
        body.line(f"c{part.at} = {each}(c{part.at}, p, x)")
        self._nothing_if(f"c{part.at} is None")
        with body.block(f"for q, v in zip(q{part.at}, c{part.at}):"):
            body.line(f"q[{part.spelled}] = v")


def _nullable(part: Part) -> Value:
    type_ = part.definition.type
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_
