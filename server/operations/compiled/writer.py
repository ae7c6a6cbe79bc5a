"""A selection on an object type written as Python: one function for it, one for each list and each async field."""

from collections.abc import Sequence
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
)

from server.operations.compiled.abstract import resolves_by_class
from server.operations.compiled.calls import Part, arguments_of, call_of, position_of, steps_of
from server.operations.compiled.completion import (
    NAMED,
    Value,
    by_graphql_core,
    complete_leaf,
    evidence_of,
    is_leaf,
    otherwise,
    wait,
)
from server.operations.compiled.evident import Named, write_evident, write_fixed
from server.operations.compiled.lasting import is_fixed
from server.operations.compiled.resolving import Attribute, Direct, Wrapped
from server.operations.compiled.source import Source


class Writer:
    """Writes one selection. What stands below its fields is written for itself."""

    def __init__(self, parent: GraphQLObjectType) -> None:
        self.source = Source(NAMED)
        self.parent = parent
        self._lists: dict[tuple[int, str], str] = {}

    def selection(self, fields: Sequence[Named]) -> str:
        """Write the functions of a selection on one record and on many, and tell their names."""
        body = self.source.beside()
        name = body.unnamed("o")
        with body.block(f"def {name}(s, p, x):"):
            self._fields(body, fields)
            body.line("return r if w is None else gathered(r, w)")
        self.source.extend(body)
        return f"{name}, {write_evident(self.source, self.parent, fields)}"

    def framed(self, fields: Sequence[Named]) -> str:
        """Write the functions that read what is fixed of a selection, and run what is live in it; tell their names."""
        live = [each for each in fields if not isinstance(each, str) and not is_fixed(each)]
        same = [f"r[{each.spelled}] is live[{each.spelled}]" for each in live]
        body = self.source.beside()
        name = body.unnamed("o")
        with body.block(f"def {name}(s, p, x, frame):"):
            self._fields(body, live)
            body.line("live = frame.live")
            with body.block(f"if live and w is None and {' and '.join(same)}:"):
                body.line("return frame.raw")
            body.line("return frame.filled(r, w)")
        self.source.extend(body)
        return f"{write_fixed(self.source, self.parent, fields)}, {name}"

    def _fields(self, body: Source, fields: Sequence[Named]) -> None:
        body.line("r = {}")
        body.line("w = None")
        with body.block("try:"):
            for field in fields:
                self._field(body, field)
        with body.block("except Exception:"):
            body.line("x.abandon([r[k] for k in w or ()])")
            body.line("raise")

    def apart(self, fields: Sequence[Named]) -> str:
        """Write the function of one field alone, or of none: who calls it makes the object."""
        body = self.source.beside()
        name = body.unnamed("f")
        with body.block(f"def {name}(s, p, x, r, w):"):
            for field in fields:
                self._field(body, field)
            body.line("return w")
        self.source.extend(body)
        return f"{name}, None"

    def _field(self, body: Source, part: Named) -> None:
        if isinstance(part, str):
            body.line(f"r[{part}] = {self.parent.name!r}")
            return
        with body.block("try:"):
            self._resolved(body, part)
        with body.block("except Exception as e:"):
            body.line(f"v = x.fail({position_of(body, part)}, e, {steps_of(part)})")
        body.line(f"r[{part.spelled}] = v")

    def _resolved(self, body: Source, part: Part) -> None:
        steps = steps_of(part)
        value = Value("v", steps, position_of(body, part), f"w = add(w, {part.spelled})")
        way = part.way
        if isinstance(way, Attribute):
            body.line(f"v = s.{way.name}")
        elif isinstance(way, Wrapped):
            given = ", **" + arguments_of(body, part) if part.takes_some else ""
            body.line(f"i = x.info({position_of(body, part)}, {steps})")
            body.line(f"v = {body.constant('R', way.function)}(s, i{given})")
        elif way.begun:
            self._begun(body, part, way, value)
            return
        elif way.is_async:
            self._awaited(body, part, way)
            return
        else:
            body.line(f"v = {call_of(body, part, way, steps, '')}")
        self._complete(body, part.definition.type, value, part)

    def _begun(self, body: Source, part: Part, way: Direct, value: Value) -> None:
        steps = steps_of(part)
        name = self._rest_of(part, value, "b", "v", "v")
        begun = body.constant("Y", way.begun)
        call = call_of(body, part, way, steps, "")
        if way.is_async:
            body.line(f"v = {begun}.begin({call})")
            # What an async resolver gives was awaited, even if it could be awaited again.
            value = value._replace(by="came")
        else:
            body.line(f"v = {call}")
            with body.block("if v.__class__ is Coroutine:"):
                body.line(f"v = awaited({begun}.begin(v), {begun})")
        with body.block(f"if v.__class__ is {begun}:"):
            body.line(f"v = {name}(v, {steps}, x)")
            body.line(value.pending)
        with body.block("else:"):
            self._complete(body, part.definition.type, value, part)

    def _awaited(self, body: Source, part: Part, way: Direct) -> None:
        value = Value("v", "p", position_of(body, part), "")
        call = call_of(body, part, way, "p", "g")
        name = self._rest_of(part, value, "a", "s", call, ", g")
        given = arguments_of(body, part) if part.takes_some else "None"
        body.line(f"v = {name}(s, {steps_of(part)}, x, {given})")
        body.line(f"w = add(w, {part.spelled})")

    def _rest_of(
        self, part: Part, value: Value, prefix: str, taken: str, awaited: str, more: str = ""
    ) -> str:
        """Write the function that awaits a field's value and completes it, and tell its name."""
        function = self.source.beside()
        name = function.unnamed(prefix)
        with function.block(f"async def {name}({taken}, p, x{more}):"):
            with function.block("try:"):
                function.line(f"v = await {awaited}")
                self._complete(function, part.definition.type, value._replace(steps="p", pending=""), part)
            with function.block("except Exception as e:"):
                function.line(f"v = x.fail({value.position}, e, p)")
            function.line("return v")
        self.source.extend(function)
        return name

    def _complete(self, body: Source, type_: GraphQLOutputType, value: Value, part: Part) -> None:
        if is_leaf(type_):
            complete_leaf(body, type_, value)
            return
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(inner, GraphQLList):
            self._complete_list(body, inner, value, part)
        elif isinstance(inner, GraphQLObjectType):
            self._complete_object(body, inner, value, part)
        elif isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
            self._complete_abstract(body, inner, value, part)
        with otherwise(body, value, nullable=inner is type_):
            by_graphql_core(body, value)

    def _complete_list(self, body: Source, type_: GraphQLList[Any], value: Value, part: Part) -> None:
        v = value.variable
        with body.block(f"if {v}.__class__ is tuple or {v}.__class__ is list:"):
            body.line(f"{v} = {self._list(type_.of_type, part)}({v}, {value.steps}, x)")
            with body.block(f"if {v}.__class__ is not list:"):
                wait(body, value)

    def _list(self, item: GraphQLOutputType, part: Part) -> str:
        key = (part.at, str(item))
        if key not in self._lists:
            self._lists[key] = self._list_of(item, part)
        return self._lists[key]

    def _list_of(self, item: GraphQLOutputType, part: Part) -> str:
        body = self.source.beside()
        named = body.parameter("items", part.at, item)
        name = body.unnamed("l")
        inner = item.of_type if isinstance(item, GraphQLNonNull) else item
        with body.block(f"def {name}(v, p, x):"):
            if isinstance(inner, GraphQLObjectType):
                each = body.parameter("each", part.at, inner)
                body.line(f"r = {each} and {each}(v, p, x)")
                with body.block("if r is not None:"):
                    body.line("return r")
            body.line("r = []")
            body.line("w = None")
            body.line("j = 0")
            body.line("rest = iter(v)")
            with body.block("try:"), body.block("for t in rest:"):
                with body.block("try:"):
                    self._complete(body, item, Value("t", "(p, j, None)", named, "w = add(w, j)"), part)
                with body.block("except Exception as e:"):
                    body.line(f"t = x.fail({named}, e, (p, j, None))")
                body.line("r.append(t)")
                body.line("j += 1")
            with body.block("except Exception:"):
                body.line("x.abandon_items(r, w, rest)")
                body.line("raise")
            body.line("return r if w is None else gathered(r, w)")
        self.source.extend(body)
        return name

    def _complete_object(self, body: Source, type_: GraphQLObjectType, value: Value, part: Part) -> None:
        with body.block(f"if {evidence_of(body, type_, value)}:"):
            self._run_selection(body, body.parameter("selection", part.at, type_), value)

    def _complete_abstract(
        self, body: Source, type_: GraphQLInterfaceType | GraphQLUnionType, value: Value, part: Part
    ) -> None:
        if not resolves_by_class(type_, part.below):
            with body.block("if False:"):
                return
        by_class = body.parameter("by_class", part.at)
        body.line(f"f = {by_class}.get({value.variable}.__class__)")
        with body.block("if f is not None:"):
            self._run_selection(body, "f", value)

    def _run_selection(self, body: Source, function: str, value: Value) -> None:
        v = value.variable
        body.line(f"{v} = {function}({v}, {value.steps}, x)")
        with body.block(f"if {v}.__class__ is not dict and {v}.__class__ is not Raw:"):
            wait(body, value)
