"""A picture's URLs, for the host that it comes from."""

from collections.abc import Mapping, Sequence

from providers.images import LARGEST_SIDE, UNCHANGED, ImageHost
from providers.records import Image, ImageFit, ImageFormat, Provider, Rendition, Transform
from resolvers.errors import BadUserInput

# More than any page needs, and each can be a derived picture that a tenant of Forge is billed for.
MOST_WIDTHS = 16
BEST_QUALITY = 100
# imgix documents up to 5; no screen has it.
HIGHEST_DPR = 4


def image_url(parent: Image, hosts: Mapping[Provider, ImageHost], transform: Transform | None) -> str:
    """Give the picture's URL, transformed as far as its host can."""
    return hosts[parent.provider].url(parent, transform)


def image_rendition(parent: Image, hosts: Mapping[Provider, ImageHost], transform: Transform) -> Rendition:
    """Give the picture's URL with the size that comes and the steps that its host honours."""
    return hosts[parent.provider].rendition(parent, transform)


def image_src_set(
    parent: Image, hosts: Mapping[Provider, ImageHost], widths: Sequence[int], transform: Transform | None
) -> list[Rendition]:
    """Give one rendition for each width, in the order asked.

    The width takes the place of the transformation's own; where that has a height too, the height follows in
    their ratio. Raise BadUserInput for more than MOST_WIDTHS widths or one out of bounds.
    """
    if len(widths) > MOST_WIDTHS:
        raise BadUserInput(f"wanted at most {MOST_WIDTHS} widths, got {len(widths)}", argument="widths")
    for width in widths:
        _bounded("width", width, LARGEST_SIDE, "widths")
    asked = transform or UNCHANGED
    return [image_rendition(parent, hosts, _as_wide(asked, width)) for width in widths]


def checked_transform(
    *,
    width: int | None,
    height: int | None,
    fit: ImageFit | None,
    format: ImageFormat | None,
    quality: int | None,
    dpr: int | None,
) -> Transform:
    """Make a transformation of a client's values, None for the default; raise BadUserInput out of bounds."""
    for name, value, most in (
        ("width", width, LARGEST_SIDE),
        ("height", height, LARGEST_SIDE),
        ("quality", quality, BEST_QUALITY),
        ("dpr", dpr, HIGHEST_DPR),
    ):
        if value is not None:
            _bounded(name, value, most, "transform")
    return Transform(
        width=width,
        height=height,
        fit=UNCHANGED.fit if fit is None else fit,
        format=UNCHANGED.format if format is None else format,
        quality=quality,
        dpr=UNCHANGED.dpr if dpr is None else dpr,
    )


def _bounded(name: str, value: int, most: int, argument: str) -> None:
    if not 1 <= value <= most:
        raise BadUserInput(f"{name}: wanted 1 to {most}, got {value}", argument=argument)


def _as_wide(transform: Transform, width: int) -> Transform:
    height = transform.height
    if height is not None and transform.width is not None:
        height = min(max(round(height * width / transform.width), 1), LARGEST_SIDE)
    return Transform(
        width=width,
        height=height,
        fit=transform.fit,
        format=transform.format,
        quality=transform.quality,
        dpr=transform.dpr,
    )
