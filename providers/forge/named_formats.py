"""A tenant's named image formats: the ``named`` way to fill a template, and the file that lists them."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import msgspec

from providers.forge.filling import INSTRUCTIONS, NAME, Filling, is_safe
from providers.images import LARGEST_SIDE, UNKNOWN_SIZE, PixelSize, asked_steps, device_pixels
from providers.keys import shown
from providers.records import ImageTransformStep, Transform

# A space inside is real (observed in a tenant's back office); it leaves percent-encoded.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?: [A-Za-z0-9_.-]+)*")


class NamedFormatsError(ValueError):
    """The file of named formats cannot be used. The message is one line: file, entry, what was wanted."""


class NamedFormat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One image format of a tenant's back office: what fills the templates, and the pixels that it brings."""

    name: str
    instructions: str
    width: int
    height: int

    def covers(self, asked: PixelSize) -> bool:
        """Tell whether the format is at least as large as every side that is asked for."""
        return self.width >= (asked.width or 0) and self.height >= (asked.height or 0)


class NamedFormats:
    """Fillings out of the tenant's own list, for tenants that refuse sizes of any other kind.

    The smallest format (by area) that covers the request is taken; the largest where none covers it or no
    size is asked for. Its crop, file type and quality are the tenant's: only WIDTH, HEIGHT and DPR can be
    honoured, and they are where the format covers the request.
    """

    placeholders: ClassVar[frozenset[str]] = frozenset({INSTRUCTIONS, NAME})

    def __init__(self, formats: Sequence[NamedFormat]) -> None:
        if not formats:
            raise ValueError("the strategy named wants at least one named format")
        self._by_area = sorted(formats, key=lambda each: each.width * each.height)

    def filling(self, placeholder: str, transform: Transform, /) -> Filling:
        """Give the chosen format's instructions, or its name where the template wants that."""
        asked = device_pixels(transform)
        covering = [each for each in self._by_area if each.covers(asked)]
        chosen = covering[0] if covering and asked != UNKNOWN_SIZE else self._by_area[-1]
        sizing = {ImageTransformStep.WIDTH, ImageTransformStep.HEIGHT, ImageTransformStep.DPR}
        honoured = sizing if covering else set()
        return Filling(
            # A back office lists formats by Name and Instructions (observed): hence what either placeholder takes.
            text=quote(chosen.name) if placeholder == NAME else chosen.instructions,
            size=PixelSize(chosen.width, chosen.height),
            applied=tuple(step for step in asked_steps(transform) if step in honoured),
        )


def load_named_formats(path: Path) -> tuple[NamedFormat, ...]:
    """Read a JSON file: an array of objects with ``name``, ``instructions``, ``width``, ``height`` (pixels).

    Raise NamedFormatsError for a file that cannot be read, is no such JSON, lists nothing or a name twice, or
    has a text that must not stand in a URL or a size outside 1 to LARGEST_SIDE.
    """
    try:
        formats = msgspec.json.decode(path.read_bytes(), type=tuple[NamedFormat, ...])
    except OSError as error:
        raise NamedFormatsError(f"{path}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NamedFormatsError(
            f"{path}: wanted a JSON array of objects with name, instructions, width and height: {error}"
        ) from error
    if not formats:
        raise NamedFormatsError(f"{path}: wanted at least one format, got an empty array")
    for position, each in enumerate(formats):
        _check(each, f"{path}: entry {position}")
    for name, count in Counter(each.name for each in formats).items():
        if count > 1:
            raise NamedFormatsError(f"{path}: wanted each name once, got {shown(name)} {count} times")
    return formats


def _check(named: NamedFormat, where: str) -> None:
    if not _NAME.fullmatch(named.name) or not is_safe(quote(named.name)):
        raise NamedFormatsError(
            f"{where}: name: wanted letters, digits, _ . - and single spaces, got {shown(named.name)}"
        )
    # Instructions leave as they are written, so a per cent sign in them would be an encoding that nobody has checked.
    if not is_safe(named.instructions) or "%" in named.instructions:
        raise NamedFormatsError(
            f"{where}: instructions: wanted Cloudinary components like t_wide/f_auto, "
            f"got {shown(named.instructions)}"
        )
    for side, pixels in (("width", named.width), ("height", named.height)):
        if not 1 <= pixels <= LARGEST_SIDE:
            raise NamedFormatsError(f"{where}: {side}: wanted 1 to {LARGEST_SIDE}, got {pixels}")
