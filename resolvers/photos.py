"""Photos: by key, by list, and the editorial photos of an activity, a resort or a tag."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from strawberry import Parent

from providers.clubmed.records import Resort
from providers.errors import Forbidden
from providers.forge.lists import PhotoFilter
from providers.forge.records import Photo, RelatedContent, Tag
from providers.keys import ActivityKey, PhotoKey, ResortKey, photo_slug
from providers.locales import culture_tag
from providers.musement.records import Activity
from providers.records import Json
from resolvers.begun import begins_at_once
from resolvers.connections import Connection
from resolvers.context import Context, Info
from resolvers.errors import BadUserInput
from resolvers.lookups import bounded, checked, each
from resolvers.photo_lists import MergedConnection, PhotoListField, connected, photo_list_field, start
from resolvers.selection import remembered

PhotoConnection = Connection[Photo] | MergedConnection


class KeyInput(Protocol):
    """A photo's key, as the schema's input carries it."""

    culture: str
    slug: str


@begins_at_once
async def photo(info: Info, slug: str, locale: str | None = None) -> Photo | None:
    """Find one photo by its slug in the culture of a locale, or in the nearest that the provider has."""
    context = info.context
    culture = context.providers.forge.cultures.candidates(context.locale_of(locale))[0]
    return await by_key(context, PhotoKey(culture, checked(photo_slug, slug, "slug")))


@begins_at_once
async def photo_by_key(info: Info, culture: str, slug: str) -> Photo | None:
    """Find one photo by its culture and slug."""
    return await by_key(info.context, _key(culture, slug, "culture", "slug"))


@begins_at_once
async def photos_by_key(info: Info, keys: list[KeyInput]) -> list[Photo | None | Exception]:
    """Find many photos, in the order asked."""
    bounded(info.context, keys, "keys")

    async def find(key: KeyInput) -> Photo | None:
        return await by_key(info.context, _key(key.culture, key.slug, "keys", "keys"))

    return await each(keys, find)


async def by_key(context: Context, key: PhotoKey) -> Photo | None:
    """Load a photo's detail; raises ProviderError, since a photo without its image cannot stand."""
    loader = context.loaders.photo
    return (loader.at_hand(key) or await loader.load(key)).value


def _key(culture: str, slug: str, culture_argument: str, slug_argument: str) -> PhotoKey:
    return PhotoKey(checked(culture_tag, culture, culture_argument), checked(photo_slug, slug, slug_argument))


@begins_at_once
async def relations(parent: Parent[Photo], info: Info) -> Sequence[RelatedContent] | None:
    """Give what the photo is related to, which only its detail carries."""
    whole = await _whole(parent, info.context)
    return whole.relations if whole else None


@begins_at_once
async def references(parent: Parent[Photo], info: Info) -> Json:
    """Give the photo's reference fields, which only its detail carries."""
    whole = await _whole(parent, info.context)
    return whole.references if whole else None


async def _whole(photo: Photo, context: Context) -> Photo | None:
    return photo if photo.whole else await by_key(context, photo.key)


@begins_at_once
async def photos(
    info: Info,
    locale: str | None = None,
    **arguments: object,
) -> PhotoConnection:
    """List photos of a culture."""
    context = info.context
    chosen = context.locale_of(locale)
    insists = locale is not None
    field = remembered(
        info,
        (photo_list_field, chosen),
        lambda: photo_list_field(context, chosen, arguments, insists=insists),
    )
    return await connected(info, field)


@begins_at_once
async def of_activity(parent: Parent[Activity], info: Info, **arguments: object) -> PhotoConnection:
    """List the editorial photos tagged with an activity."""
    return await connected(info, _joined(info.context, parent.key, arguments))


@begins_at_once
async def of_resort(parent: Parent[Resort], info: Info, **arguments: object) -> PhotoConnection:
    """List the editorial photos tagged with a resort product."""
    return await connected(info, _joined(info.context, parent.key, arguments))


@begins_at_once
async def of_tag(parent: Parent[Tag], info: Info, **arguments: object) -> PhotoConnection:
    """List the photos that carry a tag, in the culture that the tag came in."""
    join = PhotoFilter(tag_slugs=(parent.slug or "",))
    field = photo_list_field(info.context, parent.culture, arguments, insists=False, join=join)
    return await connected(info, field)


def start_joined(
    context: Context, key: ActivityKey | ResortKey, selected: Iterable[Mapping[str, object]]
) -> None:
    """Start the windows of an entity's editorial photos beside its own calls, so that they meet in one batch."""
    for arguments in selected:
        try:
            start(context, _joined(context, key, arguments))
        except (BadUserInput, Forbidden):
            continue  # The field itself tells it.


def _joined(
    context: Context, key: ActivityKey | ResortKey, arguments: Mapping[str, object]
) -> PhotoListField:
    rules = context.rules
    source = rules.musement_source if isinstance(key, ActivityKey) else rules.clubmed_source
    join = PhotoFilter(tag_sources=((source, key[0]),))
    return photo_list_field(context, key.locale, arguments, insists=False, join=join)
