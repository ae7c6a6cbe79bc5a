"""Resort products: by key, as items of the catalogue, and what their fields cost."""

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Final

import msgspec

from providers.clubmed.records import CARRIED, Resort, resort_owner
from providers.errors import ProviderError
from providers.keys import ResortKey, product_id
from providers.records import MediaKind
from resolvers import partial
from resolvers.begun import begins_at_once
from resolvers.context import Context, Info
from resolvers.key_lists import take
from resolvers.loader import AnyLoader
from resolvers.loaders import Loaders
from resolvers.lookups import Sought, bounded, checked, each
from resolvers.media import MediaField, selected_fields
from resolvers.photos import start_joined
from resolvers.selection import Arguments, Selection, planned

TYPE = "ResortProduct"

_DETAIL = {
    "resortId": "resort_id",
    "title": "title",
    "fullTitle": "full_title",
    "description": "description",
    "productType": "product_type",
    "openingStatus": "opening_status",
    "countryCodes": "country_codes",
    "immersiveImage": "immersive_image",
}
_CALLED: Final = (MediaKind.IMAGE, MediaKind.VIDEO)
_BARE_REMEMBERED: Final = 1024
_KEYS = {"id", "productId", "freshness", "__typename"}


class ResortPlan(msgspec.Struct, frozen=True, dict=True):
    """What a selection needs of a product: attributes of the detail, media lists, or nothing but the key.

    ``sure_kinds`` are the kinds whose calls are needed whatever the product is; None where arguments of a list may be
    wrong.
    """

    attributes: frozenset[str]
    cover: bool
    media: tuple[MediaField, ...]
    sure_kinds: frozenset[MediaKind] | None
    photos: tuple[Arguments, ...]
    keys_only: bool
    first: "ResortPlan | None"

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
        is_known = self.sure_kinds is not None and not self.photos
        return is_known and (self.waits_for_detail or not self.attributes)

    @cached_property
    def deciding(self) -> "ResortPlan":
        """What decides whether the product exists: the first part of the answer, where that needs calls of its own."""
        # What is deferred holds nothing up.
        return self.first if self.first and not self.first.keys_only else self

    def kinds(self, product_id: str) -> frozenset[MediaKind]:
        """List the kinds of media whose calls are needed."""
        if self.sure_kinds is not None:
            return self.sure_kinds
        owner = resort_owner(product_id)
        return _kinds([field for field in self.media if field.fetches(owner)], has_cover=self.cover)


def _kinds(fields: Iterable[MediaField], *, has_cover: bool) -> frozenset[MediaKind]:
    kinds = frozenset(kind for kind in _CALLED if any(field.wants(kind) for field in fields))
    return kinds | {MediaKind.IMAGE} if has_cover else kinds


def plan_of(selection: Selection) -> ResortPlan:
    """Read which calls a selection needs."""
    names, first = selection.names, selection.first
    # How fresh the detail is can be told once it is there.
    is_whole = first is selection or "freshness" in names
    media, has_cover = selected_fields(selection), "cover" in names
    is_sure = all(field.is_plain for field in media)
    return ResortPlan(
        attributes=frozenset(attribute for name, attribute in _DETAIL.items() if name in names),
        # Not in _DETAIL: a key visual among the pictures makes the detail needless.
        cover=has_cover,
        media=media,
        sure_kinds=_kinds(media, has_cover=has_cover) if is_sure else None,
        photos=tuple(selection.arguments("photos")),
        keys_only=names <= _KEYS,
        first=None if is_whole else plan_of(first),
    )


@begins_at_once
async def resort_product(info: Info, product_id: str, locale: str | None = None) -> Resort | None:
    """Find one product."""
    context = info.context
    key = _key(product_id, "productId", context.locale_of(locale))
    return await materialised(context, key, planned(info, TYPE, plan_of))


@begins_at_once
async def resort_products(
    info: Info, product_ids: list[str], locale: str | None = None
) -> list[Resort | None | Exception]:
    """Find many products, in the order asked."""
    context = info.context
    chosen = context.locale_of(locale)
    bounded(context, product_ids, "productIds")
    plan = planned(info, TYPE, plan_of)
    taken = _taken(info, plan, product_ids, chosen)
    if taken is not None:
        return taken
    loader, is_detail = context.loaders.resort, plan.waits_for_detail

    def find(text: str) -> "Sought[Resort]":
        key = _listed_key(text, chosen)
        _start(context, key, plan)
        return (loader.at_hand(key) if is_detail else None) or _waited(context, key, plan)

    return await each(product_ids, find)


def _taken(
    info: Info, plan: ResortPlan, product_ids: Sequence[str], locale: str
) -> list[Resort | None | Exception] | None:
    """Find many products at once where all that they need is fresh; None where anything has to be waited for."""
    if not plan.needs_keys_alone:
        return None
    loaders = info.context.loaders
    wanted: list[AnyLoader] = []
    kinds, deciding = plan.sure_kinds or frozenset(), plan.deciding.sure_kinds
    if MediaKind.IMAGE in kinds:
        wanted.append(loaders.resort_pictures)
    if MediaKind.VIDEO in kinds:
        wanted.append(loaders.resort_videos)
    if plan.waits_for_detail:
        wanted.append(loaders.resort)
    keys = take(info, wanted, product_ids, locale, _listed_key)
    if keys is None:
        return None
    if plan.waits_for_detail:
        return [answer.value for answer in loaders.resort.all_at_hand(keys)]
    if not deciding:
        return [_bare(key) for key in keys]
    answers = _deciding(loaders, deciding).all_there(keys)
    return [None if answer.value is None else _bare(key) for key, answer in zip(keys, answers, strict=True)]


def _key(text: str, argument: str, locale: str) -> ResortKey:
    return ResortKey(checked(product_id, text, argument), locale)


# One record for all who ask, so that what it looks like can be kept.
@lru_cache(_BARE_REMEMBERED)
def _bare(key: ResortKey) -> Resort:
    return Resort(product_id=key.product_id, locale=key.locale)


def _listed_key(text: str, locale: str) -> ResortKey:
    return _key(text, "productIds", locale)


async def materialised(context: Context, key: ResortKey, plan: ResortPlan) -> Resort | None:
    """Make the product with what the plan needs; the calls that its key allows start side by side.

    The first needed one of detail, pictures and videos decides existence: a 404 of it is an unknown product, its
    failure proves nothing. A failed detail stands as the value of the fields that it feeds; it raises ProviderError
    where nothing but the key is selected.
    """
    _start(context, key, plan)
    return await _waited(context, key, plan)


async def _waited(context: Context, key: ResortKey, plan: ResortPlan) -> Resort | None:
    if plan.waits_for_detail:
        return await _by_detail(context, key, plan)
    detail = context.loaders.resort.use(key) if plan.attributes else None
    if not await _shows_media(context.loaders, key, plan.deciding.kinds(key.product_id)):
        return None
    bare = _bare(key)
    return partial.with_later(bare, plan.attributes, detail) if detail else bare


async def _by_detail(context: Context, key: ResortKey, plan: ResortPlan) -> Resort | None:
    try:
        loader = context.loaders.resort
        return (loader.at_hand(key) or await loader.load(key)).value
    except ProviderError as error:
        if plan.keys_only:
            raise
        return failed(key, error)


async def completed(context: Context, item: Resort, plan: ResortPlan) -> Resort:
    """Complete an item of the catalogue: what it does not carry and the plan needs costs the detail call."""
    _start(context, item.key, plan)
    first = plan.first.attributes if plan.first else plan.attributes
    return await partial.completed(item, plan.attributes, first, lambda: context.loaders.resort.use(item.key))


async def _shows_media(loaders: Loaders, key: ResortKey, kinds: frozenset[MediaKind]) -> bool:
    loader = _deciding(loaders, kinds)
    try:
        if kinds:
            answer = loader.there(key) or await loader.outcome(key)
            return answer.value is not None
    except ProviderError:
        # A failure proves nothing, and the fields that the call feeds tell it themselves.
        return True
    return True


def _deciding(loaders: Loaders, kinds: frozenset[MediaKind]) -> AnyLoader:
    # Looked at and not used: the use that the receipt counts is that of the field.
    return loaders.resort_pictures if MediaKind.IMAGE in kinds else loaders.resort_videos


def failed(key: ResortKey, error: ProviderError) -> Resort:
    """Make a product whose detail failed: the error stands as the value of every field that the detail feeds."""
    return partial.with_values(_bare(key), dict.fromkeys((*CARRIED, "origin"), error))


def _start(context: Context, key: ResortKey, plan: ResortPlan) -> None:
    # All at once and before the first await, for a later load would leave in a later batch.
    kinds = plan.kinds(key.product_id)
    if MediaKind.IMAGE in kinds:
        context.loaders.resort_pictures.start(key)
    if MediaKind.VIDEO in kinds:
        context.loaders.resort_videos.start(key)
    if plan.photos:
        start_joined(context, key, plan.photos)
