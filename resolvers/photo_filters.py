"""A client's photo filter and sort, checked and in one fixed form."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

import msgspec
from strawberry import UNSET

from providers.errors import Forbidden
from providers.forge.lists import PhotoFilter, PhotoSort, PhotoSortField
from providers.forge.records import ListAvailability
from providers.keys import shown
from providers.records import Provider
from resolvers.context import GraphRules
from resolvers.errors import BadUserInput

V = TypeVar("V", str, tuple[str, str])

# As long as a slug may be.
NO_JOIN: Final = PhotoFilter()

_LONGEST = 200
# All of them go into one URL, whose longest length the provider does not document.
_MOST_VALUES = 50


class SortDirection(Protocol):
    """ASC or DESC."""

    name: str


class SortInput(Protocol):
    """A sort, as the schema's input carries it."""

    field: PhotoSortField
    direction: SortDirection


class SourceInput(Protocol):
    """A tag's external source, as the schema's input carries it."""

    source_name: str
    source_id: str


class TagInput(Protocol):
    """A tag filter, as the schema's input carries it; UNSET and None mean no filter."""

    slug: Sequence[str] | None
    neutral_slug: Sequence[str] | None
    external_source: Sequence[SourceInput] | None


class ContextInput(Protocol):
    """A context filter, as the schema's input carries it."""

    slug: str | None
    neutral_slug: str | None


class FilterInput(Protocol):
    """A photo filter, as the schema's input carries it."""

    tags: TagInput | None
    context: ContextInput | None
    featured: bool | None
    slug: str | None
    availability: ListAvailability | None
    any_of: Sequence[TagInput] | None


def checked_sort(sort: SortInput | None) -> PhotoSort | None:
    """Read a sort; none means the provider's order: featured first, then the newest."""
    return PhotoSort(field=sort.field, descending=sort.direction.name == "DESC") if sort else None


def checked_branches(
    wanted: FilterInput | None,
    rules: GraphRules,
    join: PhotoFilter = NO_JOIN,
) -> tuple[PhotoFilter, ...]:
    """Read a filter and add the tags of a join: one filter, or one for each distinct branch of ``anyOf``.

    Raises BadUserInput for a value that must not leave, Forbidden for unlisted photos that the operator does not show.
    """
    if wanted is None:
        return (join,)
    whole = PhotoFilter(
        featured=None if wanted.featured is UNSET else wanted.featured,
        slug=_value("filter.slug", wanted.slug),
        unlisted=_unlisted(wanted, rules),
    )
    placed = _with_context(whole, wanted.context or None)
    common = _with_tags(_with_tags(placed, join), _tags("filter.tags", wanted.tags or None))
    # A list for each: the provider ANDs what is repeated (observed), and no OR of it is known.
    branches = [_with_tags(common, _tags("filter.anyOf", each)) for each in wanted.any_of or ()]
    return tuple(dict.fromkeys(branches)) or (common,)


def _unlisted(wanted: FilterInput, rules: GraphRules) -> bool:
    unlisted = wanted.availability is ListAvailability.UNLISTED
    # "Unlisted" is an editor's wish: a client may pass over it with the operator's leave alone.
    if unlisted and not rules.allow_unlisted:
        raise Forbidden(Provider.FORGE, "photos that are unlisted are not shown in lists by this graph")
    return unlisted


def _with_context(wanted: PhotoFilter, context: ContextInput | None) -> PhotoFilter:
    if context is None:
        return wanted
    return msgspec.structs.replace(
        wanted,
        context_slug=_value("filter.context.slug", context.slug),
        context_neutral_slug=_value("filter.context.neutralSlug", context.neutral_slug),
    )


def _tags(argument: str, tags: TagInput | None) -> PhotoFilter:
    if tags is None:
        return PhotoFilter()
    return PhotoFilter(
        tag_slugs=tuple(_values(f"{argument}.slug", tags.slug)),
        tag_neutral_slugs=tuple(_values(f"{argument}.neutralSlug", tags.neutral_slug)),
        tag_sources=tuple(
            _source(f"{argument}.externalSource", source) for source in tags.external_source or ()
        ),
    )


def _with_tags(wanted: PhotoFilter, tags: PhotoFilter) -> PhotoFilter:
    return msgspec.structs.replace(
        wanted,
        tag_slugs=_distinct(wanted.tag_slugs, tags.tag_slugs),
        tag_neutral_slugs=_distinct(wanted.tag_neutral_slugs, tags.tag_neutral_slugs),
        tag_sources=_distinct(wanted.tag_sources, tags.tag_sources),
    )


def _distinct(some: tuple[V, ...], others: tuple[V, ...]) -> tuple[V, ...]:
    # Sorted, since the order of ANDed tags means nothing and one list must have one key.
    return tuple(sorted(set(some) | set(others)))


def _values(argument: str, values: Sequence[str] | None) -> list[str]:
    sent = values or ()
    if len(sent) > _MOST_VALUES:
        raise BadUserInput(f"wanted at most {_MOST_VALUES} values, got {len(sent)}", argument=argument)
    return [_checked(argument, value) for value in sent]


def _value(argument: str, value: str | None) -> str | None:
    return None if value is None or value is UNSET else _checked(argument, value)


def _source(argument: str, source: SourceInput) -> tuple[str, str]:
    name = _checked(f"{argument}.sourceName", source.source_name)
    # The wire puts a colon between the two (provider page): one in the name would move the border.
    if ":" in name:
        raise BadUserInput(
            f"wanted a name without a colon, got {shown(name)}", argument=f"{argument}.sourceName"
        )
    return name, _checked(f"{argument}.sourceId", source.source_id)


def _checked(argument: str, value: str) -> str:
    # The provider reads a value that starts with $ as an operator, and perhaps a comma as a list of values.
    if not 0 < len(value) <= _LONGEST or value.startswith("$") or "," in value or not value.isprintable():
        raise BadUserInput(
            f"wanted 1 to {_LONGEST} printable characters, no comma and no $ at the start, got {shown(value)}",
            argument=argument,
        )
    return value
