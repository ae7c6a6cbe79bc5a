"""What the emulated world has, by name, and how hits call the routes."""

from typing import Final

from providers.emulation.resorts import RESORTS
from providers.emulation.sights import SIGHTS

LOGIN: Final = "POST /login"
ACTIVITY: Final = "GET /activities/{uuid}"
MEDIA: Final = "GET /activities/{uuid}/media"
SEARCH: Final = "GET /activities"
RESORT: Final = "GET /v2/products/{id}"
PICTURES: Final = "GET /v1/products/{id}/pictures"
VIDEOS: Final = "GET /v0/products/{id}/videos"
CATALOG: Final = "GET /v2/products"
PHOTO: Final = "GET /v2/content/{culture}/photos/{slug}"
PHOTOS: Final = "GET /v2/content/{culture}/photos"

UNKNOWN_UUID: Final = "00000000-0000-4000-8000-000000000000"
UUIDS: Final = [sight.uuid for sight in SIGHTS if sight.status == "ONLINE"]
PRODUCT_IDS: Final = [product_id for resort in RESORTS for product_id in resort.product_ids]


def uuid_of(name: str) -> str:
    """Find the uuid of the activity at a sight."""
    return next(sight.uuid for sight in SIGHTS if sight.name == name)
