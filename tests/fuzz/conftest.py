"""The graph at a port of its own, in a thread of its own, for clients that wait without an event loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvloop

from server.connections import Bounds
from tests.fuzz.wire import Wire
from tests.graph import running_graph
from tests.live import serving

# Short, for many of the requests never end; long enough for a busy machine to send one.
_BOUNDS = Bounds(header_timeout_s=0.4, body_timeout_s=0.4)
_PATIENCE_S = 60.0
_SETTINGS = {
    "body_timeout_s": "0.4",
    "explain": "true",
    "on_error": "true",
    "max_calls": "60",
    "max_items": "600",
    "client_keys": "",
}


class GraphThread(threading.Thread):
    """A graph over its emulators, served until it is told to end."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.origin = ""
        self.is_up = threading.Event()
        self._end: asyncio.Event
        self._loop: asyncio.AbstractEventLoop

    def run(self) -> None:
        """Serve on the event loop that the program itself has."""
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        async with running_graph(**_SETTINGS) as graph, serving(graph.app, _BOUNDS) as self.origin:
            self.is_up.set()
            await self._end.wait()

    def end(self) -> None:
        """End, and with it everything that is still open."""
        self._loop.call_soon_threadsafe(self._end.set)
        self.join(_PATIENCE_S)
        assert not self.is_alive()


@contextmanager
def graph_thread() -> Iterator[str]:
    """Run a graph; gives its origin."""
    thread = GraphThread()
    thread.start()
    assert thread.is_up.wait(_PATIENCE_S)
    try:
        yield thread.origin
    finally:
        thread.end()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Serve one graph to all examples of a module: what one leaves behind, the next one meets."""
    with graph_thread() as served:
        yield served


@pytest.fixture(scope="module")
def wire(origin: str) -> Iterator[Wire]:
    """Speak to the graph in bytes; in the end it must still answer."""
    speaking = Wire(origin)
    yield speaking
    alive = speaking.post(b'{"query": "{ __typename }"}')
    assert (alive.status, alive.body) == (200, b'{"data":{"__typename":"Query"}}')
