"""A server that says, connection by connection, exactly the bytes that a test gives it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise

END = b"END"
"""In a script: the connection ends right after what was said before."""
DROP = b"DROP"
"""In a script: a request is read, and the connection ends without a word."""


def answer(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    """Write an answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Scripted:
    """Answers the requests of its n-th connection with the n-th script, one entry a request; then waits.

    ``asked`` is released once a request.
    """

    def __init__(self, scripts: Sequence[Sequence[bytes]]) -> None:
        self._scripts = scripts
        self.heads: list[list[bytes]] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.left = asyncio.Event()
        self.asked = asyncio.Semaphore(0)
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads: list[bytes] = []
        script = self._scripts[len(self.heads)]
        self.heads.append(heads)
        self.writers.append(writer)
        try:
            for said, following in pairwise([*script, b""]):
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                self.asked.release()
                if said == DROP:
                    return
                writer.write(said)
                if following == END:
                    return
            await reader.read()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.left.set()
            writer.close()


@asynccontextmanager
async def scripted(*scripts: Sequence[bytes]) -> AsyncIterator[Scripted]:
    """Run such a server."""
    stand_in = Scripted(scripts)
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", 0)
    stand_in.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield stand_in
    finally:
        server.close()
        for writer in stand_in.writers:
            writer.close()
        await server.wait_closed()
