"""The application behind a real socket, served as `mediagraph serve` serves it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from server.connections import Bounds
from server.http_protocol import bounded_protocol


@asynccontextmanager
async def serving(app: ASGIApp, bounds: Bounds | None = None) -> AsyncIterator[str]:
    """Serve an application whose lifespan somebody else runs; yields its origin."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=bounded_protocol(bounds or Bounds()),
        lifespan="off",
        ws="none",
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    # `serve` would take the signals of the whole test process.
    running = asyncio.create_task(server._serve([listener]))  # noqa: SLF001
    try:
        while not server.started:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()
