"""aiohttp's connections without its session.

The names that are used here are not documented, though they have not changed for years: ``providers.trial`` finds out
at every start whether they still do what is expected of them.
"""

import asyncio
from functools import partial
from typing import Final

import aiohttp
import yarl
from aiohttp.client_proto import ResponseHandler

_KEEPALIVE_S: Final = 30.0


class Wire(ResponseHandler):
    """One connection, and aiohttp's parser of what comes over it.

    ``is_used`` tells whether a request was sent on it before, ``is_heard`` whether anything came back on the last one.
    """

    is_used = False
    is_heard = False
    _is_asked = False

    def ask(self, request: bytes, *, has_body: bool) -> None:
        """Send one request; ``read`` then gives the head of its answer and the stream of its body, if it has one."""
        transport = self.transport
        if transport is None or transport.is_closing():
            raise aiohttp.ServerDisconnectedError
        self._is_asked = True
        self.is_heard = False
        # A parser for each answer, as the session has it: none begins in the middle of what an earlier one left.
        self.set_response_params(skip_payload=not has_body, read_until_eof=True)
        transport.write(request)

    def rest(self) -> None:
        """Take note that the answer was read to its end."""
        self._is_asked = False
        self.is_used = True

    def data_received(self, data: bytes) -> None:
        """Parse what comes for the request that was sent."""
        # What comes to a connection that rests would be taken for the answer to the next call.
        if self.is_used and not self._is_asked:
            self.force_close()
            self.close()
            return
        self.is_heard = True
        super().data_received(data)

    def resume_reading(self, *given: bool, **named: bool) -> None:
        """Read on, where reading was paused."""
        # The stream asks for it after every read, and it wakes the parser for nothing.
        if self._reading_paused:
            super().resume_reading(*given, **named)

    def expire(self) -> None:
        """End the exchange with a TimeoutError."""
        late = TimeoutError()
        self.set_exception(late)
        if self._payload is not None:
            self._payload.set_exception(late)


def _wire(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return Wire(loop)


class Pool(aiohttp.TCPConnector):
    """aiohttp's pool of such connections; dialling, TLS and DNS are its own."""

    def __init__(self, connections: int) -> None:
        super().__init__(limit=connections, keepalive_timeout=_KEEPALIVE_S)
        self._factory = partial(_wire, self._loop)

    def destination(self, origin: str) -> aiohttp.ClientRequest:
        """Make what ``connect`` wants to be told of a request: where it goes; raises aiohttp.InvalidURL."""
        try:
            return aiohttp.ClientRequest("GET", yarl.URL(origin), loop=self._loop)
        except ValueError as error:
            raise aiohttp.InvalidURL(origin) from error

    def forget_resting(self) -> None:
        """Close every connection that no request is using."""
        for resting in self._conns.values():
            for wire, _ in resting:
                wire.close()
        self._conns.clear()
