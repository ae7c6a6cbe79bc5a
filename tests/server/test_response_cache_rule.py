"""The rule of the response cache: what it answers is what the graph without it answers at that moment."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.emulation.faults import Fault, not_found, unavailable
from tests.clock import DrivenClock
from tests.graph import Graph, Reply, running_graph
from tests.server.test_admin import TOKEN, purge
from tests.world import ACTIVITY, PHOTOS, PRODUCT_IDS, UUIDS

ACTIVITIES = "query Q($u: [ID!]!) { activities(uuids: $u) { uuid title } }"
QUERIES: list[dict[str, Any]] = [
    {"query": "{ __typename }"},
    {"query": "{ photos(first: 2) { nodes { slug title } } }"},
    {"query": "{ photos(first: 2) { freshness { ageSeconds } nodes { slug } } }"},
    {"query": ACTIVITIES, "variables": {"u": UUIDS[:2]}},
    {"query": ACTIVITIES, "variables": {"u": UUIDS[1:3]}},
    {"query": ACTIVITIES, "variables": {"u": UUIDS[:2]}, "operationName": "Q"},
    {"query": ACTIVITIES, "variables": {"u": "no-uuid"}},
    {"query": ACTIVITIES},
    {"query": f'{{ activity(uuid: "{UUIDS[0]}") {{ title }} photos(first: 30) {{ nodes {{ slug }} }} }}'},
    {"query": f'{{ resortProduct(productId: "{PRODUCT_IDS[0]}") {{ title }} }}'},
    {"query": "{ nothing }"},
    {"query": "{ __schema { queryType { name } } }"},
]
MADE_OF_NOTHING = (0, len(QUERIES) - 1)
HEADERS: list[dict[str, str]] = [
    {},
    {"accept-language": "fr-FR"},
    {"accept-language": " FR-fr ;q=1"},
    {"accept-language": "en-US;q=0.2, fr-FR;q=0.1"},
    {"accept-encoding": "gzip"},
    {"accept-encoding": "gzip;q=0, br"},
    {"accept": "application/graphql-response+json"},
    {"accept": "text/html, application/json"},
    {"accept": "image/png"},
    {"content-type": "application/json; charset=UTF-8"},
    {"content-type": "text/plain"},
    {"x-api-key": "planted-key-of-nobody-x"},
    {"x-mediagraph-router": "planted-router-secret"},
    {"x-mediagraph-explain": "dry"},
    {"if-none-match": "the last"},
    {"origin": "https://a.example"},
]


class Asks(msgspec.Struct, frozen=True):
    """A request comes."""

    query: int
    headers: int
    by_url: bool


class Passes(msgspec.Struct, frozen=True):
    """Time passes, in seconds."""

    seconds: int


class Purges(msgspec.Struct, frozen=True):
    """An operator has a provider forgotten."""

    provider: Literal["MUSEMENT", "CLUB_MED", "FORGE"]


class Changes(msgspec.Struct, frozen=True):
    """A provider answers otherwise from now on."""

    how: Literal["well", "other", "gone", "down", "no-store", "short"]


STEPS = st.lists(
    st.one_of(
        st.builds(
            Asks, st.sampled_from(range(len(QUERIES))), st.sampled_from(range(len(HEADERS))), st.booleans()
        ),
        st.builds(Asks, st.sampled_from([1, 3, 8]), st.just(0), st.just(value=False)),
        st.builds(Passes, st.sampled_from([1, 3, 9, 10, 11, 20])),
        st.builds(Purges, st.sampled_from(["MUSEMENT", "CLUB_MED", "FORGE"])),
        st.builds(Changes, st.sampled_from(["well", "other", "gone", "down", "no-store", "short"])),
    ),
    min_size=4,
    max_size=30,
)
FAULTS: dict[str, list[tuple[str, Fault]]] = {
    "well": [],
    "other": [
        (
            ACTIVITY,
            Fault(
                status=200,
                body=b'{"uuid":"%b","title":"Other"}' % UUIDS[0].encode(),
                content_type="application/json",
            ),
        )
    ],
    "gone": [(ACTIVITY, not_found())],
    "down": [(PHOTOS, unavailable()), (ACTIVITY, unavailable())],
}


class Pair:
    """Two graphs that live through the same: one keeps answers, one makes each."""

    def __init__(self, keeping: Graph, making: Graph, clock: DrivenClock) -> None:
        self.graphs = (keeping, making)
        self.clock = clock
        self.tag = '"none"'

    async def live(self, step: Asks | Passes | Purges | Changes) -> None:
        """Live through a step."""
        match step:
            case Asks():
                kept, made = [await self._asked(graph, step) for graph in self.graphs]
                assert seen(kept, step) == seen(made, step)
                self.tag = made.headers.get("etag", self.tag)
            case Passes():
                self.clock.now += step.seconds
            case Purges():
                for graph in self.graphs:
                    await purge(graph, {"provider": step.provider})
            case Changes():
                for graph in self.graphs:
                    change(graph, step.how)

    async def _asked(self, graph: Graph, step: Asks) -> Reply:
        body = QUERIES[step.query]
        headers = {"x-request-id": "r", "content-type": "application/json", **HEADERS[step.headers]}
        if "if-none-match" in headers:
            headers["if-none-match"] = self.tag
        if not step.by_url:
            return await graph.send("POST", "/graphql", json.dumps(body).encode(), headers)
        path = "/graphql?" + "&".join(
            f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in body.items()
        )
        return await graph.send("GET", path.replace("#", "%23"), headers=headers)


def change(graph: Graph, how: str) -> None:
    """Let the providers of a graph answer in some way from now on."""
    for emulator in (graph.musement, graph.forge):
        emulator.faults.clear()
        emulator.response_headers = {
            "no-store": {"Cache-Control": "no-store"},
            "short": {"Cache-Control": "max-age=3"},
        }.get(how, {})
        for route, fault in FAULTS.get(how, []):
            emulator.faults.add(fault, route=route)


def seen(reply: Reply, step: Asks) -> tuple[int, dict[str, str], bytes]:
    """All that a client sees, but for what the machine's own clock or nothing at all decides.

    That is the times of a receipt, ages in the data, and the age of an answer that no call is made for.
    """
    hidden = {"age", "x-accel-expires"} if step.query in MADE_OF_NOTHING else set()
    body = re.sub(rb'"ageSeconds":\d+', b"", reply.body)
    if body != reply.body:
        hidden = {"etag"}
    if b'"predicted"' in body:
        hidden, body = {"content-length"}, b""
    return reply.status, {name: text for name, text in reply.headers.items() if name not in hidden}, body


@asynccontextmanager
async def pair() -> AsyncIterator[Pair]:
    """Run the two."""
    clock = DrivenClock()
    given = {
        "admin_token": TOKEN,
        "router_secret": "planted-router-secret",
        "explain": "true",
        "introspection": "false",
        "cors_origins": "https://a.example",
    }
    for name in ("MUSEMENT", "CLUBMED", "FORGE"):
        # A renewal beside the requests would come at another moment in each graph.
        given |= {f"{name}_{each}": "0" for each in ("STALE_S", "RETRIES", "BREAKER_FAILURES")}
        given[f"{name}_FRESH_S"] = "10" if name == "MUSEMENT" else "20"
    async with (
        running_graph(clock, response_cache_bytes="60000", **given) as keeping,
        running_graph(clock, response_cache_bytes="0", **given) as making,
    ):
        yield Pair(keeping, making, clock)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_every_answer_is_the_one_that_would_be_made(steps: list[Asks | Passes | Purges | Changes]) -> None:
    async def live() -> None:
        async with pair() as both:
            for step in steps:
                await both.live(step)

    asyncio.run(live())
