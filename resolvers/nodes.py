"""Anything by its global id."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
from strawberry import Parent

from providers.clubmed.records import Resort
from providers.errors import InvalidKey
from providers.forge.records import Photo
from providers.keys import ActivityKey, PhotoKey, ResortKey, activity_uuid, photo_slug, product_id
from providers.locales import culture_tag
from providers.musement.records import Activity
from providers.records import Image, ImageRole, Media, Owner, Provider
from resolvers import activities, photos, resorts
from resolvers.begun import begins_at_once
from resolvers.context import Context, Info
from resolvers.errors import BadUserInput
from resolvers.ids import (
    ACTIVITY,
    IMAGE,
    OTHER,
    PHOTO,
    RESORT,
    VIDEO,
    GlobalId,
    digest,
    media_id,
    owner_of,
    read,
    written,
)
from resolvers.lasting import lasting
from resolvers.lookups import bounded, each
from resolvers.selection import planned

Found = Activity | Resort | Photo | Media


@begins_at_once
async def node(info: Info, id: str) -> Found | None:
    """Find one thing by its id."""
    return await found(info, id, "id")


@begins_at_once
async def nodes(info: Info, ids: list[str]) -> list[msgspec.Struct | None | Exception]:
    """Find many things, in the order asked."""
    bounded(info.context, ids, "ids")

    async def find(text: str) -> Found | None:
        return await found(info, text, "ids")

    return await each(ids, find)


async def found(info: Info, text: str, argument: str) -> Found | None:
    """Find one thing; the calls are those that its own lookup would make."""
    try:
        named = read(text)
        return await _FINDERS[named.kind](info, named)
    except InvalidKey as error:
        raise BadUserInput(f"wanted an id that this graph gave: {error}", argument=argument) from None
    # Named again: what reads an id does not know whether the client gave it as `id` or in `ids`.
    except BadUserInput as error:
        raise BadUserInput(str(error), argument=argument) from None


@lasting
def activity_id(parent: Parent[Activity]) -> str:
    """Write an activity's id."""
    return written(ACTIVITY, parent.uuid)


@lasting
def resort_id(parent: Parent[Resort]) -> str:
    """Write a product's id."""
    return written(RESORT, parent.product_id)


@lasting
def photo_id(parent: Parent[Photo]) -> str:
    """Write a photo's id."""
    return written(PHOTO, parent.culture, parent.slug)


@lasting
def item_id(parent: Parent[Media]) -> str:
    """Write a media item's id."""
    return media_id(parent)


async def _activity(info: Info, named: GlobalId) -> Activity | None:
    key = ActivityKey(activity_uuid(named.parts[0]), info.context.locale)
    plan = planned(info, activities.TYPE, activities.plan_of)
    return await activities.materialised(info.context, key, plan)


async def _resort(info: Info, named: GlobalId) -> Resort | None:
    key = ResortKey(product_id(named.parts[0]), info.context.locale)
    plan = planned(info, resorts.TYPE, resorts.plan_of)
    return await resorts.materialised(info.context, key, plan)


async def _photo(info: Info, named: GlobalId) -> Photo | None:
    culture, slug = named.parts
    return await photos.by_key(info.context, PhotoKey(culture_tag(culture), photo_slug(slug)))


async def _media(info: Info, named: GlobalId) -> Media | None:
    owner = owner_of(named.parts)
    if owner is None or len(owner.key) != (2 if owner.provider is Provider.FORGE else 1):
        raise InvalidKey("its owner is none")
    find = _OWNED.get((owner.provider, named.kind))
    items = await find(info.context, owner) if find else ()
    return next(
        (
            item
            for item in items
            # The digest is the cheap test; roles of one picture differ in the rest of the id.
            if digest(item) == named.parts[-1] and media_id(item) == written(named.kind, *named.parts)
        ),
        None,
    )


async def _activity_items(context: Context, owner: Owner) -> Sequence[Media]:
    key = ActivityKey(activity_uuid(owner.key[0]), context.locale)
    return (await context.loaders.activity_media.load(key)).value or ()


async def _activity_cover(context: Context, owner: Owner) -> Sequence[Media]:
    key = ActivityKey(activity_uuid(owner.key[0]), context.locale)
    record = (await context.loaders.activity.load(key)).value
    url = record.cover_image_url if record else None
    return [Image(owner=owner, url=url, role=ImageRole.COVER, is_cover=True)] if isinstance(url, str) else []


async def _resort_pictures(context: Context, owner: Owner) -> Sequence[Media]:
    key = ResortKey(product_id(owner.key[0]), context.locale)
    return (await context.loaders.resort_pictures.load(key)).value or ()


async def _resort_videos(context: Context, owner: Owner) -> Sequence[Media]:
    key = ResortKey(product_id(owner.key[0]), context.locale)
    return (await context.loaders.resort_videos.load(key)).value or ()


async def _resort_immersive(context: Context, owner: Owner) -> Sequence[Media]:
    key = ResortKey(product_id(owner.key[0]), context.locale)
    record = (await context.loaders.resort.load(key)).value
    image = record.immersive_image if record else None
    if not isinstance(image, Image):
        return []
    # One file, two ids: as a field of its own, and as the cover.
    return [image, msgspec.structs.replace(image, role=ImageRole.COVER, is_cover=True)]


async def _photo_image(context: Context, owner: Owner) -> Sequence[Media]:
    culture, slug = owner.key
    photo = await photos.by_key(context, PhotoKey(culture_tag(culture), photo_slug(slug)))
    return [photo.image] if photo and photo.image else []


_FINDERS: Final[dict[str, Callable[[Info, GlobalId], Awaitable[Found | None]]]] = {
    ACTIVITY: _activity,
    RESORT: _resort,
    PHOTO: _photo,
    VIDEO: _media,
    OTHER: _media,
    **dict.fromkeys(IMAGE.values(), _media),
}

_OWNED: Final[dict[tuple[Provider, str], Callable[[Context, Owner], Awaitable[Sequence[Media]]]]] = {
    (Provider.MUSEMENT, IMAGE[ImageRole.ITEM]): _activity_items,
    (Provider.MUSEMENT, IMAGE[ImageRole.COVER]): _activity_cover,
    (Provider.MUSEMENT, VIDEO): _activity_items,
    (Provider.MUSEMENT, OTHER): _activity_items,
    (Provider.CLUB_MED, IMAGE[ImageRole.ITEM]): _resort_pictures,
    (Provider.CLUB_MED, IMAGE[ImageRole.COVER]): _resort_immersive,
    (Provider.CLUB_MED, IMAGE[ImageRole.IMMERSIVE]): _resort_immersive,
    (Provider.CLUB_MED, VIDEO): _resort_videos,
    (Provider.FORGE, IMAGE[ImageRole.ITEM]): _photo_image,
}
