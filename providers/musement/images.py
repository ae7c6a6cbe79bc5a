"""Musement's image host: imgix's query parameters on images.musement.com."""

from urllib.parse import urlencode, urlsplit

from providers.images import (
    UNKNOWN_SIZE,
    PixelSize,
    asked_steps,
    bounded,
    delivered,
    device_pixels,
    is_signed,
    query_key,
)
from providers.records import Image, ImageFit, ImageTransformStep, Rendition, Transform

# The provider documents no image parameters. Its own addresses carry w and h (provider page), its clients add q and
# fit=crop (observed): imgix's names, so the rest is taken from imgix's documentation.
_FITS = {
    ImageFit.COVER: "crop",
    ImageFit.CONTAIN: "clip",
    ImageFit.INSIDE: "max",
    ImageFit.PAD: "fill",
    ImageFit.STRETCH: "scale",
}
_SIZE_KEYS = frozenset({"w", "h", "fit"})
# imgix parameters of the provider's own that change the size after w and h have had their say.
_RESIZING_KEYS = frozenset({"dpr", "max-w", "max-h", "min-w", "min-h", "pad"})


class MusementImages:
    """URLs of Musement's pictures.

    The provider's URLs carry a size of their own (``?w=750&h=500``). Sides that are asked for replace it
    whole, a quality replaces ``q`` alone; every other parameter stays as it is, in its order. The host is
    never asked for a format, and a signed URL is returned untouched.
    """

    def url(self, image: Image, transform: Transform | None) -> str:
        """Give the URL; without a transformation the provider's, byte for byte."""
        return image.source_url if transform is None else self.rendition(image, transform).url

    def rendition(self, image: Image, transform: Transform) -> Rendition:
        """Give the URL with the size that comes and the steps that imgix honours: all but FORMAT."""
        url = image.source_url
        # imgix's `fm` and `auto` were seen in no address of the provider or its clients.
        steps = tuple(step for step in asked_steps(transform) if step is not ImageTransformStep.FORMAT)
        if not steps or is_signed(url):
            return Rendition(url=url)
        size = bounded(device_pixels(transform))
        wanted = _size_parameters(transform.fit, size) | _quality_parameters(transform)
        replaced = wanted.keys() if size == UNKNOWN_SIZE else wanted.keys() | _SIZE_KEYS
        parts = urlsplit(url)
        # Kept as raw text: decoding and encoding could change what the host reads byte for byte.
        kept = [pair for pair in parts.query.split("&") if pair and query_key(pair) not in replaced]
        is_told = _RESIZING_KEYS.isdisjoint(map(query_key, kept))
        width, height = delivered(transform.fit, size) if is_told else UNKNOWN_SIZE
        return Rendition(
            url=parts._replace(query="&".join([*kept, urlencode(wanted)])).geturl(),
            width=width,
            height=height,
            applied=steps,
        )


def _size_parameters(fit: ImageFit, size: PixelSize) -> dict[str, str]:
    sides = {"w": size.width, "h": size.height}
    given = {key: str(side) for key, side in sides.items() if side is not None}
    # imgix documents cropping for two sides only; with one the picture keeps its ratio by itself.
    return given | {"fit": _FITS[fit]} if len(given) == len(sides) else given


def _quality_parameters(transform: Transform) -> dict[str, str]:
    return {} if transform.quality is None else {"q": str(transform.quality)}
