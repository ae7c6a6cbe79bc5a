"""The variables of an operation, read before anything runs."""

from collections.abc import Mapping
from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    get_variable_values,
)
from graphql.execution.values import VariableValues

MOST_ERRORS: Final = 20


class UnfitVariable(GraphQLError):
    """A variable cannot be what the operation declares; ``argument`` is its name."""

    def __init__(self, cause: GraphQLError) -> None:
        super().__init__(cause.message, cause.nodes)
        nodes = cause.nodes or ()
        definition = next((node for node in nodes if isinstance(node, VariableDefinitionNode)), None)
        self.argument = definition.variable.name.value if definition else None


def read_variables(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    sent: Mapping[str, Any] | None,
    *,
    suggestions: bool,
) -> VariableValues | list[GraphQLError]:
    """Read the variables that were sent, as the operation declares them, or tell what is wrong with them."""
    read = get_variable_values(
        schema,
        operation.variable_definitions or (),
        dict(sent or {}),
        max_errors=MOST_ERRORS,
        hide_suggestions=not suggestions,
    )
    return [UnfitVariable(error) for error in read] if isinstance(read, list) else read
