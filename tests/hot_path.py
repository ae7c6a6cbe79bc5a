"""The graph on its hot path, counted in steps: in one process, over answers that come without a socket.

``PYTHONPATH=. python tests/hot_path.py`` prints the counts that ``tests/test_hot_path.py`` holds.
"""

import asyncio
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from contextvars import Context
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Final
from unittest.mock import patch

import structlog

from providers.transport import Exchange, Leaves, Reply, SessionTransport, Told, Transport
from server.logs import configure_logs
from server.settings import Settings
from tests.benchmarks.workloads import COLD, Workload
from tests.graph import Graph, running_graph
from tests.steps import steps_of, steps_while

# The first uses compile the operation; the least of several leaves out what the loop does on the side.
_BEFORE = 4
_COUNTED = 5
_JSON = {"content-type": "application/json", "accept": "application/json"}
_FORGETFUL = {f"{name}_FRESH_S": "0" for name in ("MUSEMENT", "CLUBMED", "FORGE")}
KEEPING: Mapping[str, Mapping[str, str]] = {
    "cold": {"RESPONSE_CACHE_BYTES": "0", **_FORGETFUL},
    "warm": {"RESPONSE_CACHE_BYTES": "0"},
    "kept": {},
}
"""What is kept: nothing, the providers' answers, or whole answers too."""
AT_ONCE: Final = (("W1", "warm"), ("W1", "kept"), ("W5", "cold"), ("W5", "kept"))
"""What is answered beside the application."""
ASKED: Mapping[str, Workload] = {workload.name.split()[0]: workload for workload in COLD}


class Remembering:
    """A transport that asks once for everything and then answers at once."""

    def __init__(self, connections: int) -> None:
        self._asking: Transport = SessionTransport(connections)
        self._known: dict[str, Reply] = {}

    async def open(self) -> None:
        """Get ready."""
        await self._asking.open()

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
        """Answer."""
        del leaves
        reply = self._known.get(url)
        if reply is None:
            reply = await self._asking.send(
                method, url, headers, body, timeout_s=timeout_s, max_bytes=max_bytes
            )
            self._known[url] = reply
        return reply

    def begin(
        self, url: str, headers: Mapping[str, str], told: Told, *, timeout_s: float, max_bytes: int
    ) -> Exchange | None:
        """Answer what is known, as soon as nothing else is to be done."""
        del headers, timeout_s, max_bytes
        known = self._known.get(url)
        if known is None:
            return None
        return asyncio.get_running_loop().call_soon(told.received, known)

    async def close(self) -> None:
        """Close every connection."""
        await self._asking.close()


@contextmanager
def logging_to_nowhere() -> Iterator[None]:
    """Log as the graph does by itself, to be read by nobody, and leave logging as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure_logs("json", "info", Settings(), nowhere)
        yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@asynccontextmanager
async def sockets_left_out(keeping: str) -> AsyncIterator[Graph]:
    """Run a graph whose providers answer at once."""
    with logging_to_nowhere(), patch("server.wiring.transport_of", _remembering):
        async with running_graph(**{"COMPILE": "true", "COMPILE_AFTER": "1", **KEEPING[keeping]}) as graph:
            yield graph


async def steps(workload: str, keeping: str) -> int:
    """Count the steps of one request, from the first line of the application to the last."""
    async with sockets_left_out(keeping) as graph:
        bodies = [ASKED[workload].body(turn) for turn in range(_BEFORE + _COUNTED)]
        for body in bodies[:_BEFORE]:
            assert not (await graph.send("POST", "/graphql", body, _JSON)).errors
        asked = [partial(graph.send, "POST", "/graphql", body, _JSON) for body in bodies[_BEFORE:]]
        return min([await steps_while(each) for each in asked])


async def steps_at_once(workload: str, keeping: str) -> tuple[int, int]:
    """Count the steps of one request that the lane answers, from whole headers and body to the answer's bytes.

    The second number is for one that it knows by its bytes.
    """
    async with sockets_left_out(keeping) as graph:
        body = ASKED[workload].body(0)
        for _ in range(_BEFORE):
            await graph.send("POST", "/graphql", body, _JSON)
        headers = [(name.encode(), value.encode()) for name, value in _JSON.items()]
        scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
        lane = graph.app.state.lane
        assert lane.answer(scope, body, body).status == HTTPStatus.OK
        assert lane.again(body).status == HTTPStatus.OK
        ways = partial(lane.answer, scope, body), partial(lane.again, body)
        # What else a test has bound would be looked through for each log line.
        read, known = (min([steps_of(partial(Context().run, way)) for _ in range(_COUNTED)]) for way in ways)
        return read, known


def _remembering(settings: Settings, connections: int) -> Transport:
    del settings
    return Remembering(connections)


async def all_steps(named: Callable[[str, str], str]) -> dict[str, int]:
    """Count all that is held."""
    pairs = [(workload, keeping) for workload in ("W1", "W2", "W5") for keeping in KEEPING] + [("W6", "cold")]
    found = {named(*pair): await steps(*pair) for pair in pairs if pair != ("W5", "warm")}
    for pair in AT_ONCE:
        found |= dict(
            zip(
                (named(f"{pair[0]} {how}", pair[1]) for how in ("at once", "again")),
                await steps_at_once(*pair),
                strict=True,
            )
        )
    return found


if __name__ == "__main__":
    found = asyncio.run(all_steps(lambda workload, keeping: f"{workload} {keeping}"))
    sys.stdout.write(json.dumps(found, indent=4) + "\n")
