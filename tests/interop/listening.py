"""The graph at a port of its own, for programs of other languages."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import uvicorn
from starlette.types import ASGIApp

from server.service import AnnouncingServer
from tests.graph import Graph, running_graph


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
async def listening_graph(**settings: str) -> AsyncIterator[tuple[Graph, str]]:
    """Run a graph over fresh emulators; gives it, and the URL of its GraphQL."""
    async with running_graph(**settings) as graph, listening(graph.app) as origin:
        yield graph, f"{origin}/graphql"
