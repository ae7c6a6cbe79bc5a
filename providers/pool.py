"""aiohttp's pool of connections without its session.

The names that are used here are not documented, though they have not changed for years: ``providers.trial`` finds out
at every start whether they still do what is expected of them.
"""

import asyncio
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final, cast

import aiohttp
import yarl
from aiohttp.client_reqrep import ConnectionKey

from providers.transport import SendFailed
from providers.wire import Wire

if TYPE_CHECKING:
    from aiohttp.client_proto import ResponseHandler

_KEEPALIVE_S: Final = 30.0


class Pool(aiohttp.TCPConnector):
    """Connections of our own in aiohttp's pool; dialling, TLS and DNS are its own."""

    def __init__(self, connections: int) -> None:
        super().__init__(limit=connections, keepalive_timeout=_KEEPALIVE_S)
        self._factory = partial(_wire)
        self._dialling = aiohttp.ClientTimeout(total=None)

    def destination(self, origin: str) -> aiohttp.ClientRequest:
        """Make what the pool wants to be told of a request: where it goes; raises aiohttp.InvalidURL."""
        try:
            return aiohttp.ClientRequest("GET", yarl.URL(origin), loop=self._loop)
        except ValueError as error:
            raise aiohttp.InvalidURL(origin) from error

    def take(self, key: ConnectionKey) -> Wire | None:
        """Take a connection that rests, until it is given back; None where there is none."""
        resting = self._conns.get(key)
        oldest = monotonic() - _KEEPALIVE_S
        while resting:
            connection, since = resting.popleft()
            if connection.is_connected() and since >= oldest:
                self._acquired.add(connection)
                return cast("Wire", connection)
            connection.close()
        return None

    async def dial(self, destination: aiohttp.ClientRequest, until: float) -> Wire:
        """Take a new connection, or one that is given back meanwhile; raises TimeoutError at that time of the loop."""
        async with asyncio.timeout_at(until):
            connection = await self.connect(destination, [], self._dialling)
        wire = connection.protocol
        # The library hands it out in a shell, which it loses as it comes to rest: behind all others, which are older.
        connection.release()
        resting = self._conns.get(destination.connection_key)
        if wire is None or not resting or resting[-1][0] is not wire:
            raise SendFailed("connection lost")
        resting.pop()
        self._acquired.add(wire)
        return cast("Wire", wire)

    def give_back(self, key: ConnectionKey, wire: Wire, *, closes: bool) -> None:
        """Let the next one have it, or close it."""
        self._release(key, cast("ResponseHandler", wire), should_close=closes)

    def forget_resting(self) -> None:
        """Close every connection that no request is using."""
        for resting in self._conns.values():
            for connection, _ in resting:
                connection.close()
        self._conns.clear()


def _wire() -> "ResponseHandler":
    return cast("ResponseHandler", Wire())
