"""Forge's records: what its JSON becomes, here and nowhere else.

A page has up to a hundred photos with their tags, so the records are decoded straight from the wire and completed in
place once (``complete``); after that they are as frozen as they are declared.
"""

import datetime as dt
import enum
import re
from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain, repeat
from typing import Final, cast

import msgspec
from msgspec import field
from msgspec.structs import force_setattr

from providers.images import usable_url
from providers.keys import PhotoKey
from providers.records import Image, Json, Lasting, Origin, Owner, Provider

# 0 to 7 digits of a second were seen; the graph's DateTime has six.
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*Z", re.ASCII)
# Naming a member of an enumeration takes as long as several fields.
_FORGE: Final = Provider.FORGE
_DATES_KEPT: Final = 4096
_LONGEST_DATE: Final = 40


class ListAvailability(enum.Enum):
    """Whether lists show a photo."""

    PUBLIC = "PUBLIC"
    UNLISTED = "UNLISTED"


# The fields stand in the order in which they come: those are found at once, and others by looking through all.
class Tag(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A tag, or the context, of a photo; ``culture`` is the one that the photo came in."""

    title: str | None = None
    # Without it a tag can be neither shown nor asked for: those of a completed photo have one.
    slug: str | None = None
    neutral_slug: str | None = field(default=None, name="neutralSlug")
    external_source: Json = field(default=None, name="externalSourceReference")
    fields: Json = None
    external_source_name: str | None = field(default=None, name="externalSourceName")
    extra_data: Json = field(default=None, name="extraData")
    culture: str = field(default="", name="#culture")


class ImageWire(msgspec.Struct, frozen=True, gc=False):
    """``image`` of a photo."""

    title: str | None = None
    template_url: str | None = field(default=None, name="templateUrl")
    thumbnail_url: str | None = field(default=None, name="thumbnailUrl")
    format: str | None = None
    overridden_formats: Json = field(default=None, name="overriddenFormats")


class RelatedContent(msgspec.Struct, frozen=True):
    """An entity that a photo is related to; ``raw`` is the whole of it."""

    type: str
    slug: str | None
    title: str | None
    headline: str | None
    raw: Json


class Photo(Lasting, frozen=True, kw_only=True):
    """A photo as a list item or as a detail (``whole``).

    The names that start with ``#`` stand on no wire: they are set by ``complete``.
    """

    translation_id: str | None = field(default=None, name="_translationId")
    entity_id: str | None = field(default=None, name="_entityId")
    slug: str = ""
    title: str | None = None
    sent_tags: tuple[Tag | None, ...] | None = field(default=None, name="tags")
    fields: Json = None
    created_by: str | None = field(default=None, name="createdBy")
    last_updated_by: str | None = field(default=None, name="lastUpdatedBy")
    sent_last_updated_date: str | None = field(default=None, name="lastUpdatedDate")
    sent_content_date: str | None = field(default=None, name="contentDate")
    sent_featured: int | bool | None = field(default=None, name="featured")
    sent_image: ImageWire | None = field(default=None, name="image")
    # The page calls it an integer in answers and a string in queries.
    sent_availability: int | str | None = field(default=None, name="_listAvailability")
    mime_type: str | None = field(default=None, name="mimeType")
    storage_path: str | None = field(default=None, name="storagePath")
    context: Tag | None = None
    sent_relations: list[Json] | None | msgspec.UnsetType = field(default=msgspec.UNSET, name="relations")
    references: Json = None
    culture: str = field(default="", name="#culture")
    whole: bool = field(default=False, name="#whole")
    origin: Origin | None = field(default=None, name="#origin")
    tags: tuple[Tag, ...] = field(default=(), name="#tags")
    image: Image | None = field(default=None, name="#image")

    @property
    def key(self) -> PhotoKey:
        """The key that finds the photo again."""
        return PhotoKey(self.culture, self.slug)

    @property
    def featured(self) -> bool:
        """Whether the photo is promoted."""
        return bool(self.sent_featured)

    @property
    def availability(self) -> ListAvailability | None:
        """Whether lists show it; None where the answer does not tell."""
        match self.sent_availability:
            case 0 | "0":
                return ListAvailability.PUBLIC
            case 1 | "1":
                return ListAvailability.UNLISTED
            case _:
                return None

    @property
    def content_date(self) -> str | None:
        """The date of the content, in UTC."""
        sent = self.sent_content_date
        # Looked up at once: a page shows a hundred of them.
        return _known_text(sent) if sent and len(sent) <= _LONGEST_DATE else utc_text(sent)

    @property
    def last_updated_date(self) -> str | None:
        """The date of the last edit, in UTC."""
        return utc_text(self.sent_last_updated_date)

    @property
    def relations(self) -> tuple[RelatedContent, ...] | None:
        """What the photo is related to; None where the answer does not carry it."""
        # Lists leave it out (example of the page): that means "not told", not "none".
        if self.sent_relations is msgspec.UNSET:
            return None
        found = [related(raw) for raw in self.sent_relations or ()]
        return tuple(item for item in found if item)


class PaginationWire(msgspec.Struct, frozen=True):
    """``pagination`` of a list."""

    next_url: str | None = field(default=None, name="nextUrl")


class ListWire(msgspec.Struct, frozen=True):
    """The envelope of a list; the items are decoded one by one."""

    items: msgspec.Raw
    pagination: PaginationWire | None = None


class PageWire(msgspec.Struct, frozen=True):
    """The same, where every item has the shape of one."""

    items: list[Photo]
    pagination: PaginationWire | None = None


def complete(photos: Sequence[Photo], culture: str, origin: Origin, *, whole: bool) -> None:
    """Set what the wire does not carry as the graph needs it.

    For all photos of a page together: what is set of a hundred photos and some hundred tags at once takes a fraction.
    """
    _complete_tags(photos, culture)
    _set(photos, "culture", repeat(culture))
    _set(photos, "origin", repeat(origin))
    _set(photos, "image", [_image(photo.sent_image, (culture, photo.slug)) for photo in photos])
    if whole:
        _set(photos, "whole", repeat(whole))
    for photo in [photo for photo in photos if photo.context is not None]:
        _complete_context(photo, culture)


def _complete_tags(photos: Sequence[Photo], culture: str) -> None:
    tags = [photo.sent_tags or () for photo in photos]
    slugs = [tag and tag.slug for tag in chain.from_iterable(tags)]
    if not all(slugs):
        tags = [tuple([tag for tag in each if tag is not None and tag.slug]) for each in tags]
    # None is left among them.
    _set(cast("Iterable[Tag]", chain.from_iterable(tags)), "culture", repeat(culture))
    _set(photos, "tags", tags)


def dropped_tags(photos: Iterable[Photo]) -> int:
    """Count the tags of completed photos that were left out."""
    return sum([len(photo.sent_tags) - len(photo.tags) for photo in photos if photo.sent_tags])


def _set(records: Iterable[msgspec.Struct], name: str, values: Iterable[object]) -> None:
    deque(map(force_setattr, records, repeat(name), values), maxlen=0)


def _complete_context(photo: Photo, culture: str) -> None:
    context = photo.context
    if context is None or not context.slug:
        force_setattr(photo, "context", None)
    else:
        force_setattr(context, "culture", culture)


def _image(wire: ImageWire | None, key: tuple[str, str]) -> Image | None:
    if wire is None:
        return None
    thumbnail_url = wire.thumbnail_url
    return Image(
        owner=Owner(_FORGE, key),
        url=None,
        title=wire.title,
        template_url=wire.template_url or None,
        thumbnail_url=thumbnail_url if usable_url(thumbnail_url) else None,
        format=wire.format,
        overridden_formats=wire.overridden_formats,
    )


def related(raw: Json) -> RelatedContent | None:
    """Read what every related entity has; None for one without a type."""
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        return None

    def text(name: str) -> str | None:
        value = raw.get(name)
        return value if isinstance(value, str) else None

    return RelatedContent(
        type=raw["type"], slug=text("slug"), title=text("title"), headline=text("headline"), raw=raw
    )


def utc_text(sent: str | None) -> str | None:
    """Write a provider's date in UTC with ``Z`` and its own fraction, cut to six digits; None for what is no date."""
    if not sent:
        return None
    return _known_text(sent) if len(sent) <= _LONGEST_DATE else _utc_text(sent)


def _utc_text(sent: str) -> str | None:
    try:
        # Parsed to check it; written from the text below, since a parsed moment has lost how many digits there were.
        moment = dt.datetime.fromisoformat(sent)
    except ValueError:
        return None
    if (match := _DATE.fullmatch(sent)) is not None:
        return f"{match[1]}{match[2] or ''}Z"
    # The page calls every date UTC.
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


# The dates of a kept page are written anew in every answer that it stands in.
_known_text = lru_cache(_DATES_KEPT)(_utc_text)
