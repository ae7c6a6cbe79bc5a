"""Custom scalars. They accept any string: values are checked where they are used, as field errors."""

from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

DateTime = NewType("DateTime", str)
JSON = NewType("JSON", object)
Locale = NewType("Locale", str)
Representation = NewType("Representation", object)
URL = NewType("URL", str)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"wanted a string, got {type(value).__name__}")
    return value


class _Unchanged:
    """Gives what it takes; its mark tells compiled operations that they need not ask."""

    gives_what_it_takes = True

    def __call__(self, value: Any) -> Any:
        return value


_any = _Unchanged()


def _scalar(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=_any, parse_value=_text)


SCALARS: dict[object, ScalarDefinition] = {
    DateTime: _scalar(
        "DateTime", "A moment in UTC after RFC 3339, ending in `Z`, such as `2020-07-21T07:33:43.554Z`."
    ),
    JSON: _scalar("JSON", "Any JSON value, as the provider sends it."),
    Locale: _scalar("Locale", "A BCP 47 language tag such as `en-US`; upper and lower case are the same."),
    Representation: strawberry.scalar(
        name="_Any",
        description="An entity as a router names it: an object with `__typename` and the fields of a key.",
        serialize=_any,
        parse_value=_any,
    ),
    URL: _scalar("URL", "An absolute http or https URL."),
}

# @defer and @stream stand in the schema; the server runs them itself.
CONFIG = StrawberryConfig(scalar_map=SCALARS, enable_experimental_incremental_execution=True)
