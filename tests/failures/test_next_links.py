"""A list that leads to a foreign host for its next page: only its position is read, and nobody goes there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from providers.emulation import faults
from tests.failures.stranger import Stranger, running_stranger
from tests.failures.subjects import CLUB_MED, FORGE, MUSEMENT, Subject
from tests.graph import Graph, Reply, running_graph
from tests.world import CATALOG, PHOTOS, SEARCH

HEADERS = {"Cache-Control": "max-age=0"}


class ListOf(msgspec.Struct, frozen=True):
    """A list of a provider: its field, with a window that takes all there is or two calls at least."""

    subject: Subject
    field: str
    key: str
    route: str
    first: int

    def text(self) -> str:
        return (
            f"{self.field}(first: {self.first}) "
            f"{{ nodes {{ {self.key} title freshness {{ state }} }} pageInfo {{ hasNextPage }} }}"
        )


LISTS = (
    ListOf(MUSEMENT, "activitySearch", "uuid", SEARCH, 7),
    ListOf(CLUB_MED, "resortCatalog", "productId", CATALOG, 7),
    ListOf(FORGE, "photos", "slug", PHOTOS, 150),
)
of_every_provider = pytest.mark.parametrize("each", LISTS, ids=lambda each: each.subject.provider)
in_all_company = pytest.mark.parametrize("alone", [True, False], ids=["alone", "with_two_healthy"])


@asynccontextmanager
async def stranger_at_the_next_link(led: ListOf) -> AsyncIterator[tuple[Graph, Stranger, faults.Fault]]:
    """Run a graph, and a fault by which the list leads to somebody whom nobody may call."""
    async with running_graph() as graph, running_stranger() as stranger:
        led.subject.emulator(graph).response_headers = HEADERS
        yield graph, stranger, faults.hostile_next_url(f"{stranger.url}?$skip=100&$limit=100&page=2")


def keys_of(each: ListOf, reply: Reply) -> list[Any]:
    assert reply.errors == []
    found = reply.data[each.field]
    return [found["pageInfo"], *([node[each.key], node["title"]] for node in found["nodes"])]


def states_of(each: ListOf, reply: Reply) -> set[str]:
    return {node["freshness"]["state"] for node in reply.data[each.field]["nodes"]}


@of_every_provider
@in_all_company
async def test_without_a_kept_answer(each: ListOf, *, alone: bool) -> None:
    asked = (each,) if alone else LISTS
    text = "{ " + " ".join(one.text() for one in asked) + " }"
    async with running_graph() as well:
        right = await well.query(text)
    async with stranger_at_the_next_link(each) as (graph, stranger, fault):
        each.subject.emulator(graph).faults.add(fault)
        reply = await graph.query(text)
        for one in asked:
            assert keys_of(one, reply) == keys_of(one, right)
            assert states_of(one, reply) == {"FRESH"}
        assert stranger.calls == 0
        assert graph.calls == well.calls


@of_every_provider
@in_all_company
async def test_with_a_stale_answer_kept(each: ListOf, *, alone: bool) -> None:
    asked = (each,) if alone else LISTS
    text = "{ " + " ".join(one.text() for one in asked) + " }"
    async with stranger_at_the_next_link(each) as (graph, stranger, fault):
        right = await graph.query(text)
        calls = graph.calls[each.route]
        each.subject.emulator(graph).faults.add(fault)
        for _ in range(2):
            reply = await graph.query(text)
            # Every answer is a stale one, so each request has its calls made anew: not while they are being made.
            await graph.landed()
            for one in asked:
                assert keys_of(one, reply) == keys_of(one, right)
                assert states_of(one, reply) == {"STALE" if one is each else "FRESH"}
        assert stranger.calls == 0
        assert graph.calls[each.route] == 3 * calls
        assert set(graph.calls) == {one.route for one in asked}
