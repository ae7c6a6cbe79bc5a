"""What has media."""

import strawberry

from schema.connections import MediaConnection
from schema.enums import CoverReason, MediaKind
from schema.fields import PAGING, argument, field
from schema.images import Image

KINDS = argument(
    "kinds",
    list[MediaKind] | None,
    "Only these kinds; none or an empty list means all. A kind that is not asked for costs no call.",
)
MEDIA = (KINDS, *PAGING)


@strawberry.type(description="The picture that stands for its owner.")
class Cover:
    """The chosen picture."""

    image: Image = field("The picture.")
    reason: CoverReason = field("Why this one.")


@strawberry.interface(description="An entity that has pictures and videos.")
class MediaOwner:
    """An owner of media."""

    cover: Cover | None = field("The picture that stands for this entity; null where it has none.")
    media: MediaConnection | None = field("All media of this entity.", arguments=MEDIA, null_means_error=True)
