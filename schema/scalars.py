"""Custom scalars. They accept any string: values are checked where they are used, as field errors."""

from collections.abc import Callable
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from providers.errors import UpstreamBadResponse
from providers.records import Provider

MOST_NESTED: Final = 250
"""Lists and objects of a JSON value within each other; what writes answers ends with Python's stack."""

DateTime = NewType("DateTime", str)
JSON = NewType("JSON", object)
Locale = NewType("Locale", str)
Representation = NewType("Representation", object)
URL = NewType("URL", str)


class _Text:
    """Takes strings alone; its mark tells compiled operations that the same is read whenever the same is sent."""

    reads_the_same = True

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str):
            raise GraphQLError(f"wanted a string, got {type(value).__name__}")
        return value


class _Unchanged:
    """Gives what it takes; its marks tell compiled operations that they need not ask."""

    gives_what_it_takes = True
    reads_the_same = True

    def __call__(self, value: Any) -> Any:
        return value


_text = _Text()
_any = _Unchanged()


def _writable(value: Any) -> Any:
    """Give JSON as it is, unless it is nested so deeply that no answer could be written with it."""
    level = _nested([value])
    for _ in range(MOST_NESTED + 1):
        if not level:
            return value
        level = [inner for each in level for inner in _nested(each)]
    # Forge alone sends values of any shape.
    raise UpstreamBadResponse(Provider.FORGE, f"answered JSON that is nested more than {MOST_NESTED} deep")


def _nested(value: dict[str, Any] | list[Any]) -> list[dict[str, Any] | list[Any]]:
    values = value.values() if isinstance(value, dict) else value
    return [each for each in values if isinstance(each, dict | list)]


def _scalar(name: str, description: str, serialize: Callable[[Any], Any] = _any) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=serialize, parse_value=_text)


SCALARS: dict[object, ScalarDefinition] = {
    DateTime: _scalar(
        "DateTime", "A moment in UTC after RFC 3339, ending in `Z`, such as `2020-07-21T07:33:43.554Z`."
    ),
    JSON: _scalar("JSON", "Any JSON value, as the provider sends it.", _writable),
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
