"""The three providers as fast as a socket allows: the emulators' answers, kept as bytes.

``python -m tests.benchmarks.upstream DELAY_MS`` prints the providers' addresses as one line of JSON and serves until it
is ended. Each path is asked of the emulator once.
"""

import asyncio
import sys
from functools import partial
from typing import cast
from urllib.parse import urlsplit

import aiohttp
import msgspec
import uvloop
from yarl import URL

from providers.clubmed.emulator import create_emulator as create_clubmed
from providers.forge.emulator import create_emulator as create_forge
from providers.musement.emulator import create_emulator as create_musement

_END = b"\r\n\r\n"
_SENT = {"x-musement-application": "bench", "x-api-key": "bench", "accept": "application/json"}
_KEPT = ("content-type", "content-range", "x-total-count", "link")
COUNT = "/calls"
"""Where each of them tells how many requests it has had."""


class Answers:
    """The answers of one emulator by path."""

    def __init__(self, origin: str, session: aiohttp.ClientSession, delay_s: float) -> None:
        self.delay_s = delay_s
        self._origin = origin
        self._session = session
        self.known: dict[bytes, bytes] = {}
        self.asked = 0

    async def learn(self, path: bytes) -> bytes:
        """Ask the emulator."""
        url = URL(self._origin + path.decode(), encoded=True)
        async with self._session.get(url, headers=_SENT | {"accept-language": "en-US"}) as reply:
            body = await reply.read()
            head = [f"HTTP/1.1 {reply.status} OK", f"content-length: {len(body)}"]
            head += [f"{name}: {reply.headers[name]}" for name in _KEPT if name in reply.headers]
        answer = "\r\n".join(head).encode() + _END + body
        self.known[path] = answer
        return answer


class Canned(asyncio.Protocol):
    """One connection: GET requests without bodies, one after another."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._rest = b""
        self._learning: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports are asyncio's in all but their class.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer what has come."""
        data = self._rest + data
        while _END in data:
            head, _, data = data.partition(_END)
            path = head.split(b" ", 2)[1]
            if path.endswith(COUNT.encode()):
                told = b"%d" % self._answers.asked
                self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d" % len(told) + _END + told)
                continue
            self._answers.asked += 1
            known = self._answers.known.get(path)
            if known is not None and self._answers.delay_s:
                asyncio.get_running_loop().call_later(self._answers.delay_s, self._transport.write, known)
            elif known is not None:
                self._transport.write(known)
            else:
                task = asyncio.ensure_future(self._learn(path))
                self._learning.add(task)
                task.add_done_callback(self._learning.discard)
        self._rest = data

    async def _learn(self, path: bytes) -> None:
        self._transport.write(await self._answers.learn(path))


async def main(delay_ms: float) -> None:
    """Serve until ended."""
    loop = asyncio.get_running_loop()
    found = {}
    async with aiohttp.ClientSession() as session:
        emulators = {"musement": create_musement(), "clubmed": create_clubmed(), "forge": create_forge()}
        for name, emulator in emulators.items():
            await emulator.start()
            parts = urlsplit(emulator.url)
            answers = Answers(f"{parts.scheme}://{parts.netloc}", session, delay_ms / 1000)
            server = await loop.create_server(partial(Canned, answers), "127.0.0.1", 0)
            found[name] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{parts.path}"
        sys.stdout.write(msgspec.json.encode(found).decode() + "\n")
        sys.stdout.flush()
        await loop.create_future()


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))
