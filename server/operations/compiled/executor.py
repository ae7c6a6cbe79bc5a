"""graphql-core's executor, with compiled selections in the place of its walk over fields."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

import msgspec
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    Undefined,
)
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FieldDetails, FragmentDetails
from graphql.execution.executor import collect_iterator_awaitables
from graphql.execution.values import VariableValues
from graphql.language import FragmentDefinitionNode, OperationDefinitionNode
from graphql.pyutils import Path, gather_with_cancel, is_awaitable
from graphql.type import GraphQLAbstractType
from graphql.type.definition import GraphQLResolveInfoHelpers

from server.operations.compiled.copies import own_values
from server.operations.compiled.positions import Position, Steps, as_path, field_path
from server.operations.compiled.renderings import Shelf, is_lasting
from server.operations.values import JsonObject, Value

Selected: TypeAlias = Callable[[Value, Steps, Value], Value]

# Classes whose values are neither awaitable nor exceptions, as met: bounded, for classes may be made at run time.
PLAIN: Final[set[type]] = set()
MOST_PLAIN: Final = 2000

# Those of them whose values show the same whenever they are looked at, as met.
STEADY: Final[set[type]] = set()

# Classes that a serialized scalar has nearly always.
BASIC: Final = frozenset({str, int, float, bool, dict, list})


class Compiled:
    """An operation for one choice of its conditions: its functions by selection and type."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        definitions: dict[str, FragmentDefinitionNode],
        fragments: dict[str, FragmentDetails],
    ) -> None:
        self.schema = schema
        self.operation = operation
        self.definitions = definitions
        self.fragments = fragments
        self.root: Selected
        # By the identity of a list of nodes and the name of an object type.
        self.selections: dict[tuple[int, str], Selected] = {}
        # The same, where renderings are looked for first.
        self.kept: dict[tuple[int, str], Selected] = {}
        # Those on many records at once, where that can be and nothing looks for renderings.
        self.each: dict[tuple[int, str], Selected | None] = {}
        # By the identity of a list of nodes: functions by the class of a value of an abstract type.
        self.by_class: dict[int, dict[type, Selected]] = {}


class CompiledExecutor(Executor[None]):
    """Runs one compiled operation once.

    ``variables`` that ``are_shared`` with other executions are not shown to its resolvers, but a copy of them.
    """

    def __init__(
        self,
        compiled: Compiled,
        variables: VariableValues,
        context: object,
        arguments: dict[Position, JsonObject],
        shelves: dict[str, Shelf],
        *,
        are_shared: bool,
    ) -> None:
        super().__init__(
            compiled.schema,
            compiled.definitions,
            compiled.fragments,
            None,
            context,
            compiled.operation,
            variables,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
        )
        self.compiled = compiled
        self.known_values = variables
        if are_shared:
            # What resolvers see of them is made when asked for, since most look at their arguments alone.
            del self.variable_values
        self.arguments = arguments
        # Of renderings that follow from the variables too.
        self.shelves = shelves
        self.failures = 0
        # What it comes to is to be learned from.
        self.is_due = False
        # By what makes them: those that are the same for every call of a resolver.
        self.infos: dict[object, Value] = {}

    def __getattr__(self, name: str) -> Value:
        """Make what is missing yet."""
        if name != "variable_values":
            raise AttributeError(name)
        self.variable_values = own_values(self.known_values)
        return self.variable_values

    async def run(self) -> ExecutionResult:
        """Run the operation to its result."""
        try:
            data = self.compiled.root(None, None, self)
            if data.__class__ is not dict:
                data = await data
        except GraphQLError as error:
            self.collected_errors.add(error, None)
            data = None
        # They hold what makes them, which is this: only the garbage collector would end a request's data.
        self.infos.clear()
        return ExecutionResult(data, self.collected_errors.errors or None)

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """What resolvers may ask for asynchronous work; made for each, since it holds the executor."""
        return GraphQLResolveInfoHelpers(gather=self.gather_async_work, track=self.track_async_work)

    @async_helpers.setter
    def async_helpers(self, helpers: GraphQLResolveInfoHelpers) -> None:
        del helpers

    def info(self, position: Position, steps: Steps) -> GraphQLResolveInfo[Any]:
        """Make what a resolver may ask about its field."""
        path = as_path(steps)
        return self.build_resolve_info(position.definition, position.nodes, position.parent, path)

    def fail(self, position: Position, error: Exception, steps: Steps) -> None:
        """Note an error, or raise it on where the type is non-null."""
        self.handle_field_error(error, position.type, position.details, as_path(steps))

    def handle_field_error(
        self,
        raw_error: Exception,
        return_type: GraphQLOutputType,
        field_details_list: list[FieldDetails],
        path: Path,
    ) -> None:
        """Count a failure, also one below what is null already; called by graphql-core too."""
        self.failures += 1
        super().handle_field_error(raw_error, return_type, field_details_list, path)

    def received(self, position: Position, value: Value, steps: Steps) -> Value:
        """Complete a value of any kind that a resolver or a list gave; a coroutine where that takes time."""
        if not self.is_awaitable(value):
            return self.came(position, value, steps)
        path = as_path(steps)
        info = self.info(position, field_path(path))
        return self.complete_awaitable_value(position.type, position.details, info, path, value, None)

    def came(self, position: Position, value: Value, steps: Steps) -> Value:
        """Complete a value that nobody has to wait for, whatever it is; a coroutine where that takes time."""
        completed = self._complete(position, value, steps)
        return self.settled(position, completed, steps) if self.is_awaitable(completed) else completed

    async def completed(self, position: Position, value: Value, steps: Steps) -> Value:
        """Complete a value of any kind that was awaited."""
        completed = self._complete(position, value, steps)
        return await completed if self.is_awaitable(completed) else completed

    async def settled(self, position: Position, pending: Awaitable[Value], steps: Steps) -> Value:
        """Wait for a completed value; its failure is noted here, or raised on where the type is non-null."""
        try:
            return await pending
        except Exception as error:  # noqa: BLE001 - whatever a resolver raises is an error of its field
            return self.fail(position, error, steps)

    def abandon(self, values: list[Value]) -> None:
        """Let what is still pending end in the background: nobody waits for it any more."""
        if values:
            self.settle_in_background(values)

    def abandon_items(self, values: list[Value], pending: list[int] | None, rest: Iterator[Value]) -> None:
        """Do so for a list that has failed, with the items that were not looked at yet."""
        self.abandon(
            [values[index] for index in pending or ()] + collect_iterator_awaitables(rest, self.is_awaitable)
        )

    def _complete(self, position: Position, value: Value, steps: Steps) -> Value:
        path = as_path(steps)
        info = self.info(position, field_path(path))
        completed = self.complete_value(position.type, position.details, info, path, value, None)
        note_plain(value.__class__)
        return completed

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: list[FieldDetails],
        path: Path,
        result: Value,
        position_context: None,
    ) -> Value:
        """Run the selection on an object; called by graphql-core."""
        selection = self.compiled.selections.get((id(field_details_list), return_type.name))
        if selection is None:
            return super().collect_and_execute_subfields(
                return_type, field_details_list, path, result, position_context
            )
        return selection(result, path, self)

    def ensure_valid_runtime_type(
        self,
        runtime_type_name: Value,
        return_type: GraphQLAbstractType,
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        result: Value,
    ) -> GraphQLObjectType:
        """Find the type of a value of an abstract type, and remember it for its class; called by graphql-core."""
        found = super().ensure_valid_runtime_type(
            runtime_type_name, return_type, field_details_list, info, result
        )
        by_class = self.compiled.by_class.get(id(field_details_list))
        kind = result.__class__
        if by_class is not None and is_decided_by_class(kind, found):
            by_class[kind] = self.compiled.kept[id(field_details_list), found.name]
        return found


def note_plain(kind: type) -> None:
    """Remember a class whose values need no second look."""
    if len(PLAIN) < MOST_PLAIN and is_plain(kind):
        PLAIN.add(kind)


def is_plain(kind: type) -> bool:
    """Tell whether values of a class are neither null nor awaitable nor exceptions."""
    return not (
        hasattr(kind, "__await__")
        or issubclass(kind, Exception)
        or kind is type(None)
        or kind is type(Undefined)
    )


def is_steady(kind: type) -> bool:
    """Tell whether values of a class need no second look, and show the same whenever they are looked at."""
    is_frozen = issubclass(kind, msgspec.Struct) and kind.__struct_config__.frozen
    return is_plain(kind) and (is_frozen or is_lasting(kind))


def note_steady(kind: type) -> bool:
    """Tell the same, and remember it."""
    found = is_steady(kind)
    if found and len(STEADY) < MOST_PLAIN:
        STEADY.add(kind)
    return found


def is_decided_by_class(kind: type, found: GraphQLObjectType) -> bool:
    """Tell whether every value of a class has the object type that one of them had."""
    record = getattr(found.is_type_of, "instances_of", None)
    return (
        record is not None
        and issubclass(kind, record)
        and is_plain(kind)
        and not kind.__dictoffset__
        and not issubclass(kind, Mapping)
        and not hasattr(kind, "__strawberry_definition__")
    )


def add(pending: list[Value] | None, key: str | int) -> list[Value]:
    """Note that a value is still to come."""
    if pending is None:
        return [key]
    pending.append(key)
    return pending


async def gathered(values: Value, pending: list[Value]) -> Value:
    """Wait for what is still to come of an object or a list."""
    if len(pending) == 1:
        key = pending[0]
        values[key] = await values[key]
        return values
    found = await gather_with_cancel(*[values[key] for key in pending])
    for key, value in zip(pending, found, strict=True):
        values[key] = value
    return values


def awaited(value: Value, begun: type) -> Value:
    """Let what a coroutine gave at once be waited for no more, even if it could be."""
    return _given(value) if value.__class__ is not begun and is_awaitable(value) else value


async def _given(value: Value) -> Value:
    return value
