"""Sends through aiohttp's connections without its session, which takes three times as long for the same answer."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec

from providers.deadlines import Deadlines
from providers.pool import Pool, Wire
from providers.transport import CAUGHT, Reply, read_body, reason, refuse_unsendable

# What may be sent again where the first one may have arrived (RFC 9110, 9.2.2).
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_INTERIM: Final = range(100, 200)
_SWITCHING: Final = 101
_ENCODINGS: Final = aiohttp.ClientRequest.DEFAULT_HEADERS[aiohttp.hdrs.ACCEPT_ENCODING]
# A fragment stays at home.
_PARTS: Final = re.compile(r"(https?://[^/?#]+)([^#]*)")
_MOST_PEERS: Final = 16


class Peer(msgspec.Struct, frozen=True):
    """Whom requests go to, as the pool and as the ``host`` header is told."""

    destination: aiohttp.ClientRequest
    host: str


class Exchange(msgspec.Struct, frozen=True):
    """One request as bytes, and the bounds of its answer; ``until`` is a time of the event loop."""

    method: str
    peer: Peer
    request: bytes
    until: float
    dialling: aiohttp.ClientTimeout
    max_bytes: int


class Lines:
    """The connections of one event loop."""

    def __init__(self, connections: int) -> None:
        self._pool = Pool(connections)
        self._deadlines = Deadlines()
        self._peers: dict[str, Peer] = {}

    def peer(self, origin: str) -> Peer:
        """Find whom an origin names; raises aiohttp.InvalidURL."""
        known = self._peers.get(origin)
        if known is None:
            destination = self._pool.destination(origin)
            known = Peer(destination, destination.url.host_port_subcomponent or "")
            # One provider has one origin; this bounds what a mistake can cost.
            if len(self._peers) >= _MOST_PEERS:
                self._peers.clear()
            self._peers[origin] = known
        return known

    async def run(self, exchange: Exchange) -> Reply:
        """Send the request and read its answer; once more where the connection was gone before it could arrive."""
        connection = await self._pool.connect(exchange.peer.destination, [], exchange.dialling)
        wire = wire_of(connection)
        try:
            return await self._run_on(connection, wire, exchange)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # Servers close what rests without a word. An answer that has begun, or an action, is not asked for twice.
            if not wire.is_used or wire.is_heard or exchange.method not in _IDEMPOTENT:
                raise
        # The others that rest are as old: a fresh one cannot be gone.
        self._pool.forget_resting()
        async with asyncio.timeout_at(exchange.until):
            connection = await self._pool.connect(exchange.peer.destination, [], exchange.dialling)
            return await self._run_on(connection, wire_of(connection), exchange)

    async def _run_on(
        self, connection: aiohttp.connector.Connection, wire: Wire, exchange: Exchange
    ) -> Reply:
        self._deadlines.watch(wire, exchange.until)
        try:
            wire.ask(exchange.request, has_body=exchange.method != "HEAD")
            message, stream = await wire.read()
            while message.code in _INTERIM and message.code != _SWITCHING:
                message, stream = await wire.read()
            body = await read_body(stream, exchange.max_bytes)
        except BaseException:
            # Whatever has not come yet must not be there when the next one reads.
            connection.close()
            raise
        finally:
            self._deadlines.forget(wire)
        wire.rest()
        connection.release()
        names = {name.lower(): value for name, value in message.headers.items()}
        return Reply(status=message.code, headers=names, body=body)

    async def close(self) -> None:
        """Close every connection."""
        self._deadlines.close()
        await self._pool.close()


class PooledTransport:
    """Sends through connections of its own; they are made on first use, inside the running loop."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._lines: Lines | None = None
        self._dialling = aiohttp.ClientTimeout(total=None)

    async def open(self) -> None:
        """Open nothing before it is used."""

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        max_bytes: int,
    ) -> Reply:
        """Send and read the whole answer, counting the body while it is read."""
        if self._lines is None:
            self._lines = Lines(self._connections)
        try:
            origin, target = parted(url)
            peer = self._lines.peer(origin)
            exchange = Exchange(
                method=method,
                peer=peer,
                request=request_bytes(method, target, peer.host, headers, body),
                until=asyncio.get_running_loop().time() + timeout_s,
                dialling=self._bounded(timeout_s),
                max_bytes=max_bytes,
            )
            return await self._lines.run(exchange)
        except TimeoutError:
            raise
        except CAUGHT as error:
            raise reason(error) from error

    async def close(self) -> None:
        """Close every connection; the transport makes new ones if it is used again."""
        if self._lines is not None:
            await self._lines.close()
            self._lines = None

    def _bounded(self, timeout_s: float) -> aiohttp.ClientTimeout:
        if self._dialling.connect != timeout_s:
            # aiohttp rounds what is longer than its threshold up to whole seconds.
            self._dialling = aiohttp.ClientTimeout(total=None, connect=timeout_s, ceil_threshold=timeout_s)
        return self._dialling


def wire_of(connection: aiohttp.connector.Connection) -> Wire:
    """Take the wire of a connection that the pool gave."""
    wire = connection.protocol
    if not isinstance(wire, Wire):
        raise TypeError("aiohttp's connector gave another connection than it was told to make")
    return wire


def parted(url: str) -> tuple[str, str]:
    """Split a URL into its origin and what the request line names; raises aiohttp.InvalidURL or ValueError."""
    refuse_unsendable(url)
    found = _PARTS.match(url)
    if found is None:
        raise aiohttp.InvalidURL(url)
    origin, target = found.groups()
    return origin, target if target.startswith("/") else f"/{target}"


def request_bytes(
    method: str, target: str, host: str, headers: Mapping[str, str], body: bytes | None
) -> bytes:
    """Write a request; raises ValueError for a header that would become two."""
    lines = [f"{method} {target} HTTP/1.1", f"host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if "accept-encoding" not in headers:
        lines.append(f"accept-encoding: {_ENCODINGS}")
    if body is not None:
        lines.append(f"content-length: {len(body)}")
    head = "\r\n".join(lines)
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1 or "\0" in head:
        raise ValueError("wanted headers without line breaks")
    return f"{head}\r\n\r\n".encode() + (body or b"")
