"""Arguments of a field: read once an execution, and never shared where a resolver could change them."""

import enum
from typing import Final

from graphql import Undefined, is_required_argument
from graphql.execution.values import VariableValues, get_argument_values

from server.operations.compiled.positions import Position
from server.operations.values import JsonObject, Value

_UNCHANGING: Final = (str, int, float, bool, enum.Enum, type(None))


class Arguments:
    """The arguments of one position."""

    def __init__(self, position: Position) -> None:
        self._position = position
        declared = position.definition.args.values()
        # What is required and left out is graphql-core's to refuse.
        self.takes_some = bool(position.nodes[0].arguments) or any(
            each.default is not None or each.default_value is not Undefined or is_required_argument(each)
            for each in declared
        )

    def read(self, variables: VariableValues, known: dict[Position, JsonObject]) -> JsonObject:
        """Read them as graphql-core does, or copy what was read before; raises GraphQLError."""
        found = known.get(self._position)
        if found is None:
            found = get_argument_values(self._position.definition, self._position.nodes[0], variables)
            if not is_copyable(found):
                return found
            known[self._position] = found
        return {name: fresh(value) for name, value in found.items()}


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
        return [fresh(each) for each in value]
    if kind is dict:
        return {name: fresh(each) for name, each in value.items()}
    return value
