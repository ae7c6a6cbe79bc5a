"""Directives of the schema itself."""

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
