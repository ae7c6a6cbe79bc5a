"""Resort products of Club Med."""

import strawberry

from providers.clubmed import records
from resolvers import covers, media, nodes, photos
from resolvers.freshness import freshness as freshness_of
from schema.connections import ImageConnection, MediaConnection, PageInfo, VideoConnection
from schema.directives import LIST, VOLATILE_S
from schema.fields import PAGING, argument, field, record_is
from schema.freshness import Freshness
from schema.images import Image
from schema.nodes import Node
from schema.owners import MEDIA, Cover, MediaOwner
from schema.photo_filters import PHOTO_LIST
from schema.photos import PhotoConnection

_KEYWORDS = argument(
    "keywords", list[str] | None, "Only pictures with any of these keywords; none or an empty list means all."
)


@strawberry.type(description="A product of Club Med: a resort, or a resort in one of its seasons.")
class ResortProduct(Node, MediaOwner):
    """A resort product."""

    is_type_of = record_is(records.Resort)

    id: strawberry.ID = field("Opaque and globally unique, the same in every locale.", nodes.resort_id)
    freshness: Freshness | None = field(
        "State and age of the call that the product's own fields come from; null where none was made.",
        freshness_of,
    )
    product_id: strawberry.ID = field("Club Med's key of the product; upper and lower case differ.")
    resort_id: strawberry.ID | None = field("The resort, without the season.")
    title: str | None = field("The short title.")
    full_title: str | None = field("The full title.")
    description: str | None = field("One line about it.")
    product_type: str | None = field("Club Med's word for its kind, such as VILLAGE.")
    opening_status: str | None = field("Club Med's word for its state, such as OPEN.", kept_s=VOLATILE_S)
    country_codes: list[str] | None = field("Its countries, as two letters of ISO 3166.")
    immersive_image: Image | None = field("The large picture that comes with the product itself.")
    cover: Cover | None = field(
        "The picture with keyword MAIN_KEY_VISUAL, else the immersive image, else the first picture.",
        covers.resort_cover,
    )
    gallery: ImageConnection | None = field(
        "Its pictures.", media.resort_gallery, (_KEYWORDS, *PAGING), null_means_error=True
    )
    videos: VideoConnection | None = field("Its videos.", media.resort_videos, PAGING, null_means_error=True)
    media: MediaConnection | None = field(
        "Its pictures, then its videos.", media.resort_media, MEDIA, null_means_error=True
    )
    photos: PhotoConnection | None = field(
        "The editorial photos of Forge that are tagged with this product.",
        photos.of_resort,
        PHOTO_LIST,
        null_means_error=True,
    )


@strawberry.type(description="A resort product and its place in the list.")
class ResortProductEdge:
    """A place in a list of resort products."""

    cursor: str = field("Continues after or before this product.")
    node: ResortProduct = field("The product.")


@strawberry.type(description="A window of a list of resort products.", directives=[LIST])
class ResortProductConnection:
    """A window of resort products."""

    edges: list[ResortProductEdge] = field("The products with their cursors.")
    nodes: list[ResortProduct] = field("The products.")
    page_info: PageInfo = field("Where the window stands in its list.")
    total_count: int | None = field("How many products there are; null where Club Med does not tell.")
    freshness: Freshness = field("State and age of the provider's answer; of the oldest page.", freshness_of)
