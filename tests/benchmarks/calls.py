"""What one call costs this process, in microseconds of CPU: ``python -m tests.benchmarks.calls``.

Every way takes its turn in every round, so that what else the machine does meets all of them. The providers answer from
another process. ``cold`` is a client that keeps nothing; ``warm`` one that has kept it all.
"""

import argparse
import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import uvloop

from providers.auth import StaticHeaders
from providers.client import CallPolicy, ProviderClient
from providers.forge.client import Cultures, ForgeClient
from providers.forge.images import ForgeImages, ImageStrategy
from providers.forge.lists import PhotoFilter, PhotoList
from providers.keys import ActivityKey
from providers.musement.client import MusementClient
from providers.pooled import PooledTransport
from providers.records import Provider
from providers.scope import CallScope
from providers.transport import Leaves, Reply, SessionTransport, Transport
from tests.benchmarks.servers import SERVER_CORE, upstream
from tests.world import UUIDS

_SENT = {"accept": "application/json", "x-api-key": "bench", "x-musement-application": "bench"}

_AT_ONCE = 40
_MAX_BYTES = 10 * 2**20
_LOCALE = "en-US"

Way = Callable[[], Awaitable[object]]


class Canned:
    """Answers without sending: what is left is the client's own work."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self._replies = replies

    async def open(self) -> None:
        """Need nothing."""

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        max_bytes: int,
        leaves: Leaves | None = None,
    ) -> Reply:
        """Give the answer that was learned for the URL."""
        del method, headers, body, timeout_s, max_bytes, leaves
        # As on a wire, the answer is never there at once.
        await asyncio.sleep(0)
        return self._replies[url]

    async def close(self) -> None:
        """Have nothing to close."""


def client_over(transport: Transport, provider: Provider, url: str, fresh_s: float) -> ProviderClient:
    """Build a client as the graph does."""
    return ProviderClient(provider, url, StaticHeaders(_SENT), transport, CallPolicy(fresh_s=fresh_s))


def scope() -> CallScope:
    """Begin a request."""
    now = asyncio.get_running_loop().time()
    return CallScope("bench", now, now + 10.0)


async def sent(transport: Transport, urls: list[str]) -> None:
    """Send one call to each URL, all at once."""
    await asyncio.gather(
        *[transport.send("GET", url, _SENT, None, timeout_s=5.0, max_bytes=_MAX_BYTES) for url in urls]
    )


@asynccontextmanager
async def ways(urls: dict[str, str], keys: list[ActivityKey]) -> AsyncIterator[dict[str, tuple[Way, int]]]:
    """Prepare everything that is measured: what runs once, and how many calls it makes."""
    base = urls["musement"]
    paths = [f"{base}/activities/{key.uuid}" for key in keys]
    photos = PhotoList("en-us", PhotoFilter())
    images = ForgeImages(ImageStrategy.DYNAMIC)
    cultures = Cultures(("en-us",), (_LOCALE,), _LOCALE, 30.0)
    async with AsyncExitStack() as stack:
        session, pooled = SessionTransport(65), PooledTransport(65)
        for transport in (session, pooled):
            stack.push_async_callback(transport.close)

        def musement(transport: Transport, fresh_s: float) -> MusementClient:
            client = client_over(transport, Provider.MUSEMENT, base, fresh_s)
            return MusementClient(client, (_LOCALE,), _LOCALE)

        replies = {
            url: await pooled.send("GET", url, _SENT, None, timeout_s=5.0, max_bytes=_MAX_BYTES)
            for path in paths
            for url in (path, f"{path}/media")
        }
        page = f"{urls['forge']}/v2/content/en-us/photos?$skip=0&$limit=100"
        replies[page] = await pooled.send("GET", page, _SENT, None, timeout_s=5.0, max_bytes=_MAX_BYTES)
        canned = Canned(replies)
        forge = ForgeClient(
            client_over(canned, Provider.FORGE, urls["forge"], 0.0), images, cultures, "context.slug"
        )
        cold = {
            "session": musement(session, 0.0),
            "pooled": musement(pooled, 0.0),
            "canned": musement(canned, 0.0),
        }
        warm = musement(canned, 600.0)
        await warm.activities(keys, scope())

        async def activities(client: MusementClient) -> None:
            await client.activities(keys, scope())

        async def media(client: MusementClient) -> None:
            await client.media(keys, scope())

        async def photo_page() -> None:
            await forge.window(photos, 0, 100, scope())

        count = len(keys)
        yield {
            "send, session": (partial(sent, session, paths), count),
            "send, pooled": (partial(sent, pooled, paths), count),
            "activity cold, session": (partial(activities, cold["session"]), count),
            "activity cold, pooled": (partial(activities, cold["pooled"]), count),
            "activity cold, nothing sent": (partial(activities, cold["canned"]), count),
            "media cold, nothing sent": (partial(media, cold["canned"]), count),
            "activity warm": (partial(activities, warm), count),
            "100 photos, nothing sent": (photo_page, 1),
        }


async def measure(urls: dict[str, str], rounds: int, repeats: int) -> dict[str, list[float]]:
    """Let the ways take turns; microseconds of CPU for one call, by way."""
    found: dict[str, list[float]] = {}
    async with ways(urls, [ActivityKey(uuid, _LOCALE) for uuid in UUIDS[:_AT_ONCE]]) as prepared:
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000)
        for turn in range(rounds + 1):
            for name, (way, calls) in prepared.items():
                began = time.process_time()
                for _ in range(repeats):
                    await way()
                took = (time.process_time() - began) * 1e6 / repeats / calls
                # The first turn dials, and warms what is remembered.
                if turn:
                    found.setdefault(name, []).append(took)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.calls")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--repeats", type=int, default=20)
    asked = parser.parse_args()
    os.sched_setaffinity(0, {SERVER_CORE})
    with upstream() as urls:
        found = uvloop.run(measure(urls, asked.rounds, asked.repeats))
    sys.stdout.write("| microseconds of CPU for a call | median | least |\n|---|---|---|\n")
    for name, each in found.items():
        sys.stdout.write(f"| {name} | {statistics.median(each):.1f} | {min(each):.1f} |\n")


if __name__ == "__main__":
    main()
