"""Entities by their representations, as the router of a larger graph asks for them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from providers.clubmed.records import Resort
from providers.forge.records import Photo
from providers.keys import ActivityKey, PhotoKey, ResortKey, activity_uuid, photo_slug, product_id, shown
from providers.locales import culture_tag
from providers.musement.records import Activity
from resolvers import activities, photos, resorts
from resolvers.begun import begins_at_once
from resolvers.context import Info
from resolvers.errors import BadUserInput
from resolvers.lookups import checked, each
from resolvers.selection import planned

MOST: Final = 1000

Entity = Activity | Resort | Photo
Representation = Mapping[str, object]
Find = Callable[[Representation], Awaitable[Entity | None]]

_ARGUMENT: Final = "representations"
_LARGEST: Final = 2**63
_KINDS: Final[Mapping[type, str]] = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


@begins_at_once
async def entities(info: Info, representations: Sequence[object]) -> list[msgspec.Struct | None | Exception]:
    """Find many entities of any type, in the order asked; the calls are those of each type's own lookup.

    A representation is a JSON object with a ``__typename`` and that type's key; what else it holds is ignored, and it
    is left as it is. A bad one is a BadUserInput at its own position; more than MOST refuse the field.
    """
    if len(representations) > MOST:
        raise BadUserInput(
            f"wanted at most {MOST} representations, got {len(representations)}", argument=_ARGUMENT
        )
    # A plan a type, not one a representation: all of them share the selection that the router sent.
    finders: dict[str, Find] = {}

    async def find(representation: object) -> Entity | None:
        name, named = _read(representation)
        if name not in finders:
            finders[name] = _FINDERS[name](info)
        return await finders[name](named)

    return await each(representations, find)


def _read(representation: object) -> tuple[str, Representation]:
    if not isinstance(representation, Mapping):
        raise _refused(f"a JSON object, got {_kind(representation)}")
    name = representation.get("__typename")
    if not isinstance(name, str) or name not in _FINDERS:
        got = shown(name) if isinstance(name, str) else _kind(name)
        raise _refused(f"a __typename out of {', '.join(_FINDERS)}, got {got}")
    return name, representation


def _activities(info: Info) -> Find:
    context = info.context
    plan = planned(info, activities.TYPE, activities.plan_of)

    async def find(named: Representation) -> Activity | None:
        uuid = checked(activity_uuid, _part(named, "uuid"), _ARGUMENT)
        return await activities.materialised(context, ActivityKey(uuid, context.locale), plan)

    return find


def _resorts(info: Info) -> Find:
    context = info.context
    plan = planned(info, resorts.TYPE, resorts.plan_of)

    async def find(named: Representation) -> Resort | None:
        key = ResortKey(checked(product_id, _part(named, "productId"), _ARGUMENT), context.locale)
        return await resorts.materialised(context, key, plan)

    return find


def _photos(info: Info) -> Find:
    async def find(named: Representation) -> Photo | None:
        culture = checked(culture_tag, _part(named, "culture"), _ARGUMENT)
        slug = checked(photo_slug, _part(named, "slug"), _ARGUMENT)
        return await photos.by_key(info.context, PhotoKey(culture, slug))

    return find


def _part(named: Representation, field: str) -> str:
    """Read a field of a key: a string, or a number as GraphQL's ID allows it."""
    value = named.get(field)
    if isinstance(value, str):
        return value
    # Routers pass on what another subgraph gave as ID, and GraphQL lets that be a number.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return str(value)
    raise _refused(f"the key field {field} as a string, got {_kind(value)}")


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "none")


def _refused(wanted: str) -> BadUserInput:
    return BadUserInput(f"wanted {wanted}", argument=_ARGUMENT)


_FINDERS: Final[Mapping[str, Callable[[Info], Find]]] = {
    activities.TYPE: _activities,
    "Photo": _photos,
    resorts.TYPE: _resorts,
}
