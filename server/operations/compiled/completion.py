"""Source that completes a value: the evident outcome in line, everything else by graphql-core."""

import builtins
import enum
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from types import CoroutineType
from typing import Any, Final, NamedTuple

import msgspec
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLString,
    Undefined,
    is_leaf_type,
    is_non_null_type,
)
from graphql.execution import Executor
from graphql.pyutils import inspect, is_awaitable

from server.operations.compiled.executor import (
    BASIC,
    PLAIN,
    STEADY,
    add,
    awaited,
    gathered,
    is_plain,
    note_steady,
)
from server.operations.compiled.source import Source

# What holds of a value that these scalars would not leave as it is.
_UNUSUAL: Final = {
    GraphQLString: "{v}.__class__ is not str",
    GraphQLID: "{v}.__class__ is not str",
    GraphQLInt: "({v}.__class__ is not int or not -2147483648 <= {v} <= 2147483647)",
    GraphQLFloat: "({v}.__class__ is not float or {v} - {v} != 0.0)",
    GraphQLBoolean: "{v} is not True and {v} is not False",
}


def refuse_nothing(leaf: GraphQLScalarType, value: object, given: object) -> None:
    """Raise what graphql-core does where a scalar gives nothing for a value: it is not asked again."""
    asked = f"{inspect(leaf)}.coerce_output_value({inspect(value)})"
    raise TypeError(f"Expected `{asked}` to return non-nullable value, returned: {inspect(given)}")


NAMED: Final[Mapping[str, Any]] = {
    # What is called may import, or ask where it is called from: both look here.
    "__builtins__": builtins,
    "__name__": __name__,
    "BASIC": BASIC,
    "PLAIN": PLAIN,
    "Coroutine": CoroutineType,
    "Raw": msgspec.Raw,
    "STEADY": STEADY,
    "Undefined": Undefined,
    "add": add,
    "awaited": awaited,
    "gathered": gathered,
    "is_awaitable": is_awaitable,
    "note_steady": note_steady,
    "partial": partial,
    "refuse_nothing": refuse_nothing,
}
"""What all source names."""


class Value(NamedTuple):
    """A value of the source under construction.

    ``pending`` is the statement that notes it as still to come; an awaited value has none, for it is awaited in place.
    ``by`` is what completes it where it is not as expected.
    """

    variable: str
    steps: str
    position: str
    pending: str
    by: str = "received"


def evidence_of(source: Source, type_: GraphQLObjectType, value: Value) -> str:
    """Write the condition by which a value is plainly an object of a type."""
    if type_.is_type_of is None:
        return f"{value.variable}.__class__ in PLAIN"
    record = getattr(type_.is_type_of, "instances_of", None)
    if not isinstance(record, type) or not is_plain(record):
        return "False"
    return f"{value.variable}.__class__ is {source.constant('K', record)}"


def unusual(leaf: GraphQLOutputType, variable: str) -> str | None:
    """Write what holds of a value that a scalar would not leave as it is; None for a scalar that may do anything."""
    condition = _UNUSUAL.get(leaf) if isinstance(leaf, GraphQLScalarType) else None
    return condition and condition.format(v=variable)


def gives_what_it_takes(leaf: Any) -> bool:
    """Tell whether a scalar of the schema's own is marked as one that leaves every value as it is."""
    return bool(getattr(leaf.coerce_output_value, "gives_what_it_takes", False))


def enum_names(source: Source, leaf: GraphQLEnumType) -> str:
    """Name what tells the names of an enum's members by their identity."""
    # They are singletons that live as long as their class.
    return source.constant("N", _EnumNames(leaf))


def complete_leaf(source: Source, type_: GraphQLOutputType, value: Value) -> None:
    """Write the completion of a scalar or an enum."""
    nullable = not is_non_null_type(type_)
    leaf = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    condition = unusual(leaf, value.variable)
    if condition is not None:
        with source.block(f"if {condition}{f' and {value.variable} is not None' if nullable else ''}:"):
            by_graphql_core(source, value)
        return
    if isinstance(leaf, GraphQLEnumType):
        _complete_enum(source, leaf, value)
    else:
        _complete_scalar(source, leaf, value)
    with otherwise(source, value, nullable=nullable):
        by_graphql_core(source, value)


def _complete_enum(source: Source, leaf: GraphQLEnumType, value: Value) -> None:
    source.line(f"n = {enum_names(source, leaf)}.get(id({value.variable}))")
    with source.block("if n is not None:"):
        source.line(f"{value.variable} = n")


def _complete_scalar(source: Source, leaf: Any, value: Value) -> None:
    v = value.variable
    with source.block(f"if {v}.__class__ in BASIC:"):
        if gives_what_it_takes(leaf):
            return
        serialize, named = source.constant("C", leaf.coerce_output_value), source.constant("T", leaf)
        source.line(f"c = {serialize}({v})")
        with source.block("if c.__class__ in BASIC:"):
            source.line(f"{v} = c")
        with source.block("else:"):
            with source.block("if c is None or c is Undefined:"):
                source.line(f"refuse_nothing({named}, {v}, c)")
            source.line(f"{v} = c")
            with source.block(f"if is_awaitable({v}):"):
                wait(source, value)


def wait(source: Source, value: Value) -> None:
    """Write how a completed value that takes time is waited for."""
    if value.pending:
        source.line(f"{value.variable} = x.settled({value.position}, {value.variable}, {value.steps})")
        source.line(value.pending)
    else:
        source.line(f"{value.variable} = await {value.variable}")


def otherwise(source: Source, value: Value, *, nullable: bool) -> Source:
    """Begin what happens to a value that is not as expected: null stays null where it may."""
    return source.block(f"elif {value.variable} is not None:" if nullable else "else:")


def by_graphql_core(source: Source, value: Value) -> None:
    """Write the completion of whatever came."""
    v = value.variable
    if value.pending:
        source.line(f"{v} = x.{value.by}({value.position}, {v}, {value.steps})")
        with source.block(f"if {v}.__class__ is Coroutine:"):
            source.line(value.pending)
    else:
        source.line(f"{v} = await x.completed({value.position}, {v}, {value.steps})")


class _EnumNames(dict[int, str]):
    """Names of an enum's Python members by their identity."""

    def __init__(self, leaf: GraphQLEnumType) -> None:
        super().__init__()
        kind = getattr(leaf, "wrapped_cls", None)
        # Kept, so that no other object can take a member's identity.
        self.kind = kind
        if isinstance(kind, type) and issubclass(kind, enum.Enum):
            for member in kind:
                with suppress(Exception):  # a member that cannot be told is graphql-core's to refuse
                    self[id(member)] = Executor.complete_leaf_value(leaf, member)


def is_leaf(type_: GraphQLOutputType) -> bool:
    """Tell whether a type, or the type below its non-null, is a scalar or an enum."""
    return is_leaf_type(type_.of_type if isinstance(type_, GraphQLNonNull) else type_)
