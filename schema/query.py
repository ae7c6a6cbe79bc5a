"""Entry points."""

import strawberry

from resolvers import activities, catalogs, nodes, photos, resorts
from schema.activities import Activity, ActivityConnection
from schema.fields import PAGING, argument, field
from schema.nodes import Node
from schema.photo_filters import PHOTO_LIST, PhotoKey
from schema.photos import Photo, PhotoConnection
from schema.resorts import ResortProduct, ResortProductConnection
from schema.scalars import Locale
from schema.stitching import sdl

LOCALE = argument(
    "locale",
    Locale | None,
    "The language of texts; left out: the request's Accept-Language, else the graph's default.",
)
QUERY = "Where every query starts. A key that its provider does not know answers null."
_FILTER, _SORT, *_PAGING = PHOTO_LIST


@strawberry.type(description=QUERY)
class Query:
    """Entry points."""

    node: Node | None = field(
        "Anything by its id.", nodes.node, (argument("id", strawberry.ID, "An id that this graph gave."),)
    )
    nodes: list[Node | None] | None = field(
        "Many things by their ids, in the order asked.",
        nodes.nodes,
        (argument("ids", list[strawberry.ID], "Up to 200 ids that this graph gave."),),
        null_means_error=True,
    )
    activity: Activity | None = field(
        "One activity of Musement.",
        activities.activity,
        (argument("uuid", strawberry.ID, "Musement's UUID of the activity."), LOCALE),
    )
    activities: list[Activity | None] | None = field(
        "Many activities of Musement, in the order asked.",
        activities.activities,
        (argument("uuids", list[strawberry.ID], "Up to 200 UUIDs; duplicates cost nothing."), LOCALE),
        null_means_error=True,
    )
    activity_search: ActivityConnection | None = field(
        "Musement's search. What its items carry costs no further call.",
        catalogs.activity_search,
        (
            argument("text", str | None, "Words to search for."),
            argument("city_ids", list[int] | None, "Only in these cities, by Musement's ids."),
            argument("categories", list[str] | None, "Only of these categories, by Musement's codes."),
            LOCALE,
            *PAGING,
        ),
        null_means_error=True,
    )
    resort_product: ResortProduct | None = field(
        "One resort product of Club Med.",
        resorts.resort_product,
        (argument("product_id", strawberry.ID, "Club Med's id, such as `MPAC`."), LOCALE),
    )
    resort_products: list[ResortProduct | None] | None = field(
        "Many resort products of Club Med, in the order asked.",
        resorts.resort_products,
        (argument("product_ids", list[strawberry.ID], "Up to 200 ids; duplicates cost nothing."), LOCALE),
        null_means_error=True,
    )
    resort_catalog: ResortProductConnection | None = field(
        "Club Med's catalogue. What its items carry costs no further call.",
        catalogs.resort_catalog,
        (LOCALE, *PAGING),
        null_means_error=True,
    )
    photo: Photo | None = field(
        "One photo of Forge, by its slug in the culture of a locale.",
        photos.photo,
        (argument("slug", strawberry.ID, "The photo's slug in that culture."), LOCALE),
    )
    photo_by_key: Photo | None = field(
        "One photo of Forge, by its key.",
        photos.photo_by_key,
        (
            argument("culture", str, "The culture, such as `en-us`."),
            argument("slug", strawberry.ID, "The photo's slug in that culture."),
        ),
    )
    photos_by_key: list[Photo | None] | None = field(
        "Many photos of Forge, in the order asked.",
        photos.photos_by_key,
        (argument("keys", list[PhotoKey], "Up to 200 keys; duplicates cost nothing."),),
        null_means_error=True,
    )
    photos: PhotoConnection | None = field(
        "Photos of Forge, filtered and sorted.",
        photos.photos,
        (_FILTER, _SORT, LOCALE, *_PAGING),
        null_means_error=True,
    )
    stitched: str = field(
        "The schema with directives for schema stitching: a gateway needs nothing else.", sdl, name="_sdl"
    )
