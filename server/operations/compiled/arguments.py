"""Arguments of a field: read once where that is sure to give the same, and never shared where they can be changed."""

from collections.abc import Callable
from typing import Protocol

from graphql import GraphQLField, GraphQLResolveInfo, Undefined, is_required_argument
from graphql.execution.values import VariableValues, get_argument_values

from server.operations.compiled.copies import fresh, is_copyable
from server.operations.compiled.positions import Position
from server.operations.compiled.resolving import DirectCall
from server.operations.values import JsonObject, Value


class Execution(Protocol):
    """What is read of one execution.

    ``variable_values`` are its own, as its resolvers see them and may change them. ``known_values`` are the same as
    they were read, and ``arguments`` what was read with them: both may serve other executions too.
    """

    variable_values: VariableValues
    known_values: VariableValues
    arguments: dict[Position, JsonObject]


def takes_some(definition: GraphQLField, *, are_given: bool) -> bool:
    """Tell whether a field's function is called with arguments."""
    # What is required and left out is graphql-core's to refuse.
    return are_given or any(
        each.default is not None or each.default_value is not Undefined or is_required_argument(each)
        for each in definition.args.values()
    )


class Arguments:
    """The arguments of one position; those that ``are_kept`` are read once for all that asks for the same."""

    def __init__(self, position: Position, *, are_kept: bool) -> None:
        self._position = position
        self._are_kept = are_kept

    def read(self, execution: Execution) -> JsonObject:
        """Read them as graphql-core does, or copy what was read before; raises GraphQLError."""
        if not self._are_kept:
            return self._values(execution.variable_values)
        known = execution.arguments.get(self._position)
        if known is None:
            known = self._values(execution.known_values)
            if not is_copyable(known):
                return self._values(execution.variable_values)
            execution.arguments[self._position] = known
        return {name: fresh(value) for name, value in known.items()}

    def converted(
        self, call: DirectCall, execution: Execution, raw: Callable[[], GraphQLResolveInfo[Value]]
    ) -> JsonObject:
        """Read and convert them as Strawberry does, or copy what was converted before; raises GraphQLError."""
        if not self._are_kept:
            return call.converted(self._values(execution.variable_values), raw)
        known = execution.arguments.get(self._position)
        if known is None:
            known = call.converted(fresh(self._values(execution.known_values)), raw)
            if not is_copyable(known):
                return known
            execution.arguments[self._position] = known
        return {name: fresh(value) for name, value in known.items()}

    def _values(self, variables: VariableValues) -> JsonObject:
        return get_argument_values(self._position.definition, self._position.nodes[0], variables)
