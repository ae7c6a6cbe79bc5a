"""An operation written as Python: one function a selection on an object type, one a list, one an async field."""

from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLUnionType,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues
from graphql.type import GraphQLAbstractType

from server.operations.compiled.abstract import resolves_by_class
from server.operations.compiled.arguments import Arguments
from server.operations.compiled.calls import arguments_of, call_of, steps_of
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
from server.operations.compiled.executor import Compiled
from server.operations.compiled.lasting import Reach, keeping, outermost
from server.operations.compiled.positions import Position, Slot
from server.operations.compiled.renderings import Renderings
from server.operations.compiled.resolving import Attribute, Direct, Wrapped, resolution_of
from server.operations.compiled.source import Source

MOST_FIELDS: Final = 2000


class TooLarge(Exception):
    """The operation would become too much code to be worth it."""


class Compiler:
    """Compiles one operation for one choice of its conditions."""

    def __init__(self, compiled: Compiled, variables: VariableValues, renderings: Renderings) -> None:
        self._compiled = compiled
        self._variables = variables
        self._renderings = renderings
        self._reaches: dict[str, Reach] = {}
        # That of the selection that is being written.
        self._reach = Reach()
        self._fields = 0
        self._made: dict[tuple[int, str], str] = {}
        self._lists: dict[tuple[int, str], str] = {}
        self._source = Source(**NAMED)

    def run(self, root: GraphQLObjectType) -> None:
        """Compile all of it; raises TooLarge, GraphQLError or RecursionError where that cannot be done."""
        compiled = self._compiled
        collected = collect_fields(
            compiled.schema, compiled.fragments, self._variables, root, compiled.operation
        )
        name = self._selection(root, collected.grouped_field_set, collected.new_defer_usages, is_top=True)
        functions = compiled.named = self._source.functions()
        compiled.root = functions[name]
        kept = outermost(self._reaches)
        for (details, type_name), made in self._made.items():
            function = functions[made]
            compiled.selections[details, type_name] = function
            if made in kept:
                function = keeping(made, function, kept[made], self._renderings)
            compiled.kept[details, type_name] = functions[_kept(made)] = function

    def _selection(
        self,
        parent: GraphQLObjectType,
        fields: dict[str, list[FieldDetails]],
        deferred: list[Any],
        *,
        is_top: bool = False,
    ) -> str:
        if deferred:
            raise GraphQLError("deferred")
        body = self._source.beside()
        name = body.unnamed("o")
        above, self._reach = self._reach, Reach()
        with body.block(f"def {name}(s, p, x):"):
            body.line("r = {}")
            body.line("w = None")
            with body.block("try:"):
                for key, details in fields.items():
                    if is_top:
                        self._apart(body, parent, key, details)
                    else:
                        self._field(body, parent, key, details, repr(key))
            with body.block("except Exception:"):
                body.line("x.abandon([r[k] for k in w or ()])")
                body.line("raise")
            body.line("return r if w is None else gathered(r, w)")
        self._source.extend(body)
        self._reaches[name], self._reach = self._reach, above
        return name

    def _apart(self, top: Source, root: GraphQLObjectType, key: str, details: list[FieldDetails]) -> None:
        # Each field at the top has a function, and its key is an object: other documents will have the same code.
        body = self._source.beside()
        name = body.unnamed("f")
        with body.block(f"def {name}(s, p, x, r, w):"):
            self._field(body, root, key, details, body.name("k", key))
            body.line("return w")
        self._source.extend(body)
        top.line(f"w = {name}(s, p, x, r, w)")

    def _field(
        self, body: Source, parent: GraphQLObjectType, key: str, details: list[FieldDetails], spelled: str
    ) -> None:
        self._fields += 1
        if self._fields > MOST_FIELDS:
            raise TooLarge
        name = details[0].node.name.value
        if name == "__typename":
            body.line(f"r[{spelled}] = {parent.name!r}")
            return
        definition = self._compiled.schema.get_field(parent, name)
        if definition is None:
            return
        position = Position(key, details, definition, parent, spelled)
        slot = Slot(position, definition.type)
        with body.block("try:"):
            self._resolved(body, slot)
        with body.block("except Exception as e:"):
            body.line(f"v = x.fail({body.name('S', slot)}, e, {steps_of(position)})")
        body.line(f"r[{spelled}] = v")

    def _resolved(self, body: Source, slot: Slot) -> None:
        position = slot.position
        steps = steps_of(position)
        value = Value("v", steps, body.name("S", slot), f"w = add(w, {position.spelled})")
        way = resolution_of(self._compiled.schema, position)
        arguments = Arguments(position)
        self._reach.note_way(way, position)
        if isinstance(way, Attribute):
            body.line(f"v = s.{way.name}")
        elif isinstance(way, Wrapped):
            given = ", **" + arguments_of(body, arguments) if arguments.takes_some else ""
            body.line(f"i = x.info({body.name('P', position)}, {steps})")
            body.line(f"v = {body.name('R', way.function)}(s, i{given})")
        elif way.begun:
            self._begun(body, slot, way, arguments, value)
            return
        elif way.is_async:
            self._awaited(body, slot, way, arguments)
            return
        else:
            body.line(f"v = {call_of(body, position, way, arguments, steps, '')}")
        self._complete(body, slot.type, value, slot)

    def _begun(self, body: Source, slot: Slot, way: Direct, arguments: Arguments, value: Value) -> None:
        steps = steps_of(slot.position)
        function = self._source.beside()
        name = function.unnamed("b")
        with function.block(f"async def {name}(v, p, x):"):
            with function.block("try:"):
                function.line("v = await v")
                self._complete(function, slot.type, Value("v", "p", value.slot, ""), slot)
            with function.block("except Exception as e:"):
                function.line(f"v = x.fail({value.slot}, e, p)")
            function.line("return v")
        self._source.extend(function)
        begun = body.name("Y", way.begun)
        call = call_of(body, slot.position, way, arguments, steps, "")
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
            self._complete(body, slot.type, value, slot)

    def _awaited(self, body: Source, slot: Slot, way: Direct, arguments: Arguments) -> None:
        function = self._source.beside()
        name = function.unnamed("a")
        named = function.name("S", slot)
        with function.block(f"async def {name}(s, p, x, g):"):
            with function.block("try:"):
                call = call_of(function, slot.position, way, arguments, "p", "g")
                function.line(f"v = await {call}")
                self._complete(function, slot.type, Value("v", "p", named, ""), slot)
            with function.block("except Exception as e:"):
                function.line(f"v = x.fail({named}, e, p)")
            function.line("return v")
        self._source.extend(function)
        given = arguments_of(body, arguments) if arguments.takes_some else "None"
        body.line(f"v = {name}(s, {steps_of(slot.position)}, x, {given})")
        body.line(f"w = add(w, {slot.position.spelled})")

    def _complete(self, body: Source, type_: GraphQLOutputType, value: Value, slot: Slot) -> None:
        if is_leaf(type_):
            complete_leaf(body, type_, value)
            return
        inner = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(inner, GraphQLList):
            self._complete_list(body, inner, value, slot)
        elif isinstance(inner, GraphQLObjectType):
            self._complete_object(body, inner, value, slot)
        elif isinstance(inner, GraphQLInterfaceType | GraphQLUnionType):
            self._complete_abstract(body, inner, value, slot)
        with otherwise(body, value, nullable=inner is type_):
            by_graphql_core(body, value)

    def _complete_list(self, body: Source, type_: GraphQLList[Any], value: Value, slot: Slot) -> None:
        v = value.variable
        with body.block(f"if {v}.__class__ is tuple or {v}.__class__ is list:"):
            body.line(f"{v} = {self._list(type_.of_type, slot)}({v}, {value.steps}, x)")
            with body.block(f"if {v}.__class__ is not list:"):
                wait(body, value)

    def _list(self, item: GraphQLOutputType, slot: Slot) -> str:
        key = (id(slot.details), str(item))
        if key not in self._lists:
            self._lists[key] = self._list_of(item, slot)
        return self._lists[key]

    def _list_of(self, item: GraphQLOutputType, slot: Slot) -> str:
        body = self._source.beside()
        item_slot = Slot(slot.position, item)
        named = body.name("S", item_slot)
        name = body.unnamed("l")
        with body.block(f"def {name}(v, p, x):"):
            body.line("r = []")
            body.line("w = None")
            body.line("j = 0")
            body.line("rest = iter(v)")
            with body.block("try:"), body.block("for t in rest:"):
                with body.block("try:"):
                    self._complete(body, item, Value("t", "(p, j, None)", named, "w = add(w, j)"), item_slot)
                with body.block("except Exception as e:"):
                    body.line(f"t = x.fail({named}, e, (p, j, None))")
                body.line("r.append(t)")
                body.line("j += 1")
            with body.block("except Exception:"):
                body.line("x.abandon_items(r, w, rest)")
                body.line("raise")
            body.line("return r if w is None else gathered(r, w)")
        self._source.extend(body)
        return name

    def _complete_object(self, body: Source, type_: GraphQLObjectType, value: Value, slot: Slot) -> None:
        name = self._below(type_, slot)
        with body.block(f"if {evidence_of(body, type_, value)}:"):
            self._run_selection(body, _kept(name), value)

    def _complete_abstract(self, body: Source, type_: GraphQLAbstractType, value: Value, slot: Slot) -> None:
        possible = self._compiled.schema.get_possible_types(type_)
        for each in possible:
            self._below(each, slot)
        if not resolves_by_class(type_, possible):
            with body.block("if False:"):
                return
        by_class = self._compiled.by_class.setdefault(id(slot.details), {})
        body.line(f"f = {body.name('B', by_class)}.get({value.variable}.__class__)")
        with body.block("if f is not None:"):
            self._run_selection(body, "f", value)

    def _run_selection(self, body: Source, function: str, value: Value) -> None:
        v = value.variable
        body.line(f"{v} = {function}({v}, {value.steps}, x)")
        with body.block(f"if {v}.__class__ is not dict and {v}.__class__ is not Raw:"):
            wait(body, value)

    def _below(self, type_: GraphQLObjectType, slot: Slot) -> str:
        key = (id(slot.details), type_.name)
        if key not in self._made:
            compiled = self._compiled
            collected = collect_subfields(
                compiled.schema,
                compiled.fragments,
                self._variables,
                compiled.operation,
                type_,
                slot.details,
            )
            self._made[key] = self._selection(type_, collected.grouped_field_set, collected.new_defer_usages)
        name = self._made[key]
        self._reach.note_below(name, self._reaches[name])
        return name


def _kept(name: str) -> str:
    """Name what looks for a selection's renderings before it runs it."""
    return f"k{name}"
