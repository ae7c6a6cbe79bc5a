"""A server that nobody should ever call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Stranger:
    """Counts who comes, and says nothing; ``url`` looks like a place for photos."""

    def __init__(self) -> None:
        self.calls = 0
        self.url = ""

    async def call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        self.calls += 1
        writer.close()


@asynccontextmanager
async def running_stranger() -> AsyncIterator[Stranger]:
    stranger = Stranger()
    server = await asyncio.start_server(stranger.call, "127.0.0.1", 0)
    stranger.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v2/content/en-us/photos"
    async with server:
        yield stranger
