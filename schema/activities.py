"""Activities of Musement."""

import strawberry

from providers.musement import records
from resolvers import covers, media, nodes, photos
from resolvers.freshness import freshness as freshness_of
from schema.connections import ImageConnection, MediaConnection, PageInfo, VideoConnection
from schema.directives import LIST, VOLATILE_S
from schema.fields import PAGING, field, record_is
from schema.freshness import Freshness
from schema.nodes import Node
from schema.owners import MEDIA, Cover, MediaOwner
from schema.photo_filters import PHOTO_LIST
from schema.photos import PhotoConnection
from schema.scalars import URL


@strawberry.type(description="The city of an activity.")
class City:
    """A city."""

    city_id: strawberry.ID = field("Musement's id of the city.")
    name: str | None = field("The city's name.")
    country_code: str | None = field("The country, as two letters of ISO 3166.")
    cover_image_url: URL | None = field("A picture of the city.")


@strawberry.type(description="An activity of Musement: a tour, a ticket, something to do.")
class Activity(Node, MediaOwner):
    """An activity."""

    is_type_of = record_is(records.Activity)

    id: strawberry.ID = field("Opaque and globally unique, the same in every locale.", nodes.activity_id)
    freshness: Freshness | None = field(
        "State and age of the call that the activity's own fields come from; null where none was made.",
        freshness_of,
    )
    uuid: strawberry.ID = field("Musement's key of the activity.")
    title: str | None = field("The title.")
    description: str | None = field("What it is about.")
    url: URL | None = field("The activity's page at Musement.")
    status: str | None = field(
        "Musement's word for its state: ONLINE, UNAVAILABLE or ARCHIVED.", kept_s=VOLATILE_S
    )
    latitude: float | None = field("Degrees north.")
    longitude: float | None = field("Degrees east.")
    city: City | None = field("Where it takes place.")
    cover: Cover | None = field(
        "Its cover URL, else the flagged item of its media, else its first image.", covers.activity_cover
    )
    gallery: ImageConnection | None = field(
        "Its images.", media.activity_gallery, PAGING, null_means_error=True
    )
    videos: VideoConnection | None = field(
        "Its videos.", media.activity_videos, PAGING, null_means_error=True
    )
    media: MediaConnection | None = field(
        "Its images, videos and other items, in Musement's order.",
        media.activity_media,
        MEDIA,
        null_means_error=True,
    )
    photos: PhotoConnection | None = field(
        "The editorial photos of Forge that are tagged with this activity.",
        photos.of_activity,
        PHOTO_LIST,
        null_means_error=True,
    )


@strawberry.type(description="An activity and its place in the list.")
class ActivityEdge:
    """A place in a list of activities."""

    cursor: str = field("Continues after or before this activity.")
    node: Activity = field("The activity.")


@strawberry.type(description="A window of a list of activities.", directives=[LIST])
class ActivityConnection:
    """A window of activities."""

    edges: list[ActivityEdge] = field("The activities with their cursors.")
    nodes: list[Activity] = field("The activities.")
    page_info: PageInfo = field("Where the window stands in its list.")
    total_count: int | None = field("How many activities fit; null where Musement does not tell.")
    freshness: Freshness = field("State and age of the provider's answer; of the oldest page.", freshness_of)
