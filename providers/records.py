"""The immutable values that leave the adapters, and the words they share."""

import enum
from collections.abc import Callable, Hashable
from typing import Any, ClassVar, Final, Generic, TypeVar

import msgspec

T = TypeVar("T")
M = TypeVar("M")

MOST_MADE: Final = 8
"""Clients choose the windows that are made of a list."""

# Tenants of Forge define fields of their own (observed): no type can be told beforehand.
Json = Any
"""A JSON value as the provider sends it, handed on as it is."""


class Provider(enum.Enum):
    """An upstream REST service that we do not own."""

    MUSEMENT = "MUSEMENT"
    CLUB_MED = "CLUB_MED"
    FORGE = "FORGE"

    # Members are singletons; an enum's own hash is a call of Python, and this is looked up for every picture.
    __hash__ = object.__hash__


# Musement's type is free text (its reference), so a word that is new is data and no error.
class MediaKind(enum.Enum):
    """What a media item is; OTHER for a kind that the provider sends and the graph does not know."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    OTHER = "OTHER"

    # As above.
    __hash__ = object.__hash__


class Origin(msgspec.Struct):
    """When and for how long an answer of a provider was good: Unix times in seconds.

    One instance is shared by everything that came with the answer. It is the one mutable record, so that a renewal
    without a body (304) makes all of it fresh again. ``is_kept`` is False where only those may have it who waited for
    it: it is not to be kept, here or by a client.
    """

    stored_at: float
    fresh_until: float
    is_kept: bool = True

    def age_s(self, now: float) -> int:
        """Tell how many whole seconds ago it was good for sure."""
        # Not below 0, for the clock can be set back after an answer came.
        return int(now - self.stored_at) if self.stored_at < now else 0


class Remembering(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps, for as long as it is kept itself, a few of the things that are made of it."""

    made: dict[Hashable, Any] = msgspec.field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], M]) -> M:
        """Make something that follows from this and the key alone, or find it made."""
        found: M | None = self.made.get(key)
        if found is None:
            found = make()
            if len(self.made) >= MOST_MADE:
                self.made.clear()
            self.made[key] = found
        return found


class Answer(Remembering, Generic[T], frozen=True):
    """What a call brought. ``value`` is None where the provider does not know the thing (404)."""

    value: T | None
    origin: Origin


# Forge has no total (provider page), Musement's is in the body, Club Med's in a header that can be missing (observed).
class Page(msgspec.Struct, Generic[T], frozen=True):
    """One answer of a paged list.

    ``items`` keep the provider's positions: an item that could not stand is None. ``total`` is None where the
    provider does not tell it.
    """

    items: tuple[T | None, ...]
    has_next: bool
    total: int | None = None


class Lasting(msgspec.Struct, frozen=True, weakref=True):
    """A record that always shows the same, with all that it holds; its ``origin`` aside, which is renewed in place.

    What was made of it may be kept beside it, for as long as it is there.
    """

    __lasting__: ClassVar[bool] = True


class Owner(msgspec.Struct, frozen=True):
    """Whose media a media item is: the provider and the key, without the locale (a photo's has its culture)."""

    provider: Provider
    key: tuple[str, ...]


class ImageRole(enum.Enum):
    """Where an owner's picture stands; the same file in two roles is two items with ids of their own."""

    ITEM = "item"
    """In the owner's list."""
    COVER = "cover"
    """Named by the owner's own record, as its cover."""
    IMMERSIVE = "immersive"
    """A resort's ``immersive_image``, as its own field."""


class Image(Lasting, frozen=True, kw_only=True):
    """A picture of one owner; facts that its provider does not tell are None.

    ``url`` is the original as the provider sent it, None for Forge, which has a template and a thumbnail instead.
    """

    owner: Owner
    url: str | None
    provider_id: str | None = None
    # No caption: Musement repeats the activity's title (provider page), Forge often has a file name (observed).
    title: str | None = None
    thumbnail_url: str | None = None
    template_url: str | None = None
    is_cover: bool = False
    role: ImageRole = ImageRole.ITEM
    keywords: tuple[str, ...] = ()
    format: str | None = None
    # Handed on unread: empty wherever it was seen.
    overridden_formats: Json = None

    @property
    def provider(self) -> Provider:
        """The provider that the image comes from."""
        return self.owner.provider

    @property
    def kind(self) -> MediaKind:
        """Always IMAGE."""
        return MediaKind.IMAGE

    @property
    def source_url(self) -> str:
        """The provider's raw URL that identifies the picture: the template for Forge, else the URL."""
        return self.url or self.template_url or self.thumbnail_url or ""


class Video(Lasting, frozen=True, kw_only=True):
    """A video of one owner, by its URL."""

    owner: Owner
    url: str
    provider_id: str | None = None
    title: str | None = None

    @property
    def provider(self) -> Provider:
        """The provider that the video comes from."""
        return self.owner.provider

    @property
    def kind(self) -> MediaKind:
        """Always VIDEO."""
        return MediaKind.VIDEO

    @property
    def source_url(self) -> str:
        """The provider's raw URL that identifies the video."""
        return self.url


class OtherMedia(Lasting, frozen=True, kw_only=True):
    """A media item of a kind that the provider sends and the graph does not know; ``provider_kind`` is its word."""

    owner: Owner
    url: str
    provider_kind: str
    provider_id: str | None = None
    title: str | None = None

    @property
    def provider(self) -> Provider:
        """The provider that the item comes from."""
        return self.owner.provider

    @property
    def kind(self) -> MediaKind:
        """Always OTHER."""
        return MediaKind.OTHER

    @property
    def source_url(self) -> str:
        """The provider's raw URL that identifies the item."""
        return self.url


Media = Image | Video | OtherMedia


class ImageFit(enum.Enum):
    """How a picture is fitted into the size asked for."""

    COVER = "COVER"
    CONTAIN = "CONTAIN"
    INSIDE = "INSIDE"
    PAD = "PAD"
    STRETCH = "STRETCH"


class ImageFormat(enum.Enum):
    """The file format to deliver; AUTO lets the host choose by what the browser accepts."""

    AUTO = "AUTO"
    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"


class ImageTransformStep(enum.Enum):
    """A part of a transformation that an image host can honour."""

    WIDTH = "WIDTH"
    HEIGHT = "HEIGHT"
    FIT = "FIT"
    FORMAT = "FORMAT"
    QUALITY = "QUALITY"
    DPR = "DPR"


class Transform(msgspec.Struct, frozen=True):
    """What a client asks of a picture, checked: sizes 1 to 8192 CSS pixels, quality 1 to 100, dpr 1 to 4."""

    width: int | None = None
    height: int | None = None
    fit: ImageFit = ImageFit.COVER
    format: ImageFormat = ImageFormat.AUTO
    quality: int | None = None
    dpr: int = 1


class Rendition(msgspec.Struct, frozen=True):
    """A URL of a picture and what its host will really deliver; sizes in pixels, None where they can't be known."""

    url: str
    width: int | None = None
    height: int | None = None
    applied: tuple[ImageTransformStep, ...] = ()
