"""Directives of the schema itself."""

import enum
from typing import Final

import strawberry
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="semanticNonNull",
    description="The field is null where it failed, and its error says why; it is never null without an error.",
)
class SemanticNonNull:
    """A promise to clients that handle errors themselves, such as Relay's; ``levels`` of lists count from 0."""

    levels: list[int] | None = strawberry.field(default_factory=lambda: [0])


@strawberry.enum(description="Who may keep an answer.")
class CacheControlScope(enum.Enum):
    """Who may keep an answer."""

    PUBLIC = strawberry.enum_value("PUBLIC", description="Caches that many clients share.")
    PRIVATE = strawberry.enum_value("PRIVATE", description="Nobody but the client that asked.")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT, Location.INTERFACE, Location.UNION],
    name="cacheControl",
    description="How long caches may keep an answer with this in it at most, however long its data is good: "
    "`maxAge` in seconds, the field's before its type's. With `inheritMaxAge` its type does not count.",
)
class CacheControl:
    """A bound for `Cache-Control` of HTTP; what says nothing bounds nothing."""

    max_age: int | None = strawberry.UNSET
    scope: CacheControlScope | None = strawberry.UNSET
    inherit_max_age: bool | None = strawberry.UNSET


# What an editor or a provider takes back should not outlive its purge for long: purges do not reach caches of others.
VOLATILE_S: Final = 60
LIST: Final = CacheControl(max_age=300)
