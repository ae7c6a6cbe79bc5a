"""Enums: the words of the providers' and resolvers' records, described."""

import enum
from collections.abc import Mapping
from typing import Any

import strawberry

from providers.forge.lists import PhotoSortField
from providers.forge.records import ListAvailability
from providers.records import ImageFit, ImageFormat, ImageTransformStep, MediaKind, Provider
from resolvers.covers import CoverReason
from resolvers.freshness import FreshnessState

__all__ = [
    "CoverReason",
    "FreshnessState",
    "ImageFit",
    "ImageFormat",
    "ImageTransformStep",
    "ListAvailability",
    "MediaKind",
    "PhotoSortField",
    "Provider",
    "SortDirection",
]


def _describe(kind: type[enum.Enum], description: str, values: Mapping[str, str]) -> None:
    """Declare an enum of the lower layers: Strawberry keeps its definition on the class itself."""
    made: Any = strawberry.enum(kind, description=description)
    for value in made.__strawberry_definition__.values:
        value.description = values[value.name]


class SortDirection(enum.Enum):
    """Ascending or descending."""

    ASC = "ASC"
    DESC = "DESC"


_describe(
    Provider,
    "A service that the graph's data comes from.",
    {
        "MUSEMENT": "Musement: activities with their images and videos.",
        "CLUB_MED": "Club Med: resort products with their pictures and videos.",
        "FORGE": "Forge: editorial photos by culture, tag and context.",
    },
)
_describe(
    MediaKind,
    "What a media item is.",
    {
        "IMAGE": "A picture: an `Image`.",
        "VIDEO": "A video: a `Video`.",
        "OTHER": "A kind that the provider sends and this graph does not know: an `OtherMedia`.",
    },
)
_describe(
    ImageFit,
    "How a picture is fitted into a size of another ratio; it matters where width and height are both given.",
    {
        "COVER": "Fill the size, cutting off what stands out.",
        "CONTAIN": "Show all of it within the size; it may be enlarged.",
        "INSIDE": "Show all of it within the size; it is never enlarged.",
        "PAD": "Show all of it, and fill the rest of the size with white.",
        "STRETCH": "Fill the size, changing the ratio.",
    },
)
_describe(
    ImageFormat,
    "The file format to deliver.",
    {
        "AUTO": "The best that the browser accepts, where the host can negotiate; else the original's.",
        "JPEG": "JPEG.",
        "PNG": "PNG.",
        "WEBP": "WebP.",
        "AVIF": "AVIF.",
    },
)
_describe(
    ImageTransformStep,
    "A part of a transformation that an image host can honour.",
    {
        "WIDTH": "The width.",
        "HEIGHT": "The height.",
        "FIT": "How the picture is fitted into width and height.",
        "FORMAT": "The file format.",
        "QUALITY": "The quality of the compression.",
        "DPR": "The density by which the size is multiplied.",
    },
)
_describe(
    CoverReason,
    "Why a picture is the cover.",
    {
        "OWNER_COVER_URL": "The provider names it in the owner's own record (`cover_image_url`, `immersive_image`).",
        "FLAGGED_BY_PROVIDER": "The provider flags it in the owner's media list (`is_cover`).",
        "KEYWORD": "It carries the keyword `MAIN_KEY_VISUAL`.",
        "FIRST_IMAGE": "Nothing names a cover, and it is the owner's first picture.",
    },
)
_describe(
    ListAvailability,
    "Whether lists show a photo.",
    {
        "PUBLIC": "Lists show it.",
        "UNLISTED": "Lists hide it; it is found by its key alone, unless the operator allows unlisted photos in lists.",
    },
)
_describe(
    PhotoSortField,
    "What a photo list can be sorted by.",
    {
        "CONTENT_DATE": "The date of the content.",
        "LAST_UPDATED_DATE": "The date of the last edit.",
        "CONTEXT_SLUG": "The slug of the context tag.",
        "CONTEXT_NEUTRAL_SLUG": "The language-independent slug of the context tag.",
        "TAGS_SLUG": "The slugs of the tags.",
        "TAGS_NEUTRAL_SLUG": "The language-independent slugs of the tags.",
        "TAGS_EXTERNAL_SOURCE_REFERENCE": "The external source references of the tags.",
    },
)
_describe(
    SortDirection,
    "The direction of a sort.",
    {"ASC": "Smallest or oldest first.", "DESC": "Largest or newest first."},
)
_describe(
    FreshnessState,
    "Whether an answer is as new as its provider wants it to be.",
    {
        "FRESH": "Within its freshness time.",
        "STALE": "Past its freshness time, and served since it is better than nothing.",
    },
)
