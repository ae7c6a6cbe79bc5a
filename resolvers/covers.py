"""The cover of an owner: which picture, and why that one."""

import enum
from collections.abc import Sequence

import msgspec
from msgspec import UNSET
from strawberry import Parent

from providers.clubmed.records import MAIN_KEY_VISUAL, Resort
from providers.forge.records import Photo
from providers.musement.records import Activity
from providers.records import Image, ImageRole
from resolvers.begun import begins_at_once
from resolvers.context import Info
from resolvers.lasting import lasting
from resolvers.partial import settled


class CoverReason(enum.Enum):
    """Why a picture is the cover."""

    OWNER_COVER_URL = "OWNER_COVER_URL"
    FLAGGED_BY_PROVIDER = "FLAGGED_BY_PROVIDER"
    KEYWORD = "KEYWORD"
    FIRST_IMAGE = "FIRST_IMAGE"


class Cover(msgspec.Struct, frozen=True):
    """The chosen picture and the reason."""

    image: Image
    reason: CoverReason


@begins_at_once
async def activity_cover(parent: Parent[Activity], info: Info) -> Cover | None:
    """Choose an activity's cover: its cover URL, else the flagged item of its media, else their first image."""
    loaders = info.context.loaders
    # A failure is no reason for the next choice: the cover would change from one request to the next.
    url = await settled(parent.cover_image_url)
    if url:
        image = Image(owner=parent.owner, url=url, role=ImageRole.COVER, is_cover=True)
        return Cover(image=image, reason=CoverReason.OWNER_COVER_URL)
    items = (await loaders.activity_media.load(parent.key)).value or ()
    images = [item for item in items if isinstance(item, Image)]
    flagged = next((image for image in images if image.is_cover), None)
    if flagged:
        return Cover(image=flagged, reason=CoverReason.FLAGGED_BY_PROVIDER)
    return _first(images)


@begins_at_once
async def resort_cover(parent: Parent[Resort], info: Info) -> Cover | None:
    """Choose a product's cover: its key visual, else its immersive image, else its first picture."""
    loaders = info.context.loaders
    # The pictures first: where one is the key visual, which is what the keyword is for (provider page), it is one call.
    images = (await loaders.resort_pictures.load(parent.key)).value or ()
    key_visual = next((image for image in images if MAIN_KEY_VISUAL in image.keywords), None)
    if key_visual:
        return Cover(image=key_visual, reason=CoverReason.KEYWORD)
    immersive = parent.immersive_image
    if immersive is UNSET:
        detail = (await loaders.resort.load(parent.key)).value
        immersive = detail.immersive_image if detail else None
    immersive = await settled(immersive)
    if isinstance(immersive, Image):
        # An id of its own: under the other field's id one thing would have two values of isCover.
        image = msgspec.structs.replace(immersive, role=ImageRole.COVER, is_cover=True)
        return Cover(image=image, reason=CoverReason.OWNER_COVER_URL)
    return _first(images)


@lasting
def photo_cover(parent: Parent[Photo]) -> Cover | None:
    """Give a photo's own image."""
    return Cover(image=parent.image, reason=CoverReason.FIRST_IMAGE) if parent.image else None


def _first(images: Sequence[Image]) -> Cover | None:
    return Cover(image=images[0], reason=CoverReason.FIRST_IMAGE) if images else None
