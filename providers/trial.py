"""Finds out whether sending without aiohttp's session does what it should with what is installed.

That is aiohttp, whose connections are used, and httptools, which parses what comes over them.
"""

import asyncio
import gzip
import importlib
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import aiohttp
import structlog

from providers.transport import BodyTooLarge, Reply, SendFailed, Transport

_log = structlog.get_logger()

_PATIENCE_S: Final = 10.0
_SHORT_S: Final = 0.01
_LARGEST: Final = 1000
_BODY: Final = b'{"tried": true}'
_PACKED: Final = gzip.compress(_BODY)
_ANSWERS: Final = {
    b"/plain?$a=%24": b"content-length: %d\r\n\r\n%b" % (len(_BODY), _BODY),
    b"/packed": b"content-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    % (len(_PACKED), _PACKED),
    b"/large": b"content-length: 2000\r\n\r\n" + b"x" * 2000,
    b"/cut": b"content-length: 10\r\n\r\n123",
}


class Trial:
    """The verdict on a way of sending. It is found once: what is installed stays as it is while a process lives."""

    def __init__(self) -> None:
        self._flaw: str | None = None

    async def winner(self, connections: int) -> Transport | None:
        """Build the pooled transport; None where it does not work here, which a log line tells once."""
        if self._flaw is None:
            self._flaw = await flaw(connections)
            if self._flaw:
                _log.warning("transport_fell_back", reason=self._flaw, aiohttp=aiohttp.__version__)
        return None if self._flaw else _pooled(connections)


def _pooled(connections: int) -> Transport:
    # By its name, so that what aiohttp no longer has is found by the trial and does not end the start.
    build: Callable[[int], Transport] = importlib.import_module("providers.pooled").PooledTransport
    return build(connections)


async def flaw(connections: int) -> str:
    """Try the pooled transport; tell what is wrong with it, nothing where all is well."""
    # In a task, so that whatever is raised in it is the finding: nobody knows how a later aiohttp will differ.
    trying = asyncio.ensure_future(_tried(connections))
    await asyncio.wait({trying}, timeout=_PATIENCE_S)
    if not trying.done():
        trying.cancel()
        await asyncio.wait({trying}, timeout=_PATIENCE_S)
        return "it took too long"
    error = trying.exception()
    return "" if error is None else f"{type(error).__name__}: {error}"


async def _tried(connections: int) -> None:
    transport, stand_in = _pooled(connections), StandIn()
    try:
        await try_out(transport, stand_in, await stand_in.open())
    finally:
        await transport.close()
        await stand_in.close()


class StandIn:
    """A server that answers what a trial asks of it, on this machine alone."""

    def __init__(self) -> None:
        self.connections = 0
        self.heads: list[bytes] = []
        self._served: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        """Begin to listen; answer the origin."""
        self._server = await asyncio.start_server(self._begin, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop, with every connection."""
        if self._server is not None:
            self._server.close()
        for each in self._served:
            each.cancel()
        await asyncio.gather(*self._served, return_exceptions=True)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._served.add(asyncio.ensure_future(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head)
                target = head.split(b" ", 2)[1]
                if target in _ANSWERS:
                    writer.write(b"HTTP/1.1 200 OK\r\nX-Tried: yes\r\n" + _ANSWERS[target])
                if target == b"/cut":
                    break
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def try_out(transport: Transport, stand_in: StandIn, origin: str) -> None:
    """Send one call of each kind; raises where what comes back, or how it was asked for, is not as it should be."""

    async def ask(target: str, timeout_s: float = _PATIENCE_S) -> Reply:
        return await transport.send(
            "GET", origin + target, {"x-mark": "1"}, None, timeout_s=timeout_s, max_bytes=_LARGEST
        )

    for target in ("/plain?$a=%24", "/packed"):
        reply = await ask(target)
        _compare(target, (reply.status, reply.headers.get("x-tried"), reply.body), (200, "yes", _BODY))
    sent = stand_in.heads[0].lower().split(b"\r\n")
    _compare("what was sent", (sent[0], sent.count(b"x-mark: 1")), (b"get /plain?$a=%24 http/1.1", 1))
    _compare("connections for two calls", stand_in.connections, 1)
    for target, timeout_s, failure in (
        ("/large", _PATIENCE_S, BodyTooLarge),
        ("/cut", _PATIENCE_S, SendFailed),
        ("/silence", _SHORT_S, TimeoutError),
    ):
        try:
            reply = await ask(target, timeout_s)
        except failure:
            continue
        _compare(target, reply.status, failure.__name__)


def _compare(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise ValueError(f"{what}: wanted {wanted}, got {found}")
