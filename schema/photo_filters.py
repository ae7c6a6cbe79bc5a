"""What photo lists can be filtered and sorted by."""

import strawberry

from schema.enums import ListAvailability, PhotoSortField, SortDirection
from schema.fields import PAGING, argument


@strawberry.input(description="The order of a photo list.")
class PhotoSort:
    """A sort."""

    field: PhotoSortField = strawberry.field(description="What to sort by.")
    direction: SortDirection = strawberry.field(
        default=SortDirection.DESC, description="Which end comes first."
    )


@strawberry.input(description="The key that a tag has in the external system that it comes from.")
class ExternalSourceReference:
    """A tag's external key."""

    source_name: str = strawberry.field(description="The external system, such as `musement`.")
    source_id: str = strawberry.field(description="The key in that system.")


@strawberry.input(description="What tags a photo must carry: every value given must match.")
class TagFilter:
    """A tag filter."""

    slug: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Slugs in the culture of the list."
    )
    neutral_slug: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Slugs that hold in every language."
    )
    external_source: list[ExternalSourceReference] | None = strawberry.field(
        default=strawberry.UNSET, description="Keys in an external system."
    )


@strawberry.input(description="What context a photo must have: every value given must match.")
class ContextFilter:
    """A context filter."""

    slug: str | None = strawberry.field(
        default=strawberry.UNSET, description="The context tag's slug in the culture of the list."
    )
    neutral_slug: str | None = strawberry.field(
        default=strawberry.UNSET, description="The context tag's slug in every language."
    )


@strawberry.input(description="A photo's key.")
class PhotoKey:
    """A photo's key."""

    culture: str = strawberry.field(description="The culture, such as `en-us`; case does not matter.")
    slug: strawberry.ID = strawberry.field(description="The slug in that culture.")


@strawberry.input(
    description="What a photo must be: every value given must match; what is left out does not filter."
)
class PhotoFilter:
    """A photo filter."""

    tags: TagFilter | None = strawberry.field(default=strawberry.UNSET, description="The photo's tags.")
    context: ContextFilter | None = strawberry.field(
        default=strawberry.UNSET, description="The photo's context."
    )
    featured: bool | None = strawberry.field(
        default=strawberry.UNSET, description="Only promoted photos, or only others."
    )
    slug: str | None = strawberry.field(
        default=strawberry.UNSET, description="The photo's own slug (the provider's `_id`)."
    )
    availability: ListAvailability | None = strawberry.field(
        default=ListAvailability.PUBLIC,
        description="UNLISTED answers FORBIDDEN, unless the operator allows it.",
    )
    any_of: list[TagFilter] | None = strawberry.field(
        default=strawberry.UNSET,
        description=(
            "Photos that match any of up to 8 tag filters, each once; it demands a sort by CONTENT_DATE or "
            "LAST_UPDATED_DATE. What else is given must match too."
        ),
    )


PHOTO_LIST = (
    argument("filter", PhotoFilter | None, "What the photos must be."),
    argument("sort", PhotoSort | None, "Their order; left out: promoted ones first, then the newest."),
    *PAGING,
)
