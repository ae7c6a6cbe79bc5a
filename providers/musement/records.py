"""Musement's records: what its JSON becomes, here and nowhere else."""

from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from providers.decoding import text_or_none
from providers.images import usable_url
from providers.keys import ActivityKey, activity_key
from providers.records import Image, Lasting, Media, Origin, OtherMedia, Owner, Provider, Video

T = TypeVar("T")

_ANY: Final[frozenset[str]] = frozenset()


class CountryWire(msgspec.Struct, frozen=True):
    """``city.country`` of an activity."""

    iso_code: str | None = None


# Numbers are taken as text too: the wire was seen to hold "1" where the reference declares an integer.
class CityWire(msgspec.Struct, frozen=True):
    """``city`` of an activity."""

    id: int | str | None = None
    name: str | None = None
    cover_image_url: str | None = None
    country: CountryWire | None = None


# Nothing is required: the reference marks no property so, and empty ones are left out of answers (observed).
class ActivityWire(msgspec.Struct, frozen=True):
    """An activity as a detail or as a list item; UNSET is a key that the answer does not carry."""

    uuid: str | None = None
    title: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    url: str | None | UnsetType = UNSET
    status: str | None | UnsetType = UNSET
    latitude: float | None | UnsetType = UNSET
    longitude: float | None | UnsetType = UNSET
    city: CityWire | None | UnsetType = UNSET
    cover_image_url: str | None | UnsetType = UNSET


class MetaWire(msgspec.Struct, frozen=True):
    """``meta`` of a list."""

    count: int | None = None


class EnvelopeWire(msgspec.Struct, frozen=True):
    """The object shape of a list; the items are decoded one by one."""

    data: msgspec.Raw
    meta: MetaWire | None = None


# `external_identifier` is left out: only the reference has it, without a word on what it identifies.
class MediaWire(msgspec.Struct, frozen=True):
    """An item of ``/activities/{uuid}/media``."""

    id: int | str | None = None
    title: str | None = None
    url: str | None = None
    type: str | None = None
    is_cover: bool | None = None


class City(Lasting, frozen=True, kw_only=True):
    """The default city of an activity."""

    city_id: str
    name: str | None
    country_code: str | None
    cover_image_url: str | None


class Activity(Lasting, frozen=True, kw_only=True):
    """An activity in the locale that was asked for.

    A field that no call has brought is UNSET: a list item's absent keys, or everything where only media were asked.
    ``origin`` is that of the call that brought the fields, None where none was made.
    """

    uuid: str
    locale: str
    origin: Origin | None = None
    title: str | None | UnsetType = UNSET
    description: str | None | UnsetType = UNSET
    url: str | None | UnsetType = UNSET
    status: str | None | UnsetType = UNSET
    latitude: float | None | UnsetType = UNSET
    longitude: float | None | UnsetType = UNSET
    city: City | None | UnsetType = UNSET
    cover_image_url: str | None | UnsetType = UNSET

    @property
    def key(self) -> ActivityKey:
        """The key that finds the activity again."""
        return activity_key(self.uuid, self.locale)

    @property
    def owner(self) -> Owner:
        """Whose media the activity's are."""
        return activity_owner(self.uuid)


CARRIED: Final = ("title", "description", "url", "status", "latitude", "longitude", "city", "cover_image_url")


def activity_owner(uuid: str) -> Owner:
    """Name the owner of an activity's media."""
    return Owner(provider=Provider.MUSEMENT, key=(uuid,))


def activity(
    wire: ActivityWire, key: ActivityKey, origin: Origin, hosts: frozenset[str], *, whole: bool
) -> Activity:
    """Make the record; a whole answer (the detail) has no unknown fields, an absent key means none there.

    ``hosts`` are those that image URLs may name; empty allows any.
    """

    def read(value: T) -> T | None:
        return None if whole and value is UNSET else value

    return Activity(
        uuid=key.uuid,
        locale=key.locale,
        origin=origin,
        title=read(wire.title),
        description=read(wire.description),
        url=read(_usable(wire.url, _ANY)),
        status=read(wire.status),
        latitude=read(wire.latitude),
        longitude=read(wire.longitude),
        city=read(_city(wire.city, hosts)),
        cover_image_url=read(_usable(wire.cover_image_url, hosts)),
    )


def media(wire: MediaWire, owner: Owner, hosts: frozenset[str]) -> Media | None:
    """Make the media item; None where it has no URL that a client could use. ``hosts`` bound images alone."""
    # What has no type is taken for an image, as all published samples are.
    kind = wire.type or "image"
    if not wire.url or not usable_url(wire.url, hosts if kind == "image" else _ANY):
        return None
    provider_id = None if wire.id is None else str(wire.id)
    title = text_or_none(wire.title)
    match kind:
        case "image":
            return Image(
                owner=owner, provider_id=provider_id, title=title, url=wire.url, is_cover=bool(wire.is_cover)
            )
        # The page announces videos and shows none: this word and a playable `url` are our reading.
        case "video":
            return Video(owner=owner, provider_id=provider_id, title=title, url=wire.url)
    return OtherMedia(owner=owner, provider_id=provider_id, title=title, url=wire.url, provider_kind=kind)


def _usable(url: str | None | UnsetType, hosts: frozenset[str]) -> str | None | UnsetType:
    if url is UNSET:
        return UNSET
    return url if url and usable_url(url, hosts) else None


def _city(wire: CityWire | None | UnsetType, hosts: frozenset[str]) -> City | None | UnsetType:
    if wire is UNSET:
        return UNSET
    if wire is None or wire.id is None:
        return None
    return City(
        city_id=str(wire.id),
        name=wire.name,
        country_code=wire.country.iso_code if wire.country else None,
        cover_image_url=wire.cover_image_url if usable_url(wire.cover_image_url, hosts) else None,
    )
