"""How a field is declared: its description, the resolver that gives its value, and its arguments.

A field without a resolver is read off the parent's record by its Python name.
"""

from collections.abc import Callable, Iterable
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument

from schema.directives import CacheControl, SemanticNonNull


def argument(name: str, of: object, description: str) -> StrawberryArgument:
    """Declare an argument by its Python name; one that may be left out has an optional type and no default."""
    return StrawberryArgument(
        name,
        None,
        StrawberryAnnotation(of),
        description=description,
        default=strawberry.UNSET,
    )


def field(
    description: str,
    resolver: Callable[..., Any] | None = None,
    arguments: Iterable[StrawberryArgument] = (),
    *,
    name: str | None = None,
    null_means_error: bool = False,
    kept_s: int | None = None,
) -> Any:
    """Declare a field; the annotation beside it is its type, ``name`` is for what is no Python name in camel case.

    ``null_means_error`` promises that the field is never null without an error. ``kept_s`` is the most seconds that
    caches keep an answer with the field in it.
    """
    directives: list[object] = [SemanticNonNull()] if null_means_error else []
    if kept_s is not None:
        directives.append(CacheControl(max_age=kept_s))
    declared: Any = (
        strawberry.field(resolver=resolver, description=description, name=name, directives=directives)
        if resolver
        else strawberry.field(description=description, name=name, directives=directives)
    )
    declared.arguments = list(arguments)
    return declared


def record_is(record: type) -> Any:
    """Tell GraphQL by the record's class which object type a value is."""

    def is_type_of(value: object, info: object) -> bool:
        del info
        return isinstance(value, record)

    # Tells compiled operations that nothing but the class decides.
    is_type_of.instances_of = record  # type: ignore[attr-defined] # functions may carry facts about themselves
    return staticmethod(is_type_of)


PAGING = (
    argument("first", int | None, "How many items from the start of the list, or after `after`: 1 to 500."),
    argument(
        "after", str | None, "Continue after this cursor, given by the same field with the same filter."
    ),
    argument(
        "last",
        int | None,
        "How many items from the end of the list, or before `before`: 1 to 500, not with `first`.",
    ),
    argument("before", str | None, "End before this cursor, given by the same field with the same filter."),
)
