"""What identifies one filtered, sorted photo list, and how it is asked for."""

import enum
from typing import Final

import msgspec

from providers.forge.records import Photo, Tag
from providers.records import Page

SORT_DIRECTIONS: Final = {False: "asc", True: "desc"}


class PhotoSortField(enum.Enum):
    """What photos can be sorted by; the value is the provider's name."""

    CONTENT_DATE = "contentDate"
    LAST_UPDATED_DATE = "lastUpdatedDate"
    CONTEXT_SLUG = "context.slug"
    CONTEXT_NEUTRAL_SLUG = "context.neutralSlug"
    TAGS_SLUG = "tags.slug"
    TAGS_NEUTRAL_SLUG = "tags.neutralSlug"
    TAGS_EXTERNAL_SOURCE_REFERENCE = "tags.externalSourceReference"


class PhotoSort(msgspec.Struct, frozen=True, cache_hash=True):
    """One sort field and its direction."""

    field: PhotoSortField
    descending: bool = True


class PhotoFilter(msgspec.Struct, frozen=True, kw_only=True, cache_hash=True):
    """What a photo must be: every value given must match. Tuples are sorted and distinct, so that equals are equal."""

    tag_slugs: tuple[str, ...] = ()
    tag_neutral_slugs: tuple[str, ...] = ()
    tag_sources: tuple[tuple[str, str], ...] = ()
    context_slug: str | None = None
    context_neutral_slug: str | None = None
    featured: bool | None = None
    slug: str | None = None
    unlisted: bool = False

    @property
    def shows(self) -> bool:
        """Whether a photo can show that it was not applied."""
        return bool(
            self.tag_slugs or self.tag_neutral_slugs or self.context_slug or self.context_neutral_slug
        )


class PhotoList(msgspec.Struct, frozen=True, cache_hash=True):
    """One list: culture (lower case), filter and sort (None: featured first, then the newest)."""

    culture: str
    filter: PhotoFilter
    sort: PhotoSort | None = None


def query_pairs(photos: PhotoList, skip: int, limit: int, context_parameter: str) -> list[tuple[str, str]]:
    """Write the list and a window of it as the provider's parameters, in one fixed order."""
    wanted = photos.filter
    pairs = [("tags.slug", slug) for slug in wanted.tag_slugs]
    pairs += [("tags.neutralSlug", slug) for slug in wanted.tag_neutral_slugs]
    pairs += [("tags.externalSourceReference", f"{name}:{key}") for name, key in wanted.tag_sources]
    optional = {
        context_parameter: wanted.context_slug,
        "context.neutralSlug": wanted.context_neutral_slug,
        "featured": None if wanted.featured is None else str(int(wanted.featured)),
        "_id": wanted.slug,
        "_listAvailability": "1" if wanted.unlisted else None,
        "$sort": f"{photos.sort.field.value}:{SORT_DIRECTIONS[photos.sort.descending]}"
        if photos.sort
        else None,
    }
    pairs += [(name, value) for name, value in optional.items() if value is not None]
    return [*pairs, ("$skip", str(skip)), ("$limit", str(limit))]


def purge_names(wanted: PhotoFilter) -> tuple[str, ...]:
    """Name what a list is filtered by, as a purge would."""
    slugs = (*wanted.tag_slugs, *wanted.tag_neutral_slugs, wanted.context_slug, wanted.context_neutral_slug)
    names = [f"Tag:{slug.lower()}" for slug in slugs if slug]
    names += [f"Source:{name}:{key}" for name, key in wanted.tag_sources]
    return tuple(names) if wanted.slug is None else (*names, f"Photo:{wanted.slug}")


def shows_photo(value: object, kind: str, key: str) -> bool:
    """Tell whether an answer shows a photo, or one that carries a tag; also where it may and does not tell."""
    if kind not in {"Photo", "Tag"}:
        return False
    photos = value.items if isinstance(value, Page) else (value,)
    # What was left out may be the very photo that is put right now.
    return any(not isinstance(photo, Photo) or _shows(photo, kind, key) for photo in photos)


def _shows(photo: Photo, kind: str, key: str) -> bool:
    if kind == "Photo":
        return photo.slug == key
    if photo.sent_tags is None and not photo.whole:
        return True
    tags = (*photo.tags, photo.context) if photo.context else photo.tags
    return any(key in {(tag.slug or "").lower(), (tag.neutral_slug or "").lower()} for tag in tags)


def visibly_fits(photo: Photo, wanted: PhotoFilter) -> bool:
    """Tell whether a photo's tags show that it carries every tag of a filter that asks for some."""
    slugs = {(tag.slug or "").lower() for tag in photo.tags}
    neutral = {tag.neutral_slug.lower() for tag in photo.tags if tag.neutral_slug}
    sources = {source for tag in photo.tags if (source := _source(tag))}
    return (
        _holds(slugs, wanted.tag_slugs)
        and _holds(neutral, wanted.tag_neutral_slugs)
        and sources.issuperset(wanted.tag_sources)
    )


def visibly_misses(photo: Photo, wanted: PhotoFilter) -> bool:
    """Tell whether a photo shows that the filter was not applied: its tags or context are there and none fits.

    The provider ignores parameters that it does not know and answers the whole list; this is how that is noticed.
    What a list item does not carry proves nothing.
    """
    return _misses_tag(photo, wanted) or _misses_context(photo, wanted)


def _misses_tag(photo: Photo, wanted: PhotoFilter) -> bool:
    if not photo.tags:
        return False
    if wanted.tag_slugs and not _holds({(tag.slug or "").lower() for tag in photo.tags}, wanted.tag_slugs):
        return True
    # A tag without a neutral slug may be the one that was asked for.
    neutral = {(tag.neutral_slug or "").lower() for tag in photo.tags}
    return "" not in neutral and not _holds(neutral, wanted.tag_neutral_slugs)


def _misses_context(photo: Photo, wanted: PhotoFilter) -> bool:
    context = photo.context
    return context is not None and (
        _differs(context.slug, wanted.context_slug)
        or _differs(context.neutral_slug, wanted.context_neutral_slug)
    )


def _holds(shown: set[str], slugs: tuple[str, ...]) -> bool:
    return shown.issuperset(slug.lower() for slug in slugs)


def _differs(told: str | None, wanted: str | None) -> bool:
    return bool(told and wanted) and str(told).lower() != str(wanted).lower()


def _source(tag: Tag) -> tuple[str, str] | None:
    # The provider does not document the members; a tag that has others shows nothing.
    match tag.external_source:
        case {"sourceName": str(name), "sourceId": str(key)}:
            return name, key
        case _:
            return None
