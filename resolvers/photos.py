"""Photos: by key, by list, and the editorial photos of an activity, a resort or a tag."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from strawberry import Parent

from providers.clubmed.records import Resort
from providers.errors import Forbidden, UpstreamRejected
from providers.forge.lists import PhotoList
from providers.forge.records import Photo, RelatedContent, Tag
from providers.keys import ActivityKey, PhotoKey, ResortKey, photo_slug
from providers.locales import culture_tag
from providers.musement.records import Activity
from providers.records import Provider
from resolvers.connections import DEFAULT_WINDOW, Connection, Paging, PagingValue, empty_connection
from resolvers.context import Context, Info
from resolvers.cursors import binding
from resolvers.errors import BadUserInput
from resolvers.lookups import bounded, checked, each
from resolvers.photo_filters import FilterInput, SortInput, checked_filter, checked_sort
from resolvers.selection import Selection
from resolvers.windows import Window


class KeyInput(Protocol):
    """A photo's key, as the schema's input carries it."""

    culture: str
    slug: str


class PhotoWindow(msgspec.Struct, frozen=True):
    """A window of photos that a field asks for; the culture is the one asked for, not the one that answers."""

    list: PhotoList
    skip: int
    limit: int
    bound: bytes
    insists: bool

    def at(self, culture: str) -> Window[PhotoList]:
        """Name the window in a culture."""
        return Window(msgspec.structs.replace(self.list, culture=culture), self.skip, self.limit)

    def culture(self, context: Context) -> str:
        """Choose the culture to ask: the one asked for where the client insists on it, else the nearest known one."""
        if self.insists:
            return self.list.culture
        return context.providers.forge.cultures.candidates(self.list.culture)[0]


async def photo(info: Info, slug: str, locale: str | None = None) -> Photo | None:
    """Find one photo by its slug in the culture of a locale, or in the nearest that the provider has."""
    context = info.context
    culture = context.providers.forge.cultures.candidates(context.locale_of(locale))[0]
    return await by_key(context, PhotoKey(culture, checked(photo_slug, slug, "slug")))


async def photo_by_key(info: Info, culture: str, slug: str) -> Photo | None:
    """Find one photo by its culture and slug."""
    return await by_key(info.context, _key(culture, slug, "culture", "slug"))


async def photos_by_key(info: Info, keys: list[KeyInput]) -> list[Photo | None | Exception]:
    """Find many photos, in the order asked."""
    bounded(info.context, keys, "keys")

    async def find(key: KeyInput) -> Photo | None:
        return await by_key(info.context, _key(key.culture, key.slug, "keys", "keys"))

    return await each(keys, find)


async def by_key(context: Context, key: PhotoKey) -> Photo | None:
    """Load a photo's detail; raises ProviderError, since a photo without its image cannot stand."""
    return (await context.loaders.photo.load(key)).value


def _key(culture: str, slug: str, culture_argument: str, slug_argument: str) -> PhotoKey:
    return PhotoKey(checked(culture_tag, culture, culture_argument), checked(photo_slug, slug, slug_argument))


async def relations(parent: Parent[Photo], info: Info) -> Sequence[RelatedContent] | None:
    """Give what the photo is related to, which only its detail carries."""
    whole = await _whole(parent, info.context)
    return whole.relations if whole else None


async def references(parent: Parent[Photo], info: Info) -> Any:
    """Give the photo's reference fields, which only its detail carries."""
    whole = await _whole(parent, info.context)
    return whole.references if whole else None


async def _whole(photo: Photo, context: Context) -> Photo | None:
    return photo if photo.whole else await by_key(context, photo.key)


async def photos(
    info: Info,
    filter: FilterInput | None = None,
    sort: SortInput | None = None,
    locale: str | None = None,
    **paging: PagingValue,
) -> Connection[Photo] | None:
    """List photos of a culture."""
    context = info.context
    window = _window(context, context.locale_of(locale), filter, sort, paging, insists=locale is not None)
    return await connected(info, window)


async def of_activity(
    parent: Parent[Activity],
    info: Info,
    filter: FilterInput | None = None,
    sort: SortInput | None = None,
    **paging: PagingValue,
) -> Connection[Photo] | None:
    """List the editorial photos tagged with an activity."""
    return await connected(info, _joined(info.context, parent.key, filter, sort, paging))


async def of_resort(
    parent: Parent[Resort],
    info: Info,
    filter: FilterInput | None = None,
    sort: SortInput | None = None,
    **paging: PagingValue,
) -> Connection[Photo] | None:
    """List the editorial photos tagged with a resort product."""
    return await connected(info, _joined(info.context, parent.key, filter, sort, paging))


async def of_tag(
    parent: Parent[Tag],
    info: Info,
    filter: FilterInput | None = None,
    sort: SortInput | None = None,
    **paging: PagingValue,
) -> Connection[Photo] | None:
    """List the photos that carry a tag, in the culture that the tag came in."""
    window = _window(info.context, parent.culture, filter, sort, paging, insists=True, joined_tag=parent.slug)
    return await connected(info, window)


def start_joined(context: Context, key: ActivityKey | ResortKey, selection: Selection) -> None:
    """Start the windows of an entity's editorial photos beside its own calls, so that they meet in one batch."""
    for arguments in selection.arguments("photos"):
        try:
            window = _joined(
                context,
                key,
                arguments.pop("filter", None),
                arguments.pop("sort", None),
                arguments,
            )
        except (BadUserInput, Forbidden):
            continue  # The field itself tells it.
        if window.limit:
            context.loaders.photo_window.start(window.at(window.culture(context)))


def _joined(
    context: Context,
    key: ActivityKey | ResortKey,
    wanted: FilterInput | None,
    sort: SortInput | None,
    paging: Mapping[str, PagingValue],
) -> PhotoWindow:
    rules = context.rules
    source = rules.musement_source if isinstance(key, ActivityKey) else rules.clubmed_source
    return _window(context, key.locale, wanted, sort, paging, insists=False, joined_source=(source, key[0]))


def _window(
    context: Context,
    locale: str,
    wanted: FilterInput | None,
    sort: SortInput | None,
    paging: Mapping[str, PagingValue],
    *,
    insists: bool,
    joined_source: tuple[str, str] | None = None,
    joined_tag: str | None = None,
) -> PhotoWindow:
    found = PhotoList(
        culture=locale.lower(),
        filter=checked_filter(wanted, context.rules, joined_source=joined_source, joined_tag=joined_tag),
        sort=checked_sort(sort or None),
    )
    bound = binding(Provider.FORGE.value, msgspec.structs.astuple(found))
    skip, limit = Paging.of(paging).window(bound, default=DEFAULT_WINDOW)
    return PhotoWindow(list=found, skip=skip, limit=limit, bound=bound, insists=insists)


async def connected(info: Info, window: PhotoWindow) -> Connection[Photo]:
    """Load a window; where the tenant lacks a culture that the client did not insist on, the next one is asked."""
    context = info.context
    cultures = context.providers.forge.cultures
    if not window.limit:
        return empty_connection(window.bound, window.skip, context.scope.now())
    tried: set[str] = set()
    culture = window.culture(context)
    while culture not in tried:
        tried.add(culture)
        known_absent = window.insists and cultures.is_absent(culture)
        answer = None if known_absent else await context.loaders.photo_window.load(window.at(culture))
        if answer is not None:
            if answer.cut_short is not None:
                context.warn(answer.cut_short, info.path)
            return Connection(
                items=answer.items,
                bound=window.bound,
                start=window.skip,
                has_next_page=answer.has_next,
                origin=answer.origin,
            )
        if window.insists:
            raise BadUserInput(f"wanted a locale that Forge has, got {culture!r}", argument="locale")
        culture = window.culture(context)
    raise UpstreamRejected(Provider.FORGE, "has no photos in any culture that was tried", status=404)
