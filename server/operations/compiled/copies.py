"""Copies of what was read: where one resolver may change its own, nobody else sees it."""

import enum
from typing import Final

from graphql.execution.values import VariableValues

from server.operations.values import Value

_UNCHANGING: Final = frozenset({str, int, float, bool, type(None)})


def is_copyable(value: Value) -> bool:
    """Tell whether a value is made of nothing but JSON and enums, so that a copy of it is as good."""
    # Of a class derived from one of these, a copy would be something else, and the thing itself may have attributes.
    kind = value.__class__
    if kind is dict:
        return all(is_copyable(each) for each in value.values())
    if kind is list:
        return all(is_copyable(each) for each in value)
    return is_unchanging(value)


def is_unchanging(value: Value) -> bool:
    """Tell whether nobody can change a value."""
    return value.__class__ in _UNCHANGING or isinstance(value, enum.Enum)


def fresh(value: Value) -> Value:
    """Copy what can be changed."""
    kind = value.__class__
    if kind is list:
        # Keys, as a rule.
        return [each if each.__class__ is str else fresh(each) for each in value]
    if kind is dict:
        return {name: fresh(each) for name, each in value.items()}
    return value


def own_values(values: VariableValues) -> VariableValues:
    """Copy variables, so that one execution has them to itself."""
    sources = {name: each._replace(value=fresh(each.value)) for name, each in values.sources.items()}
    return VariableValues(sources, fresh(values.coerced))
