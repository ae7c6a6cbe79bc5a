"""Activities: by key, as items of the search, and what their fields cost."""

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Final

import msgspec

from providers.errors import ProviderError
from providers.keys import ActivityKey, activity_key, activity_uuid
from providers.musement.records import CARRIED, Activity, activity_owner
from resolvers import partial
from resolvers.begun import begins_at_once
from resolvers.context import Context, Info
from resolvers.key_lists import take
from resolvers.loader import AnyLoader
from resolvers.lookups import Sought, bounded, checked, each
from resolvers.media import MediaField, selected_fields
from resolvers.photos import start_joined
from resolvers.selection import Arguments, Selection, planned

TYPE = "Activity"

_DETAIL = {
    "title": "title",
    "description": "description",
    "url": "url",
    "status": "status",
    "latitude": "latitude",
    "longitude": "longitude",
    "city": "city",
    # A media call comes on top only where the detail has no cover: until then it is not worth starting.
    "cover": "cover_image_url",
}
# Alone they cost the detail, which then decides existence; beside other fields they cost nothing.
_KEYS = {"id", "uuid", "freshness", "__typename"}
_BARE_REMEMBERED: Final = 1024


class ActivityPlan(msgspec.Struct, frozen=True, dict=True):
    """What a selection needs of an activity: attributes of the detail, media lists, or nothing but the key.

    It ``starts_media`` where one of the lists has no argument that could be wrong.
    """

    attributes: frozenset[str]
    media: tuple[MediaField, ...]
    starts_media: bool
    photos: tuple[Arguments, ...]
    keys_only: bool
    first: "ActivityPlan | None"

    @cached_property
    def defers_detail(self) -> bool:
        """Whether nothing but deferred fragments needs the detail, and the entity stands without it."""
        return self.first is not None and not self.first.attributes and not self.first.keys_only

    @cached_property
    def waits_for_detail(self) -> bool:
        """Whether there is nothing to show before the detail is there."""
        return self.keys_only or (bool(self.attributes) and not self.defers_detail)

    @cached_property
    def needs_keys_alone(self) -> bool:
        """Whether its first calls follow from the keys, and no others come after them."""
        is_known = self.starts_media or not self.media
        return is_known and not self.photos and (self.waits_for_detail or not self.attributes)


def plan_of(selection: Selection) -> ActivityPlan:
    """Read which calls a selection needs."""
    names, first = selection.names, selection.first
    # How fresh the detail is can be told once it is there.
    is_whole = first is selection or "freshness" in names
    media = selected_fields(selection)
    return ActivityPlan(
        attributes=frozenset(attribute for name, attribute in _DETAIL.items() if name in names),
        media=media,
        starts_media=any(field.is_plain for field in media),
        photos=tuple(selection.arguments("photos")),
        keys_only=names <= _KEYS,
        first=None if is_whole else plan_of(first),
    )


@begins_at_once
async def activity(info: Info, uuid: str, locale: str | None = None) -> Activity | None:
    """Find one activity."""
    context = info.context
    key = ActivityKey(checked(activity_uuid, uuid, "uuid"), context.locale_of(locale))
    return await materialised(context, key, planned(info, TYPE, plan_of))


@begins_at_once
async def activities(
    info: Info, uuids: list[str], locale: str | None = None
) -> list[Activity | None | Exception]:
    """Find many activities, in the order asked."""
    context = info.context
    chosen = context.locale_of(locale)
    bounded(context, uuids, "uuids")
    plan = planned(info, TYPE, plan_of)
    taken = _taken(info, plan, uuids, chosen)
    if taken is not None:
        return taken
    loader, is_detail = context.loaders.activity, plan.waits_for_detail

    # Quoted, for what stands within a function is read again with each call of it.
    def find(uuid: str) -> "Sought[Activity]":
        key = _key(uuid, chosen)
        _start(context, key, plan)
        return (loader.at_hand(key) if is_detail else None) or _waited(context, key, plan)

    return await each(uuids, find)


def _taken(
    info: Info, plan: ActivityPlan, uuids: Sequence[str], locale: str
) -> list[Activity | None | Exception] | None:
    """Find many activities at once where all that they need is fresh; None where anything has to be waited for."""
    if not plan.needs_keys_alone:
        return None
    loaders = info.context.loaders
    wanted: list[AnyLoader] = []
    if plan.starts_media:
        wanted.append(loaders.activity_media)
    if plan.waits_for_detail:
        wanted.append(loaders.activity)
    keys = take(info, wanted, uuids, locale, _key)
    if keys is None:
        return None
    if plan.waits_for_detail:
        return [answer.value for answer in loaders.activity.all_at_hand(keys)]
    return [_bare(key) for key in keys]


def _key(uuid: str, locale: str) -> ActivityKey:
    return activity_key(checked(activity_uuid, uuid, "uuids"), locale)


# One record for all who ask, so that what it looks like can be kept.
@lru_cache(_BARE_REMEMBERED)
def _bare(key: ActivityKey) -> Activity:
    return Activity(uuid=key.uuid, locale=key.locale)


async def materialised(context: Context, key: ActivityKey, plan: ActivityPlan) -> Activity | None:
    """Make the activity with what the plan needs; the calls that its key allows start side by side.

    The detail decides existence; where it is not needed, the activity exists. A failed detail stands as the value of
    the fields that it feeds; it raises ProviderError where nothing but the key is selected.
    """
    # Before the first await: a load that comes later leaves in a later batch.
    _start(context, key, plan)
    return await _waited(context, key, plan)


async def _waited(context: Context, key: ActivityKey, plan: ActivityPlan) -> Activity | None:
    # Media alone prove nothing: their 404 means "no gallery" (Musement's reference).
    if not plan.attributes and not plan.keys_only:
        return _bare(key)
    loader = context.loaders.activity
    # With the key alone in the first part it would have to tell whether there is such an activity: that needs the call.
    if plan.defers_detail:
        return partial.with_later(_bare(key), plan.attributes, loader.use(key))
    try:
        answer = loader.at_hand(key) or await loader.load(key)
    except ProviderError as error:
        if plan.keys_only:
            raise
        return failed(key, error)
    return answer.value


async def completed(context: Context, item: Activity, plan: ActivityPlan) -> Activity:
    """Complete an item of a list: what it does not carry and the plan needs costs the detail call."""
    _start(context, item.key, plan)
    first = plan.first.attributes if plan.first else plan.attributes
    return await partial.completed(
        item, plan.attributes, first, lambda: context.loaders.activity.use(item.key)
    )


def failed(key: ActivityKey, error: ProviderError) -> Activity:
    """Make an activity whose detail failed: the error stands as the value of every field that the detail feeds."""
    return partial.with_values(_bare(key), dict.fromkeys((*CARRIED, "origin"), error))


def _start(context: Context, key: ActivityKey, plan: ActivityPlan) -> None:
    if plan.starts_media or (
        plan.media and any(field.fetches(activity_owner(key.uuid)) for field in plan.media)
    ):
        context.loaders.activity_media.start(key)
    if plan.photos:
        start_joined(context, key, plan.photos)
