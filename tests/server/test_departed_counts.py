"""What was read for clients that left before their answer is counted all the same, and once."""

import asyncio
import io
import json

import pytest
from starlette.types import Message, Receive, Scope, Send

from providers.emulation.faults import held
from tests.graph import Graph, Reply, running_graph
from tests.server.test_lane import stream
from tests.server.test_metrics import scraped
from tests.server.test_response_cache import settle
from tests.server.test_wire import PATIENCE_S
from tests.world import ACTIVITY, PHOTOS, UUIDS

SLOW = f'activity(uuid: "{UUIDS[0]}") {{ title }}'
WHOLE = f"{{ photos(first: 2) {{ nodes {{ title }} }} {SLOW} }}"
PARTS = f"{{ photos(first: 2) {{ nodes {{ title }} }} ... @defer {{ {SLOW} }} }}"
MADE = {("FORGE", "MISS"): 1.0, ("MUSEMENT", "MISS"): 1.0}

__all__ = ["stream"]


async def begun(
    graph: Graph, clients: int, text: str = WHOLE
) -> tuple[list[asyncio.Event], list[asyncio.Task[Reply]]]:
    """Let some ask the same, one after the other, until photos have come and an activity is waited for."""
    graph.musement.faults.add(held(), route=ACTIVITY)
    leaves = [asyncio.Event() for _ in range(clients)]
    asking: list[asyncio.Task[Reply]] = []
    accept = "multipart/mixed" if text is PARTS else "*/*"
    for each in leaves:
        asking.append(asyncio.create_task(graph.query(text, leaves=each, accept=accept)))
        await settle()
    await graph.musement.hits.arrived(1, ACTIVITY)
    await graph.forge.hits.arrived(1, PHOTOS)
    # Who asks for the same photos is answered when those have come.
    await graph.query("{ photos(first: 2) { nodes { title } } }")
    return leaves, asking


async def calls_of(graph: Graph) -> dict[tuple[str, str], float]:
    """Count the reads for which a call was made, by provider."""
    found: dict[tuple[str, str], float] = {}
    for name, value in (await scraped(graph)).items():
        if name[0] == "mediagraph_provider_calls_total" and name[-1] == "MISS":
            key = (name[1], name[-1])
            found[key] = found.get(key, 0) + value
    return found


KEPT = pytest.mark.parametrize("kept", ["0", "1000000"], ids=["alone", "with others"])


@KEPT
@pytest.mark.parametrize("clients", [1, 3])
async def test_what_was_read_for_who_left_is_counted(kept: str, clients: int, stream: io.StringIO) -> None:
    async with running_graph(response_cache_bytes=kept) as graph:
        leaves, asking = await begun(graph, clients)
        for each in leaves:
            each.set()
            await settle()
        replies = await asyncio.gather(*asking)
        graph.musement.faults.release()
        found = await calls_of(graph)
    assert {reply.status for reply in replies} == {499}
    assert found == MADE
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    left = [line for line in lines if line["status"] == 499]
    assert [line["cost"]["calls"] for line in left] == [2] * clients
    assert sum(line["calls"].get("MISS", 0) for line in left) == 2


@KEPT
async def test_what_was_read_for_who_left_first_is_counted_with_who_stayed(kept: str) -> None:
    async with running_graph(response_cache_bytes=kept) as graph:
        leaves, asking = await begun(graph, 3)
        leaves[0].set()
        await asking[0]
        graph.musement.faults.release()
        replies = await asyncio.gather(*asking)
        found = await calls_of(graph)
    assert [reply.status for reply in replies] == [499, 200, 200]
    assert found == MADE


async def test_who_leaves_before_the_first_part_ends_what_makes_it() -> None:
    async with running_graph() as graph:
        graph.forge.faults.add(held(), route=PHOTOS)
        text = f"{{ {SLOW} photos(first: 2) {{ nodes {{ title }} }} ... @defer {{ again: {SLOW} }} }}"
        leaves = asyncio.Event()
        asking = asyncio.create_task(graph.query(text, leaves=leaves, accept="multipart/mixed"))
        await graph.musement.hits.arrived(1, ACTIVITY)
        await graph.forge.hits.arrived(1, PHOTOS)
        await graph.query(f"{{ {SLOW} }}")
        leaves.set()
        async with asyncio.timeout(PATIENCE_S):
            reply = await asking
        graph.forge.faults.release()
        found = await calls_of(graph)
    assert reply.status == 499
    assert found == MADE


async def test_what_was_read_for_parts_that_nobody_takes_is_counted() -> None:
    async with running_graph() as graph:
        taken, never = asyncio.Event(), asyncio.Event()

        async def stuck(scope: Scope, receive: Receive, send: Send) -> None:
            async def sending(message: Message) -> None:
                await send(message)
                if message["type"] == "http.response.body":
                    taken.set()
                    await never.wait()

            await graph.app(scope, receive, sending)

        leaves = asyncio.Event()
        asking = asyncio.create_task(
            Graph(stuck, graph).query(PARTS, leaves=leaves, accept="multipart/mixed")  # type: ignore[arg-type]
        )
        await taken.wait()
        leaves.set()
        await asking
        found = await calls_of(graph)
    assert found["FORGE", "MISS"] == 1


async def test_what_was_read_for_parts_that_nobody_waits_for_is_counted() -> None:
    async with running_graph() as graph:
        leaves, asking = await begun(graph, 1, PARTS)
        leaves[0].set()
        reply = await asking[0]
        graph.musement.faults.release()
        found = await calls_of(graph)
    assert reply.headers["content-type"].startswith("multipart/mixed")
    assert found == MADE
