"""Club Med's records: what its JSON becomes, here and nowhere else."""

from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from providers.decoding import text_or_none
from providers.images import usable_url
from providers.keys import ResortKey, resort_key
from providers.records import Image, ImageRole, Lasting, Origin, Owner, Provider, Video

T = TypeVar("T")

# The one keyword that is published (provider page).
MAIN_KEY_VISUAL: Final = "MAIN_KEY_VISUAL"


class NamedWire(msgspec.Struct, frozen=True):
    """An object of which only the id matters: a type or a country."""

    id: str | None = None


class DestinationWire(msgspec.Struct, frozen=True):
    """``destination`` of a product."""

    countries: list[NamedWire | None] | None = None


class MediaBlockWire(msgspec.Struct, frozen=True):
    """``media`` of a product."""

    immersive_image: str | None = None


# As recorded; the scenario pages print a list item of another shape, which was never seen on the wire.
class ProductWire(msgspec.Struct, frozen=True):
    """A product as a detail or as a list item; UNSET is a key that the answer does not carry."""

    id: str | None = None
    resort_id: str | None | UnsetType = UNSET
    title: str | None | UnsetType = UNSET
    full_title: str | None | UnsetType = UNSET
    description_title: str | None | UnsetType = UNSET
    type: NamedWire | None | UnsetType = UNSET
    opening_status: str | None | UnsetType = UNSET
    destination: DestinationWire | None | UnsetType = UNSET
    media: MediaBlockWire | None | UnsetType = UNSET


# Both members are optional in the reference, and there is no other: no id, title or size (provider page).
class PictureWire(msgspec.Struct, frozen=True):
    """An item of ``/v1/products/{id}/pictures``."""

    url: str | None = None
    keywords: list[str | None] | None = None


class Resort(Lasting, frozen=True, kw_only=True):
    """A resort product in the locale that was asked for.

    A field that no call has brought is UNSET. ``origin`` is that of the call that brought the fields, None where none
    was made.
    """

    product_id: str
    locale: str
    origin: Origin | None = None
    resort_id: str | None | UnsetType = UNSET
    title: str | None | UnsetType = UNSET
    full_title: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    product_type: str | None | UnsetType = UNSET
    opening_status: str | None | UnsetType = UNSET
    country_codes: tuple[str, ...] | None | UnsetType = UNSET
    immersive_image: Image | None | UnsetType = UNSET

    @property
    def key(self) -> ResortKey:
        """The key that finds the product again."""
        return resort_key(self.product_id, self.locale)

    @property
    def owner(self) -> Owner:
        """Whose media the product's are."""
        return resort_owner(self.product_id)


CARRIED: Final = (
    "resort_id",
    "title",
    "full_title",
    "description",
    "product_type",
    "opening_status",
    "country_codes",
    "immersive_image",
)


def resort_owner(product_id: str) -> Owner:
    """Name the owner of a product's media."""
    return Owner(provider=Provider.CLUB_MED, key=(product_id,))


def resort(
    wire: ProductWire, key: ResortKey, origin: Origin, hosts: frozenset[str], *, whole: bool
) -> Resort:
    """Make the record; a whole answer (the detail) has no unknown fields, an absent key means none there.

    ``hosts`` are those that image URLs may name; empty allows any.
    """

    def read(value: T) -> T | None:
        return None if whole and value is UNSET else value

    return Resort(
        product_id=key.product_id,
        locale=key.locale,
        origin=origin,
        resort_id=read(_text(wire.resort_id)),
        title=read(_text(wire.title)),
        full_title=read(_text(wire.full_title)),
        description=read(_text(wire.description_title)),
        product_type=read(_type(wire.type)),
        opening_status=read(_text(wire.opening_status)),
        country_codes=read(_countries(wire.destination)),
        immersive_image=read(_immersive(wire.media, resort_owner(key.product_id), hosts)),
    )


def picture(wire: PictureWire, owner: Owner, hosts: frozenset[str]) -> Image | None:
    """Make the picture; None where it has no URL that a client could use, or one of a host that is not allowed."""
    if not wire.url or not usable_url(wire.url, hosts):
        return None
    keywords = tuple(keyword for keyword in wire.keywords or () if keyword)
    return Image(owner=owner, url=wire.url, keywords=keywords, is_cover=MAIN_KEY_VISUAL in keywords)


def video(url: str, owner: Owner) -> Video | None:
    """Make the video from its bare URL; None where that is unusable."""
    return Video(owner=owner, url=url) if usable_url(url) else None


def _text(value: str | None | UnsetType) -> str | None | UnsetType:
    return UNSET if value is UNSET else text_or_none(value)


def _type(value: NamedWire | None | UnsetType) -> str | None | UnsetType:
    if value is UNSET:
        return UNSET
    return text_or_none(value.id) if value else None


def _countries(value: DestinationWire | None | UnsetType) -> tuple[str, ...] | None | UnsetType:
    if value is UNSET:
        return UNSET
    if value is None:
        return None
    return tuple(country.id for country in value.countries or () if country and country.id)


def _immersive(
    value: MediaBlockWire | None | UnsetType, owner: Owner, hosts: frozenset[str]
) -> Image | None | UnsetType:
    if value is UNSET:
        return UNSET
    # An empty text is how Club Med says none (observed).
    if value is None or not value.immersive_image or not usable_url(value.immersive_image, hosts):
        return None
    return Image(owner=owner, url=value.immersive_image, role=ImageRole.IMMERSIVE)
