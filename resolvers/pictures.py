"""The URL fields of an image."""

from collections.abc import Sequence
from typing import Protocol

from strawberry import UNSET, Parent

from providers.records import Image, ImageFit, ImageFormat, Rendition, Transform
from resolvers.context import Info, looks_at_context
from resolvers.images import checked_transform, image_rendition, image_src_set
from resolvers.lasting import lasting


class TransformInput(Protocol):
    """A transformation, as the schema's input carries it; UNSET and None mean the default."""

    width: int | None
    height: int | None
    fit: ImageFit | None
    format: ImageFormat | None
    quality: int | None
    dpr: int | None


@lasting
@looks_at_context
def url(parent: Parent[Image], info: Info, transform: TransformInput | None = None) -> str:
    """Give the picture's URL, transformed as far as its host can."""
    hosts = info.context.providers.image_hosts
    # For every picture of every page: nothing more than it takes.
    return hosts[parent.owner.provider].url(parent, _checked(transform) if transform else None)


@lasting
@looks_at_context
def rendition(parent: Parent[Image], info: Info, transform: TransformInput) -> Rendition:
    """Give the picture's URL with what its host will really deliver."""
    return image_rendition(parent, info.context.providers.image_hosts, _checked(transform))


@lasting
@looks_at_context
def src_set(
    parent: Parent[Image], info: Info, widths: Sequence[int], transform: TransformInput | None = None
) -> list[Rendition]:
    """Give one rendition a width."""
    asked = _checked(transform) if transform else None
    return image_src_set(parent, info.context.providers.image_hosts, widths, asked)


def _checked(sent: TransformInput) -> Transform:
    return checked_transform(
        width=None if sent.width is UNSET else sent.width,
        height=None if sent.height is UNSET else sent.height,
        fit=sent.fit,
        format=sent.format,
        quality=None if sent.quality is UNSET else sent.quality,
        dpr=sent.dpr,
    )
