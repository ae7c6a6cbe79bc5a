"""Arguments of a field: read once an execution, and never shared where a resolver could change them."""

import enum
from collections.abc import Callable
from typing import Final, Protocol

from graphql import GraphQLField, GraphQLResolveInfo, Undefined, is_required_argument
from graphql.execution.values import VariableValues, get_argument_values

from server.operations.compiled.positions import Position
from server.operations.compiled.resolving import DirectCall
from server.operations.values import JsonObject, Value

_UNCHANGING: Final = (str, int, float, bool, enum.Enum, type(None))


class Execution(Protocol):
    """What is read of one execution; ``arguments`` are those of the same operation with the same variables."""

    variable_values: VariableValues
    arguments: dict[Position, JsonObject]


def takes_some(definition: GraphQLField, *, are_given: bool) -> bool:
    """Tell whether a field's function is called with arguments."""
    # What is required and left out is graphql-core's to refuse.
    return are_given or any(
        each.default is not None or each.default_value is not Undefined or is_required_argument(each)
        for each in definition.args.values()
    )


class Arguments:
    """The arguments of one position."""

    def __init__(self, position: Position) -> None:
        self._position = position

    def read(self, variables: VariableValues, known: dict[Position, JsonObject]) -> JsonObject:
        """Read them as graphql-core does, or copy what was read before; raises GraphQLError."""
        found = known.get(self._position)
        if found is None:
            found = get_argument_values(self._position.definition, self._position.nodes[0], variables)
            if not is_copyable(found):
                return found
            known[self._position] = found
        return {name: fresh(value) for name, value in found.items()}

    def converted(
        self, call: DirectCall, execution: Execution, raw: Callable[[], GraphQLResolveInfo[Value]]
    ) -> JsonObject:
        """Read and convert them as Strawberry does, or copy what was converted before; raises GraphQLError."""
        known = execution.arguments.get(self._position)
        if known is None:
            position = self._position
            found = get_argument_values(position.definition, position.nodes[0], execution.variable_values)
            known = call.converted(found, raw)
            if not is_copyable(known):
                return known
            execution.arguments[position] = known
        return {name: fresh(value) for name, value in known.items()}


def is_copyable(value: Value) -> bool:
    """Tell whether a value is made of nothing but JSON and enums, so that a copy of it is as good."""
    if isinstance(value, dict):
        return all(is_copyable(each) for each in value.values())
    if isinstance(value, list):
        return all(is_copyable(each) for each in value)
    return isinstance(value, _UNCHANGING) and value is not Undefined


def fresh(value: Value) -> Value:
    """Copy what can be changed."""
    kind = value.__class__
    if kind is list:
        # Keys, as a rule.
        return [each if each.__class__ is str else fresh(each) for each in value]
    if kind is dict:
        return {name: fresh(each) for name, each in value.items()}
    return value
