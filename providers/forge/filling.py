"""What goes into the placeholder of a Forge template URL."""

import re
from typing import ClassVar, Protocol

import msgspec

from providers.images import PixelSize
from providers.records import ImageTransformStep, Transform

INSTRUCTIONS = "{formatInstructions}"
NAME = "{formatName}"

# A comma starts a Cloudinary parameter, a slash a component. Beyond these and plain words only an encoded
# space may come, out of a format's name. A leading dot and ".." would climb in the path.
_COMPONENT = r"[A-Za-z0-9_](?:[A-Za-z0-9_.:,-]|%20)*"
_SAFE = re.compile(rf"(?!.*\.\.){_COMPONENT}(?:/{_COMPONENT})*")


def is_safe(text: str) -> bool:
    """Tell whether the text may stand in a template's placeholder."""
    return _SAFE.fullmatch(text) is not None


class Filling(msgspec.Struct, frozen=True):
    """The text for the placeholder, the size that it brings, and the steps that it honours.

    Whatever built the text, one that could reach beyond the placeholder cannot be made: ValueError.
    """

    text: str
    size: PixelSize
    applied: tuple[ImageTransformStep, ...]

    def __post_init__(self) -> None:
        """Check the text for the last time before it becomes part of a URL."""
        if not is_safe(self.text):
            raise ValueError(f"not safe in an image URL: {self.text!r}")


class Filler(Protocol):
    """A tenant's way to fill its templates."""

    placeholders: ClassVar[frozenset[str]]

    def filling(self, placeholder: str, transform: Transform, /) -> Filling:
        """Build what takes the place of one of ``placeholders``."""
        ...
