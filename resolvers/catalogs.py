"""The two catalogues: Musement's search and Club Med's products."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from providers.clubmed.records import Resort
from providers.keys import shown
from providers.musement.client import ActivitySearch
from providers.musement.records import Activity
from providers.records import Provider
from resolvers import activities, resorts
from resolvers.connections import (
    DEFAULT_WINDOW,
    Connection,
    Paging,
    PagingValue,
    empty_connection,
)
from resolvers.context import Info
from resolvers.cursors import Binding, binding
from resolvers.errors import BadUserInput
from resolvers.loader import Loader
from resolvers.selection import Selection, planned
from resolvers.windows import LARGEST_PAGE, Window, WindowAnswer

L = TypeVar("L", bound=Hashable)
R = TypeVar("R", Activity, Resort)
V = TypeVar("V")

_LONGEST_TEXT = 200
_MOST_VALUES = 50
_NODES = ("nodes",)
_EDGES = ("edges", "node")


async def activity_search(
    info: Info,
    text: str | None = None,
    city_ids: Sequence[int] | None = None,
    categories: Sequence[str] | None = None,
    locale: str | None = None,
    **paging: PagingValue,
) -> Connection[Activity]:
    """List the activities that fit; the items' own fields cost no further call."""
    context = info.context
    search = ActivitySearch(
        locale=context.locale_of(locale),
        text=None if text is None else _text("text", text),
        city_ids=tuple(sorted(set(_bounded("cityIds", city_ids)))),
        categories=tuple(sorted({_code(each) for each in _bounded("categories", categories)})),
    )
    bound = binding(Provider.MUSEMENT.value, search.text, search.city_ids, search.categories, search.locale)
    plan = planned(info, "ActivityConnection", _activity_plan)

    async def complete(item: Activity) -> Activity:
        return await activities.completed(context, item, plan)

    return await _listed(info, context.loaders.activity_window, search, Paging.of(paging), bound, complete)


async def resort_catalog(info: Info, locale: str | None = None, **paging: PagingValue) -> Connection[Resort]:
    """List the resort products; the items' own fields cost no further call."""
    context = info.context
    chosen = context.locale_of(locale)
    bound = binding(Provider.CLUB_MED.value, chosen)
    plan = planned(info, "ResortProductConnection", _resort_plan)

    async def complete(item: Resort) -> Resort:
        return await resorts.completed(context, item, plan)

    return await _listed(info, context.loaders.resort_window, chosen, Paging.of(paging), bound, complete)


def _activity_plan(selection: Selection) -> activities.ActivityPlan:
    return activities.plan_of(selection.at(activities.TYPE, _NODES, _EDGES))


def _resort_plan(selection: Selection) -> resorts.ResortPlan:
    return resorts.plan_of(selection.at(resorts.TYPE, _NODES, _EDGES))


async def _listed(
    info: Info,
    loader: Loader[Window[L], WindowAnswer[R] | None],
    listed: L,
    paging: Paging,
    bound: Binding,
    complete: Callable[[R], Awaitable[R]],
) -> Connection[R]:
    context = info.context
    if paging.checked().last is not None and paging.before is None:
        skip, limit = await _ending(loader, listed, paging, bound)
    else:
        skip, limit = paging.window(bound, default=DEFAULT_WINDOW)
    if not limit:
        return empty_connection(bound, skip, context.scope.now())
    answer = await loader.load(Window(listed, skip, limit))
    if answer is None:
        raise BadUserInput("wanted a list that the provider has", argument="locale")
    if answer.cut_short is not None:
        context.warn(answer.cut_short, info.path)

    async def stands(item: R | None) -> R | None:
        return None if item is None else await complete(item)

    return Connection(
        items=await asyncio.gather(*(stands(item) for item in answer.items)),
        bound=bound,
        start=skip,
        has_next_page=answer.has_next,
        origin=answer.origin,
        total_count=answer.total,
    )


async def _ending(
    loader: Loader[Window[L], WindowAnswer[R] | None], listed: L, paging: Paging, bound: Binding
) -> tuple[int, int]:
    """Find the window of a list's last items: its first page tells the total."""
    low, _ = paging.bounds(bound)
    count = paging.last or DEFAULT_WINDOW
    probe = Window(listed, low, min(count, LARGEST_PAGE))
    first = await loader.load(probe)
    if first is None or (first.items and first.total is None):
        raise BadUserInput("wanted before with last, since the provider tells no total", argument="last")
    total = low if first.total is None else first.total
    start = max(low, total - count)
    # Where the first page is the last one too, its window is asked for again and costs nothing.
    return (start, total - start) if total > probe.end or start > low else (low, probe.limit)


def _text(argument: str, value: str) -> str:
    if not value.strip() or len(value) > _LONGEST_TEXT or not value.isprintable():
        raise BadUserInput(
            f"wanted 1 to {_LONGEST_TEXT} printable characters, got {shown(value)}", argument=argument
        )
    return value


def _code(value: str) -> str:
    if "," in value:
        raise BadUserInput(
            f"wanted category codes without a comma, got {shown(value)}", argument="categories"
        )
    return _text("categories", value)


def _bounded(argument: str, values: Sequence[V] | None) -> Sequence[V]:
    sent = values or ()
    if len(sent) > _MOST_VALUES:
        raise BadUserInput(f"wanted at most {_MOST_VALUES} values, got {len(sent)}", argument=argument)
    return sent
