"""Sends over connections of its own, which aiohttp dials and keeps: its session takes three times as long."""

import asyncio
import re
from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec
from aiohttp.client_reqrep import ConnectionKey

from providers.deadlines import Deadlines
from providers.exchange import PooledExchange
from providers.outbox import Outbox
from providers.pool import Pool
from providers.transport import CAUGHT, Leaves, Reply, SendFailed, Told, reason, refuse_unsendable
from providers.wire import Wire

# What may be sent again where the first one may have arrived (RFC 9110, 9.2.2).
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
_ENCODINGS: Final = aiohttp.ClientRequest.DEFAULT_HEADERS[aiohttp.hdrs.ACCEPT_ENCODING]
# A fragment stays at home.
_PARTS: Final = re.compile(r"(https?://[^/?#]+)([^#]*)")
_LONGEST_SCHEME: Final = len("https://")
_MOST_PEERS: Final = 16
_MOST_HEADS: Final = 64


class Peer(msgspec.Struct, frozen=True):
    """Whom requests go to, as the pool and as the ``host`` header is told; ``heads`` are those written lately."""

    destination: aiohttp.ClientRequest
    key: ConnectionKey
    host: str
    heads: dict[tuple[tuple[str, str], ...], bytes] = {}

    def head(self, headers: Mapping[str, str]) -> bytes:
        """Write the headers of a request; raises ValueError for one that would become two."""
        key = tuple(headers.items())
        known = self.heads.get(key)
        if known is None:
            known = head_bytes(self.host, headers)
            if len(self.heads) >= _MOST_HEADS:
                self.heads.clear()
            self.heads[key] = known
        return known


class Lines:
    """The connections of one event loop."""

    def __init__(self, connections: int) -> None:
        self._pool = Pool(connections)
        self._deadlines = Deadlines()
        self._outbox = Outbox()
        self._peers: dict[str, Peer] = {}
        self.time = asyncio.get_running_loop().time

    def addressed(self, url: str) -> tuple[Peer, str]:
        """Split a URL into whom it names and what the request line says; raises ValueError or aiohttp.InvalidURL."""
        if not url.isprintable() or " " in url:
            refuse_unsendable(url)
        cut = url.find("/", _LONGEST_SCHEME)
        peer = self._peers.get(url[:cut]) if cut > 0 else None
        if peer is not None and "#" not in url:
            return peer, url[cut:]
        origin, target = parted(url)
        return self._peer(origin), target

    def begin(
        self, peer: Peer, request: bytes, until: float, max_bytes: int, told: Told
    ) -> PooledExchange | None:
        """Send a request on a connection that rests; None where there is none."""
        wire = self._pool.take(peer.key)
        if wire is None:
            return None
        exchange = PooledExchange(self._pool, self._deadlines, peer.key, wire, told)
        return exchange if exchange.begin(request, until, max_bytes, self._outbox) else None

    async def run(
        self,
        peer: Peer,
        method: str,
        request: bytes,
        until: float,
        max_bytes: int,
        leaves: Leaves | None = None,
    ) -> Reply:
        """Send the request and read its answer; once more where the connection was gone before it could arrive."""
        wire = self._pool.take(peer.key)
        if wire is None:
            wire = await self._dialled(peer, until, leaves)
        try:
            return await self._run_on(wire, peer, method, request, until, max_bytes)
        except SendFailed:
            # Servers close what rests without a word. An answer that has begun, or an action, is not asked for twice.
            if not wire.is_used or wire.is_heard or method not in _IDEMPOTENT:
                raise
        # The others that rest are as old: a fresh one cannot be gone.
        self._pool.forget_resting()
        wire = await self._dialled(peer, until, leaves)
        return await self._run_on(wire, peer, method, request, until, max_bytes)

    async def close(self) -> None:
        """Close every connection."""
        self._deadlines.close()
        await self._pool.close()

    async def _dialled(self, peer: Peer, until: float, leaves: Leaves | None) -> Wire:
        wire = await self._pool.dial(peer.destination, until)
        try:
            if leaves is not None:
                leaves()
        except BaseException:
            # It is as good for another one.
            self._pool.give_back(peer.key, wire, closes=False)
            raise
        return wire

    async def _run_on(
        self, wire: Wire, peer: Peer, method: str, request: bytes, until: float, max_bytes: int
    ) -> Reply:
        self._deadlines.watch(wire, until)
        closes = True
        try:
            reply = await wire.ask(request, max_bytes, has_body=method != "HEAD")
            closes = wire.should_close
        finally:
            self._deadlines.forget(wire)
            self._pool.give_back(peer.key, wire, closes=closes)
        return reply

    def _peer(self, origin: str) -> Peer:
        known = self._peers.get(origin)
        if known is None:
            destination = self._pool.destination(origin)
            known = Peer(
                destination, destination.connection_key, destination.url.host_port_subcomponent or ""
            )
            # One provider has one origin; this bounds what a mistake can cost.
            if len(self._peers) >= _MOST_PEERS:
                self._peers.clear()
            self._peers[origin] = known
        return known


class PooledTransport:
    """Sends through connections of its own; they are made on first use, inside the running loop."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._lines: Lines | None = None

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
        leaves: Leaves | None = None,
    ) -> Reply:
        """Send and read the whole answer, counting the body while it is read."""
        lines = self._lines
        if lines is None:
            lines = self._lines = Lines(self._connections)
        try:
            peer, target = lines.addressed(url)
            request = request_bytes(method, target, peer.head(headers), body)
            return await lines.run(peer, method, request, lines.time() + timeout_s, max_bytes, leaves)
        except TimeoutError:
            raise
        except CAUGHT as error:
            raise reason(error) from error

    def begin(
        self, url: str, headers: Mapping[str, str], told: Told, *, timeout_s: float, max_bytes: int
    ) -> PooledExchange | None:
        """Send a GET in this step; None where that would have to wait, or cannot be sent at all."""
        lines = self._lines
        if lines is None:
            return None
        # What cannot be sent at all is refused by the ordinary way, in the words of the contract.
        try:
            peer, target = lines.addressed(url)
            request = request_bytes("GET", target, peer.head(headers), None)
        except (ValueError, aiohttp.InvalidURL):
            return None
        return lines.begin(peer, request, lines.time() + timeout_s, max_bytes, told)

    async def close(self) -> None:
        """Close every connection; the transport makes new ones if it is used again."""
        if self._lines is not None:
            await self._lines.close()
            self._lines = None


def parted(url: str) -> tuple[str, str]:
    """Split a URL into its origin and what the request line names; raises aiohttp.InvalidURL."""
    found = _PARTS.match(url)
    if found is None:
        raise aiohttp.InvalidURL(url)
    origin, target = found.groups()
    return origin, target if target.startswith("/") else f"/{target}"


def head_bytes(host: str, headers: Mapping[str, str]) -> bytes:
    """Write headers, from the host to the last that every request has; raises ValueError for one that would be two."""
    lines = [f"host: {host}", *[f"{name}: {value}" for name, value in headers.items()]]
    if "accept-encoding" not in headers:
        lines.append(f"accept-encoding: {_ENCODINGS}")
    head = "\r\n".join(lines)
    if head.count("\r") != len(lines) - 1 or head.count("\n") != len(lines) - 1 or "\0" in head:
        raise ValueError("wanted headers without line breaks")
    return f"{head}\r\n".encode()


def request_bytes(method: str, target: str, head: bytes, body: bytes | None) -> bytes:
    """Write a request; raises ValueError for a method that is none."""
    if not method.isalpha():
        raise ValueError("wanted a method of letters")
    line = f"{method} {target} HTTP/1.1\r\n".encode()
    if body is None:
        return line + head + b"\r\n"
    return line + head + b"content-length: %d\r\n\r\n" % len(body) + body
