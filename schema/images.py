"""Pictures: what they are, and how they are asked for in a size."""

import strawberry

from providers import records
from resolvers import pictures
from schema.enums import ImageFit, ImageFormat, ImageTransformStep
from schema.fields import argument, field, record_is
from schema.media import Media
from schema.scalars import JSON, URL


@strawberry.input(
    description="How a picture is to be delivered; each host honours what it can, `applied` tells what."
)
class ImageTransform:
    """What a client asks of a picture."""

    width: int | None = strawberry.field(
        default=strawberry.UNSET, description="Width in CSS pixels, 1 to 8192."
    )
    height: int | None = strawberry.field(
        default=strawberry.UNSET, description="Height in CSS pixels, 1 to 8192."
    )
    fit: ImageFit | None = strawberry.field(
        default=ImageFit.COVER, description="How the picture is fitted into width and height."
    )
    format: ImageFormat | None = strawberry.field(
        default=ImageFormat.AUTO, description="The file format to deliver."
    )
    quality: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="Quality of the compression, 1 to 100; the host's own choice if left out.",
    )
    dpr: int | None = strawberry.field(
        default=1, description="Device pixel ratio, 1 to 4: width and height are multiplied by it."
    )


@strawberry.type(description="A picture in the size and form that its host will really deliver.")
class ImageRendition:
    """A URL and what it delivers."""

    url: URL = field("Where the picture is.")
    width: int | None = field("Width in pixels that will be delivered; null where it can't be known.")
    height: int | None = field("Height in pixels that will be delivered; null where it can't be known.")
    applied: list[ImageTransformStep] = field("The parts of the request that the picture's host honours.")


_OPTIONAL = argument("transform", ImageTransform | None, "How the picture is to be delivered.")
_REQUIRED = argument("transform", ImageTransform, "How the picture is to be delivered.")
_RATIO = argument(
    "transform",
    ImageTransform | None,
    "How the picture is to be delivered; its width and height together are the ratio of every rendition.",
)
_WIDTHS = argument("widths", list[int], "Up to 16 widths in CSS pixels, 1 to 8192 each.")


@strawberry.type(description="A picture of an activity, a resort product or a photo.")
class Image(Media):
    """A picture."""

    is_type_of = record_is(records.Image)

    url: URL = field("The picture, in the provider's own size or transformed.", pictures.url, (_OPTIONAL,))
    rendition: ImageRendition = field(
        "The picture, transformed, with what its host will really deliver.", pictures.rendition, (_REQUIRED,)
    )
    src_set: list[ImageRendition] = field(
        "One rendition for each width, for the `srcset` of an HTML image. A host that cannot resize gives the original "
        "without a width, and Forge may give one rendition for several widths: leave those out.",
        pictures.src_set,
        (_WIDTHS, _RATIO),
    )
    thumbnail_url: URL | None = field("A small version that the provider has made; Forge alone has one.")
    template_url: str | None = field(
        "Forge: the URL with its placeholder, for clients that fill it themselves. It is no URL as it stands."
    )
    is_cover: bool = field("Whether the provider says that this is its owner's cover.")
    keywords: list[str] = field("The provider's keywords as it sends them; unknown ones pass through.")
    format: str | None = field("The format of the original file, such as `jpg`; Forge alone tells it.")
    overridden_formats: JSON | None = field("Forge: the photo's own crops, as the provider sends them.")
