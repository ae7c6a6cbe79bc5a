"""What size, format and quality an image host is asked for: imgix queries and Cloudinary paths."""

import math
import re
from collections.abc import Mapping, Sequence

import msgspec

# imgix documents 8192 as the cap of a side; the pixels bound what one request can make this process draw.
MAX_SIDE = 8192
MAX_PIXELS = 25_000_000


class Rendering(msgspec.Struct, frozen=True):
    """Pixels, one of `FORMATS` or `auto`, and a quality from 1 to 100."""

    width: int
    height: int
    format: str = "jpg"
    quality: int = 75


FORMATS = ("jpg", "png", "webp", "avif")

# Pixels of the named transformations, width by height, for the sizes 10 to 60.
# Taken from the vendor's own table (observed), oddities included: 1281x549, and no 10_16 above 30.
_NAMED: Mapping[str, Sequence[tuple[int, int]]] = {
    "16_9": ((208, 117), (416, 234), (624, 351), (832, 468), (1280, 720), (1920, 1080)),
    "1_1": ((208, 208), (416, 416), (624, 624), (832, 832), (1280, 1280), (1920, 1920)),
    "4_3": ((208, 156), (416, 312), (624, 468), (832, 624), (1280, 960), (1920, 1440)),
    "3_4": ((210, 280), (420, 560), (624, 832), (840, 1120), (1260, 1680), (1920, 2560)),
    "21_9": ((210, 90), (420, 180), (630, 270), (840, 360), (1281, 549), (1932, 828)),
    "10_16": ((208, 332), (420, 672), (624, 998)),
}
FORMAT_NAMES: Mapping[str, tuple[int, int]] = {
    "wide": (1280, 720),
    "square": (832, 832),
    "thumb": (416, 234),
    # One tenant's back office has a name with a space (observed), which comes percent-encoded.
    "Vertical banner": (624, 832),
}
"""What a `{formatName}` may be, with its pixels."""

_EXACT_FITS = ("crop", "clamp", "facearea", "fill", "fillmax", "min", "scale")
_EXACT_CROPS = (
    "fill",
    "lfill",
    "fill_pad",
    "crop",
    "thumb",
    "auto",
    "auto_pad",
    "scale",
    "pad",
    "lpad",
    "mpad",
)
# imgix documents that `max` never enlarges.
_LARGEST_SCALE = {"max": 1.0}
_PARAMETER = re.compile(r"([a-z]{1,3})_(.+)")
_IGNORED = ("g", "b", "x", "y", "e", "ar", "fl")


def read_imgix(query: Mapping[str, str], original: tuple[int, int]) -> Rendering:
    """Read an imgix query; what is no number is ignored. ValueError where the picture is too large."""
    width, height = _pixels(query.get("w"), original[0]), _pixels(query.get("h"), original[1])
    # imgix documents a dpr of 1 to 5 that does nothing without a side, and a quality of 75 where none is given.
    dpr = min(max(_number(query.get("dpr")) or 1.0, 1.0), 5.0) if width or height else 1.0
    size = _fit(original, width, height, query.get("fit", "clip"))
    format_ = query.get("fm", "auto" if "format" in query.get("auto", "").split(",") else "jpg")
    quality = int(_number(query.get("q")) or 75)
    return _bounded(Rendering(*size, format_ if format_ in (*FORMATS, "auto") else "jpg", quality), dpr)


def read_cloudinary(steps: Sequence[str], original: tuple[int, int]) -> Rendering:
    """Read a Cloudinary path's components, in order. ValueError where one is not understood."""
    rendering, dpr = Rendering(*original), 1.0
    for step in steps:
        if step.startswith("t_"):
            width, height = _named(step)
            rendering = msgspec.structs.replace(rendering, width=width, height=height)
            continue
        parameters = _parameters(step)
        rendering = _apply(rendering, parameters)
        dpr *= _number(parameters.get("dpr")) or 1.0
    return _bounded(rendering, dpr)


def _parameters(step: str) -> dict[str, str]:
    parameters = {}
    for text in step.split(","):
        found = _PARAMETER.fullmatch(text)
        if found is None or found[1] not in (*"whcqf", "dpr", *_IGNORED):
            # Cloudinary refuses what it does not know (its documentation), where imgix ignores it.
            raise ValueError(f"Invalid transformation component - {text}")
        parameters[found[1]] = found[2]
    return parameters


def _apply(rendering: Rendering, parameters: Mapping[str, str]) -> Rendering:
    size = rendering.width, rendering.height
    width, height = _pixels(parameters.get("w"), size[0]), _pixels(parameters.get("h"), size[1])
    # Cloudinary scales where no mode is named (its documentation).
    crop = parameters.get("c", "scale")
    fit = "crop" if crop in _EXACT_CROPS else {"limit": "max", "fit": "clip", "mfit": "clip"}.get(crop)
    if fit is None:
        raise ValueError(f"Invalid crop mode - {crop}")
    new_width, new_height = _fit(size, width, height, fit)
    quality = _number(parameters.get("q"))
    return Rendering(
        new_width, new_height, _format(parameters, rendering.format), int(quality or rendering.quality)
    )


def _format(parameters: Mapping[str, str], before: str) -> str:
    format_ = parameters.get("f", before)
    if format_ not in (*FORMATS, "auto"):
        raise ValueError(f"Invalid format - {format_}")
    return format_


def _named(step: str) -> tuple[int, int]:
    # The plain names that NHL uses (observed); every tenant has its own.
    found = re.fullmatch(r"t_ratio(\d+_\d+)-size([1-6])0", step)
    sizes = _NAMED.get(found[1], ()) if found else ()
    if found is None or int(found[2]) > len(sizes):
        raise ValueError(f"Unknown named transformation - {step}")
    return sizes[int(found[2]) - 1]


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    # Beyond a million nothing changes any more, and products of such numbers stay finite.
    return min(number, 1e6) if math.isfinite(number) and number > 0 else None


def _pixels(text: str | None, whole: int) -> int | None:
    """Read whole numbers as pixels, and decimals up to 1 as a share of the original."""
    number = _number(text)
    if number is None or text is None:
        return None
    # Both hosts document the trap: w_1.0 is the whole width, w_1 a pixel.
    return max(round(number * whole if "." in text and number <= 1 else number), 1)


def _fit(size: tuple[int, int], width: int | None, height: int | None, fit: str) -> tuple[int, int]:
    if width and height and fit in _EXACT_FITS:
        return width, height
    scale = min(
        (width or math.inf) / size[0], (height or math.inf) / size[1], _LARGEST_SCALE.get(fit, math.inf)
    )
    # Infinite is where neither side is asked for: the original.
    return _scaled(size, scale if math.isfinite(scale) else 1.0)


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def _bounded(rendering: Rendering, dpr: float) -> Rendering:
    width, height = (min(round(side * dpr), MAX_SIDE) for side in (rendering.width, rendering.height))
    if width * height > MAX_PIXELS:
        raise ValueError(
            f"Maximum image size is {MAX_PIXELS // 1_000_000} megapixels, requested {width}x{height}"
        )
    quality = min(max(rendering.quality, 1), 100)
    return msgspec.structs.replace(rendering, width=max(width, 1), height=max(height, 1), quality=quality)
