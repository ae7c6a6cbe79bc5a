"""The media of one owner: galleries, videos, and both as one list."""

from collections.abc import Coroutine, Sequence
from functools import cached_property, partial
from typing import Final

import msgspec
from strawberry import Parent

from providers.clubmed.records import Resort
from providers.forge.records import Photo
from providers.keys import ActivityKey, ResortKey
from providers.musement.records import Activity
from providers.records import Answer, Image, Media, MediaKind, Origin, Owner, Provider
from resolvers.begun import begins_at_once, together
from resolvers.connections import NOT_PAGED, Connection, ListWindow, Paging, PagingValue, list_window
from resolvers.context import Context, Info, looks_at_context
from resolvers.cursors import Binding
from resolvers.errors import BadUserInput
from resolvers.lasting import lasting
from resolvers.loader import AnyLoader
from resolvers.selection import Selection

_IMAGES: Final = frozenset({MediaKind.IMAGE})
_VIDEOS: Final = frozenset({MediaKind.VIDEO})
_NO_KEYWORDS: Final[frozenset[str]] = frozenset()

Listed = Connection[Media] | Coroutine[object, None, Connection[Media]]
"""A list that is at hand, or what is to be waited for."""


class MediaField(msgspec.Struct, frozen=True, cache_hash=True, dict=True):
    """One selected list of an owner's media: its name, what it is filtered by, and its paging arguments."""

    name: str
    kinds: frozenset[MediaKind]
    keywords: frozenset[str]
    paging: Paging

    @cached_property
    def is_plain(self) -> bool:
        """Whether nothing can be wrong with the arguments, since there are none but kinds."""
        return self.paging is NOT_PAGED and not self.keywords

    def window(self, owner: Owner) -> ListWindow:
        """Check the arguments; raises BadUserInput."""
        if "" in self.keywords:
            raise BadUserInput("wanted keywords of at least one character, got ''", argument="keywords")
        return list_window(self.paging, Binding(partial(self._identity, owner)))

    def _identity(self, owner: Owner) -> tuple[object, ...]:
        # Sorted, so that a cursor fits the same filter in another spelling.
        kinds, keywords = sorted(kind.value for kind in self.kinds), sorted(self.keywords)
        return self.name, owner.provider.value, owner.key, kinds, keywords

    def wants(self, kind: MediaKind) -> bool:
        """Tell whether items of a kind can stand in the list."""
        return not self.kinds or kind in self.kinds

    def fits(self, item: Media) -> bool:
        """Tell whether an item has one of the keywords, where there are any."""
        return not self.keywords or (isinstance(item, Image) and not self.keywords.isdisjoint(item.keywords))

    def fetches(self, owner: Owner) -> bool:
        """Tell whether the arguments are good, so that a call is worth its while; the field itself tells if not."""
        if self.is_plain:
            return True
        try:
            self.window(owner)
        except BadUserInput:
            return False
        return True


_ALL_IMAGES: Final = MediaField("gallery", _IMAGES, _NO_KEYWORDS, NOT_PAGED)
_ALL_VIDEOS: Final = MediaField("videos", _VIDEOS, _NO_KEYWORDS, NOT_PAGED)


def gallery_field(keywords: Sequence[str] | None = None, **paging: PagingValue) -> MediaField:
    """Read the arguments of a gallery."""
    if not keywords and not paging:
        return _ALL_IMAGES
    return MediaField(
        "gallery", _IMAGES, frozenset(keywords) if keywords else _NO_KEYWORDS, Paging.of(paging)
    )


def videos_field(**paging: PagingValue) -> MediaField:
    """Read the arguments of a list of videos."""
    if not paging:
        return _ALL_VIDEOS
    return MediaField("videos", _VIDEOS, _NO_KEYWORDS, Paging.of(paging))


def media_field(kinds: Sequence[MediaKind] | None = None, **paging: PagingValue) -> MediaField:
    """Read the arguments of a mixed media list."""
    return MediaField("media", frozenset(kinds or ()), _NO_KEYWORDS, Paging.of(paging))


def selected_fields(selection: Selection) -> tuple[MediaField, ...]:
    """Read every media list that is selected, under any alias."""
    galleries = [gallery_field(**arguments) for arguments in selection.arguments("gallery")]
    videos = [videos_field(**arguments) for arguments in selection.arguments("videos")]
    return (*galleries, *videos, *(media_field(**arguments) for arguments in selection.arguments("media")))


@begins_at_once
@looks_at_context
def activity_gallery(parent: Parent[Activity], info: Info, **paging: PagingValue) -> Listed:
    """Give the images of an activity's media list."""
    context = info.context
    field = gallery_field(None, **paging) if paging else _ALL_IMAGES
    return _of_one_list(parent, field, context.loaders.activity_media, context)


@begins_at_once
@looks_at_context
def activity_videos(parent: Parent[Activity], info: Info, **paging: PagingValue) -> Listed:
    """Give the videos of an activity's media list."""
    context = info.context
    field = videos_field(**paging) if paging else _ALL_VIDEOS
    return _of_one_list(parent, field, context.loaders.activity_media, context)


@begins_at_once
@looks_at_context
def activity_media(
    parent: Parent[Activity],
    info: Info,
    kinds: Sequence[MediaKind] | None = None,
    **paging: PagingValue,
) -> Listed:
    """Give an activity's media list, or the kinds of it that are asked for."""
    context = info.context
    return _of_one_list(parent, media_field(kinds, **paging), context.loaders.activity_media, context)


@begins_at_once
@looks_at_context
def resort_gallery(
    parent: Parent[Resort],
    info: Info,
    keywords: Sequence[str] | None = None,
    **paging: PagingValue,
) -> Listed:
    """Give a product's pictures, or those with any of the keywords."""
    context = info.context
    field = gallery_field(keywords, **paging) if keywords or paging else _ALL_IMAGES
    return _of_one_list(parent, field, context.loaders.resort_pictures, context)


@begins_at_once
@looks_at_context
def resort_videos(parent: Parent[Resort], info: Info, **paging: PagingValue) -> Listed:
    """Give a product's videos."""
    context = info.context
    field = videos_field(**paging) if paging else _ALL_VIDEOS
    return _of_one_list(parent, field, context.loaders.resort_videos, context)


@begins_at_once
@looks_at_context
def resort_media(
    parent: Parent[Resort],
    info: Info,
    kinds: Sequence[MediaKind] | None = None,
    **paging: PagingValue,
) -> Listed:
    """Give a product's pictures, then its videos; a kind that is not asked for costs no call."""
    return _of_both_lists(parent, media_field(kinds, **paging), info.context)


@lasting
def photo_media(
    parent: Parent[Photo], kinds: Sequence[MediaKind] | None = None, **paging: PagingValue
) -> Connection[Media]:
    """Give a photo's own image, as a list of one."""
    field = media_field(kinds, **paging)
    window = field.window(Owner(provider=Provider.FORGE, key=parent.key))
    items = [parent.image] if parent.image and field.wants(MediaKind.IMAGE) else []
    return window.cut(items, parent.origin or Origin(stored_at=0.0, fresh_until=0.0))


def _of_one_list(owner: Activity | Resort, field: MediaField, loader: AnyLoader, context: Context) -> Listed:
    # Checked before anything is fetched: wrong arguments cost no call.
    if not field.is_plain:
        field.window(owner.owner)
    answer = loader.at_hand(owner.key)
    if answer is None:
        return _waited(owner, field, [loader], context)
    return answer.made.get(field) or _only(answer, owner, field)


def _of_both_lists(resort: Resort, field: MediaField, context: Context) -> Listed:
    wanted: list[AnyLoader] = []
    if field.wants(MediaKind.IMAGE):
        wanted.append(context.loaders.resort_pictures)
    if field.wants(MediaKind.VIDEO):
        wanted.append(context.loaders.resort_videos)
    if len(wanted) == 1:
        return _of_one_list(resort, field, wanted[0], context)
    field.window(resort.owner)
    return _waited(resort, field, wanted, context)


async def _waited(
    owner: Activity | Resort, field: MediaField, wanted: Sequence[AnyLoader], context: Context
) -> Connection[Media]:
    answers = await _all(wanted, owner.key)
    # A 404 that comes this far means "none": where it decides existence, the owner is null and nobody asks.
    if len(answers) == 1:
        return _only(answers[0], owner, field)
    now = context.scope.now()
    origins = [answer.origin for answer in answers] or [Origin(stored_at=now, fresh_until=now)]
    items = [item for answer in answers for item in answer.value or ()]
    # Two answers in one list are as fresh as the one that goes stale first.
    return _cut(field, owner.owner, items, min(origins, key=lambda origin: origin.fresh_until))


def _only(
    answer: Answer[tuple[Media, ...]], owner: Activity | Resort, field: MediaField
) -> Connection[Media]:
    # The same each time, so that what it looks like can be kept.
    return answer.once(field, lambda: _cut(field, owner.owner, answer.value or (), answer.origin))


def _cut(field: MediaField, owner: Owner, items: Sequence[Media], origin: Origin) -> Connection[Media]:
    if field.kinds:
        items = [item for item in items if item.kind in field.kinds]
    if field.keywords:
        items = [item for item in items if field.fits(item)]
    return field.window(owner).cut(items, origin)


async def _all(wanted: Sequence[AnyLoader], key: ActivityKey | ResortKey) -> list[Answer[tuple[Media, ...]]]:
    at_hand = [loader.at_hand(key) for loader in wanted]
    waiting = [loader.load(key) for loader, answer in zip(wanted, at_hand, strict=True) if answer is None]
    # Either failure is the whole field's: half a list would pass for all of it.
    loaded = iter(await together(waiting))
    return [answer or next(loaded) for answer in at_hand]
