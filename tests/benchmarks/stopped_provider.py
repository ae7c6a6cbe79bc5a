"""A provider is stopped (SIGSTOP) during a load: what that does to the latency of the others.

``PYTHONPATH=. python tests/benchmarks/stopped_provider.py`` prints one JSON object, and exits with 1 where the p99 of
the healthy providers' queries is more than 1.5 times what it was before.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from starlette.applications import Starlette

from providers.clubmed.emulator import create_emulator as create_clubmed
from providers.forge.emulator import create_emulator as create_forge
from providers.musement.emulator import create_emulator as create_musement
from providers.records import Provider
from server.app import create_app
from server.settings import load_settings
from tests.graph import Emulators, Graph
from tests.world import PRODUCT_IDS, UUIDS

MOST = 1.5
HEALTHY = (
    "query($a: [ID!]!, $r: [ID!]!) { activities(uuids: $a) { title gallery { totalCount } } "
    "resortProducts(productIds: $r) { title gallery { totalCount } } }"
)
FAILING = "{ photos(first: 25) { nodes { slug } } }"


async def emulator(name: str, stack: AsyncExitStack) -> tuple[Process, str]:
    """Start one provider in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.emulate", name),
        stdin=PIPE,
        stdout=PIPE,
        cwd=Path(__file__).parents[2],
    )

    def end() -> None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.kill()

    stack.callback(end)
    assert process.stdout is not None
    return process, (await process.stdout.readline()).decode().strip()


class Load:
    """Clients that ask for what is healthy, and others that ask for what fails."""

    def __init__(self, graph: Graph) -> None:
        self.latencies: list[float] = []
        self.errors = 0
        self._graph = graph
        self._variables = {"a": UUIDS[:5], "r": PRODUCT_IDS[:3]}

    async def run(self, seconds: float, pause_s: float) -> float:
        """Load for so long, and answer the p99 in seconds of the healthy queries."""
        self.latencies.clear()
        until = time.monotonic() + seconds
        clients = [self._healthy(until, pause_s) for _ in range(8)]
        clients += [self._failing(until, pause_s) for _ in range(8)]
        await asyncio.gather(*clients)
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)]

    async def _healthy(self, until: float, pause_s: float) -> None:
        while time.monotonic() < until:
            began = time.monotonic()
            reply = await self._graph.query(HEALTHY, self._variables)
            self.latencies.append(time.monotonic() - began)
            self.errors += bool(reply.errors)
            await asyncio.sleep(pause_s)

    async def _failing(self, until: float, pause_s: float) -> None:
        while time.monotonic() < until:
            await self._graph.query(FAILING)
            await asyncio.sleep(pause_s)


def app_over(urls: dict[str, str]) -> Starlette:
    """Build the graph; nothing is kept, so that every query is calls."""
    environ = {f"MEDIAGRAPH_{name.upper()}_URL": url for name, url in urls.items()}
    for name in urls:
        environ |= {f"MEDIAGRAPH_{name.upper()}_FRESH_S": "0", f"MEDIAGRAPH_{name.upper()}_TIMEOUT_S": "0.5"}
    environ |= {
        "MEDIAGRAPH_MUSEMENT_APPLICATION": "benchmark",
        "MEDIAGRAPH_CLUBMED_API_KEY": "benchmark",
        "MEDIAGRAPH_FORGE_CULTURES": "en-us",
        "MEDIAGRAPH_SANDBOX": "false",
    }
    return create_app(load_settings(environ))


async def measure(seconds: float, pause_s: float) -> dict[str, object]:
    """Measure before and while Forge is stopped."""
    async with AsyncExitStack() as stack:
        started = {name: await emulator(name, stack) for name in ("musement", "clubmed", "forge")}
        app = app_over({name: url for name, (_, url) in started.items()})
        await stack.enter_async_context(app.router.lifespan_context(app))
        # The emulators that run are the processes; these only fill the places.
        load = Load(Graph(app, Emulators(create_musement(), create_clubmed(), create_forge())))
        await load.run(2.0, pause_s)
        before_s = await load.run(seconds, pause_s)
        count = len(load.latencies)
        started["forge"][0].send_signal(signal.SIGSTOP)
        while_s = await load.run(seconds, pause_s)
        return {
            "stopped": Provider.FORGE.value,
            "queriesBefore": count,
            "queriesWhile": len(load.latencies),
            "failedHealthyQueries": load.errors,
            "p99BeforeMs": round(before_s * 1000, 1),
            "p99WhileMs": round(while_s * 1000, 1),
            "times": round(while_s / before_s, 2),
        }


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Stop a provider and watch the others.")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--pause", type=float, default=0.05)
    given = parser.parse_args()
    figures = asyncio.run(measure(given.seconds, given.pause))
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 1 if figures["failedHealthyQueries"] or float(str(figures["times"])) > MOST else 0


if __name__ == "__main__":
    sys.exit(main())
