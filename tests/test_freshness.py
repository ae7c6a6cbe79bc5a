"""Freshness: that of the call which a thing's own fields come from, and null where none was made."""

import json

import pytest

from providers.emulation.faults import Fault, unavailable
from providers.records import Origin
from resolvers.freshness import Freshness, FreshnessState, freshness
from tests.graph import Graph
from tests.world import ACTIVITY, MEDIA, SEARCH, UUIDS

FRESH = {"state": "FRESH", "ageSeconds": 0}
STATE = "freshness { state ageSeconds }"


async def test_what_was_fetched_for_the_request_is_fresh_even_where_nothing_is_kept(
    bare_graph: Graph,
) -> None:
    reply = await bare_graph.query(
        f'{{ activity(uuid: "{UUIDS[0]}") {{ title {STATE} gallery {{ {STATE} }} media {{ {STATE} }} }}'
        f' resortProduct(productId: "PALM") {{ title {STATE} media {{ {STATE} }} }}'
        f" photos(first: 1) {{ {STATE} nodes {{ {STATE} media {{ {STATE} }} }} }}"
        f" activitySearch(first: 1) {{ {STATE} nodes {{ {STATE} }} }} resortCatalog(first: 1) {{ {STATE} }} }}"
    )
    whole = {"freshness": FRESH}
    assert reply.errors == []
    assert reply.data == {
        "activity": {
            "title": "Tickets for the Bargello National Museum",
            **whole,
            "gallery": whole,
            "media": whole,
        },
        "resortProduct": {"title": "Marrakech Palm Grove", **whole, "media": whole},
        "photos": {**whole, "nodes": [{**whole, "media": whole}]},
        "activitySearch": {**whole, "nodes": [whole]},
        "resortCatalog": whole,
    }


async def test_an_entity_whose_own_call_was_not_made_has_none(graph: Graph) -> None:
    reply = await graph.query(
        f'{{ activity(uuid: "{UUIDS[0]}") {{ {STATE} gallery {{ {STATE} }} }}'
        f' resortProduct(productId: "PALM") {{ {STATE} videos {{ {STATE} }} }} }}'
    )
    assert reply.data == {
        "activity": {"freshness": None, "gallery": {"freshness": FRESH}},
        "resortProduct": {"freshness": None, "videos": {"freshness": FRESH}},
    }
    assert graph.calls[MEDIA] == 1
    assert ACTIVITY not in graph.calls


async def test_a_failed_call_has_no_freshness_but_its_error(bare_graph: Graph) -> None:
    bare_graph.musement.faults.add(unavailable(), route=ACTIVITY)
    reply = await bare_graph.query(f'{{ activity(uuid: "{UUIDS[0]}") {{ uuid title {STATE} }} }}')
    assert reply.data == {"activity": {"uuid": UUIDS[0], "title": None, "freshness": None}}
    assert reply.codes == [
        ("UPSTREAM_UNAVAILABLE", ("activity", "freshness")),
        ("UPSTREAM_UNAVAILABLE", ("activity", "title")),
    ]


async def test_a_completed_list_item_keeps_the_freshness_of_its_list(bare_graph: Graph) -> None:
    body = json.dumps([{"uuid": UUIDS[0]}]).encode()
    bare_graph.musement.faults.add(Fault(status=200, body=body), route=SEARCH)
    reply = await bare_graph.query(f"{{ activitySearch {{ nodes {{ title {STATE} }} }} }}")
    assert reply.data["activitySearch"]["nodes"] == [
        {"title": "Tickets for the Bargello National Museum", "freshness": FRESH}
    ]


class Thing:
    def __init__(self, origin: Origin | None) -> None:
        self.origin = origin


class Scope:
    started_at = 1000.0

    def now(self) -> float:
        return 1002.5


class Context:
    scope = Scope()


class Info:
    context = Context()


@pytest.mark.parametrize(
    ("stored_at", "fresh_until", "state", "age_s"),
    [
        (990.0, 1050.0, FreshnessState.FRESH, 12),
        (990.0, 1002.5, FreshnessState.FRESH, 12),
        (990.0, 1002.4, FreshnessState.STALE, 12),
        (990.0, 995.0, FreshnessState.STALE, 12),
        (1001.0, 1001.0, FreshnessState.FRESH, 1),
        (1003.0, 1003.0, FreshnessState.FRESH, 0),
    ],
)
def test_an_answer_past_its_time_is_stale_unless_it_came_during_the_request(
    stored_at: float, fresh_until: float, state: FreshnessState, age_s: int
) -> None:
    found = freshness(Thing(Origin(stored_at=stored_at, fresh_until=fresh_until)), Info())  # type: ignore[arg-type]  # as much of a request as is read
    assert found == Freshness(state=state, age_seconds=age_s)
