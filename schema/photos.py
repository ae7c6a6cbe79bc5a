"""Photos, their tags, and lists of them."""

import strawberry

from providers.forge import records
from resolvers import covers, media, nodes, photos
from resolvers.freshness import freshness as freshness_of
from schema.connections import MediaConnection, PageInfo
from schema.directives import LIST
from schema.enums import ListAvailability
from schema.fields import field, record_is
from schema.freshness import Freshness
from schema.images import Image
from schema.nodes import Node
from schema.owners import MEDIA, Cover, MediaOwner
from schema.photo_filters import PHOTO_LIST
from schema.scalars import JSON, DateTime


@strawberry.type(description="An entity that a photo is related to.")
class RelatedContent:
    """A related entity."""

    type: str = field("The provider's word for what it is, such as `story`.")
    slug: strawberry.ID | None = field("Its slug in the photo's culture.")
    title: str | None = field("Its title.")
    headline: str | None = field("Its headline; related stories have one.")
    raw: JSON = field("All of it, as the provider sends it.")


@strawberry.type(description="A tag of a photo, or its context.")
class Tag:
    """A tag."""

    slug: strawberry.ID = field("The tag in the photo's culture.")
    neutral_slug: strawberry.ID | None = field("The tag in every language.")
    title: str | None = field("The tag's title in the photo's culture.")
    external_source_name: str | None = field("The system that the tag comes from; null for a free text.")
    extra_data: JSON | None = field("Data that the external system has bound to the tag.")
    fields: JSON | None = field("The tenant's own fields of the tag.")
    photos: "PhotoConnection | None" = field(
        "The photos that carry this tag.", photos.of_tag, PHOTO_LIST, null_means_error=True
    )


@strawberry.type(description="An editorial photo of Forge, in one culture.")
class Photo(Node, MediaOwner):
    """A photo."""

    is_type_of = record_is(records.Photo)

    id: strawberry.ID = field("Opaque and globally unique; it names the culture too.", nodes.photo_id)
    freshness: Freshness | None = field("State and age of the answer that the photo came with.", freshness_of)
    culture: str = field("The culture that the photo is shown in, such as `en-us`.")
    slug: strawberry.ID = field("The photo's name in its culture; another culture may have another.")
    entity_id: strawberry.ID | None = field("The same for one photo in every culture. It can't be looked up.")
    translation_id: strawberry.ID | None = field("The photo in this culture. It can't be looked up.")
    title: str | None = field("The photo's title.")
    content_date: DateTime | None = field("The date of what the photo shows.")
    last_updated_date: DateTime | None = field("When the photo's entry was last edited.")
    created_by: str | None = field("Who made the photo's entry.")
    last_updated_by: str | None = field("Who last edited the photo's entry.")
    featured: bool = field("Whether editors promote the photo.")
    availability: ListAvailability | None = field(
        "Whether lists show the photo; lists themselves do not tell."
    )
    mime_type: str | None = field("The media type of the file; lists do not tell.")
    storage_path: str | None = field("Where the provider keeps the file; lists do not tell.")
    image: Image = field("The picture itself.")
    tags: list[Tag] = field("The photo's tags.")
    context: Tag | None = field("The tag that is the photo's context; lists do not tell.")
    fields: JSON | None = field("The tenant's own fields of the photo.")
    relations: list[RelatedContent] | None = field(
        "What the photo is related to. On a photo from a list it costs the photo's detail call.",
        photos.relations,
    )
    references: JSON | None = field(
        "The photo's reference fields. On a photo from a list it costs the photo's detail call.",
        photos.references,
    )
    cover: Cover | None = field("The photo's own picture.", covers.photo_cover)
    media: MediaConnection | None = field(
        "The photo's own picture, as a list of one.", media.photo_media, MEDIA, null_means_error=True
    )


@strawberry.type(description="A photo and its place in the list.")
class PhotoEdge:
    """A place in a list of photos."""

    cursor: str = field("Continues after or before this photo.")
    node: Photo = field("The photo.")


@strawberry.type(
    description="A window of a list of photos. It has no total: the provider tells none.", directives=[LIST]
)
class PhotoConnection:
    """A window of photos."""

    edges: list[PhotoEdge] = field("The photos with their cursors.")
    nodes: list[Photo] = field("The photos.")
    page_info: PageInfo = field("Where the window stands in its list.")
    freshness: Freshness = field("State and age of the provider's answer; of the oldest page.", freshness_of)
