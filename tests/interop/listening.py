"""The graph at a port of its own, for programs of other languages, and what they send to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any

import msgspec
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.service import AnnouncingServer
from tests.graph import Graph, running_graph


class Operation(msgspec.Struct, frozen=True):
    """One GraphQL request as it came in: its body, and its headers in lower case."""

    body: dict[str, Any]
    headers: dict[str, str]

    @property
    def query(self) -> str:
        """The document."""
        return str(self.body["query"])


class Recorded:
    """An application of whose POST requests a record is kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.operations: list[Operation] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        received = b""

        async def receive_and_keep() -> Message:
            nonlocal received
            message = await receive()
            received += message.get("body", b"")
            return message

        await self._app(scope, receive_and_keep, send)
        if scope["type"] == "http" and scope["method"] == "POST":
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            self.operations.append(Operation(json.loads(received), headers))


class ListeningGraph(msgspec.Struct, frozen=True):
    """A graph, the URL of its GraphQL, and the operations that came in there."""

    graph: Graph
    url: str
    operations: list[Operation]


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application over HTTP in this event loop; gives its origin."""
    started = asyncio.Event()
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, log_level="warning")
    server = AnnouncingServer(config, started.set)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        serving = asyncio.ensure_future(server.serve([listener]))
        await started.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def listening_graph(**settings: str) -> AsyncIterator[ListeningGraph]:
    """Run a graph over fresh emulators, reachable over HTTP."""
    async with running_graph(**settings) as graph:
        recorded = Recorded(graph.app)
        async with listening(recorded) as origin:
            yield ListeningGraph(graph, f"{origin}/graphql", recorded.operations)
