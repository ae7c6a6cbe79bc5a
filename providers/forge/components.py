"""Cloudinary components, built for each request: the ``dynamic`` way to fill a template."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import ClassVar

from providers.forge.filling import INSTRUCTIONS, Filling
from providers.images import LARGEST_SIDE, PixelSize, asked_steps, delivered, device_pixels
from providers.records import ImageFit, ImageFormat, ImageTransformStep, Transform

LADDER = (208, 416, 624, 832, 1280, 1920)
"""Widths in pixels that the vendor's own image formats use."""

# g_auto is refused by the modes that do not crop; a padding's colour belongs into the same component.
_MODES = {
    ImageFit.COVER: "c_fill,g_auto",
    ImageFit.CONTAIN: "c_fit",
    ImageFit.INSIDE: "c_limit",
    ImageFit.PAD: "c_pad,b_white",
    ImageFit.STRETCH: "c_scale",
}
_FORMATS = {
    ImageFormat.AUTO: "f_auto",
    ImageFormat.JPEG: "f_jpg",
    ImageFormat.PNG: "f_png",
    ImageFormat.WEBP: "f_webp",
    ImageFormat.AVIF: "f_avif",
}


class Components:
    """Fillings out of numbers and fixed words: resize, format, quality, in this order.

    Sizes go up to the next step of the ladder, since Cloudinary bills every size that it derives. FORMAT is
    always honoured: ``f_auto`` goes by what the browser accepts.
    """

    placeholders: ClassVar[frozenset[str]] = frozenset({INSTRUCTIONS})

    def __init__(self, ladder: Sequence[int]) -> None:
        self._ladder = sorted(set(ladder))
        if not self._ladder or self._ladder[0] < 1 or self._ladder[-1] > LARGEST_SIDE:
            raise ValueError(f"the ladder wants sizes from 1 to {LARGEST_SIDE}, got {list(ladder)}")

    def filling(self, _placeholder: str, transform: Transform, /) -> Filling:
        """Build the components; without sizes the picture keeps its own."""
        size = self.snapped(device_pixels(transform))
        quality = "q_auto" if transform.quality is None else f"q_{transform.quality}"
        # Format and quality come last, each alone (Cloudinary's documentation).
        components = [*_resize(transform.fit, size), _FORMATS[transform.format], quality]
        honoured = {ImageTransformStep.FORMAT, *asked_steps(transform)}
        return Filling(
            text="/".join(components),
            size=delivered(transform.fit, size),
            applied=tuple(step for step in ImageTransformStep if step in honoured),
        )

    def snapped(self, asked: PixelSize) -> PixelSize:
        """Take the width, else the height, to the next step of the ladder, and the other side along in ratio.

        What is above the ladder comes down to its last step. A ratio so extreme that the other side would
        leave 1 to LARGEST_SIDE is not kept.
        """
        if asked.width is None:
            return PixelSize(None, asked.height and self._step(asked.height))
        step = self._step(asked.width)
        if asked.height is None:
            return PixelSize(step, None)
        height = round(asked.height * step / asked.width)
        return PixelSize(step, min(max(height, 1), LARGEST_SIDE))

    def _step(self, side: int) -> int:
        return self._ladder[min(bisect_left(self._ladder, side), len(self._ladder) - 1)]


def _resize(fit: ImageFit, size: PixelSize) -> list[str]:
    sides = {"w": size.width, "h": size.height}
    # Whole numbers only: Cloudinary reads w_1.0 as the full width and w_1 as a pixel.
    given = [f"{key}_{side}" for key, side in sides.items() if side is not None]
    if not given:
        return []
    # One side leaves a fit nothing to decide; not enlarging saves bytes that show nothing new.
    mode = _MODES[fit] if len(given) == len(sides) else "c_limit"
    return [",".join([mode, *given])]
