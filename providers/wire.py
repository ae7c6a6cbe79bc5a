"""One connection to a provider."""

import asyncio
import ssl
from typing import Protocol, cast

from providers.reading import Reading
from providers.transport import BodyTooLarge, BodyUnreadable, Reply, SendFailed


class Awaited(Protocol):
    """An answer that is waited for: a future, or what stands in its place."""

    def done(self) -> bool:
        """Tell whether it is not waited for any more."""
        ...

    def set_result(self, reply: Reply, /) -> None:
        """Take it."""
        ...

    def set_exception(self, failure: Exception, /) -> None:
        """Take the reason why it does not come."""
        ...


class Wire(asyncio.Protocol):
    """Sends one request at a time, and reads its answer.

    ``is_used`` tells whether a request was answered on it before, ``is_heard`` whether anything came back on the last
    one. The rest of what is public is what aiohttp's pool wants of a connection.
    """

    __slots__ = (
        "_answer",
        "_closed",
        "_is_ended",
        "_is_lost",
        "_is_sent",
        "_reading",
        "is_heard",
        "is_used",
        "should_close",
        "transport",
    )

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.is_used = self.is_heard = self.should_close = False
        self._is_ended = self._is_lost = self._is_sent = False
        self._reading: Reading | None = None
        self._answer: Awaited | None = None
        self._closed: asyncio.Future[None] | None = None

    def ask(self, request: bytes, max_bytes: int, *, has_body: bool) -> "asyncio.Future[Reply]":
        """Send one request. The answer raises SendFailed, BodyTooLarge or BodyUnreadable."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.expect(answer, max_bytes, has_body=has_body)
        self.write(request)
        return answer

    def expect(self, answer: Awaited, max_bytes: int, *, has_body: bool) -> None:
        """Expect the answer to a request, which is to be written next; raises SendFailed where it is closed."""
        transport = self.transport
        self._is_sent = False
        self.is_heard = False
        if transport is None or transport.is_closing():
            raise SendFailed("connection lost")
        # One for each answer: none begins in the middle of what an earlier one left.
        self._reading = Reading(max_bytes, has_body=has_body)
        self._answer = answer

    def write(self, request: bytes) -> None:
        """Write the request whose answer is expected; nothing where the connection was closed meanwhile."""
        self._is_sent = True
        if self.transport is not None:
            self.transport.write(request)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports are asyncio's in all but their class.
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Read what comes for the request that was sent."""
        reading = self._reading
        # What comes when nothing was asked would be taken for the answer to the next call.
        if reading is None or not self._is_sent:
            self._fail(SendFailed("connection lost"))
            return
        self.is_heard = True
        try:
            if reading.feed(data):
                self._settle(reading)
        except (BodyTooLarge, BodyUnreadable) as failure:
            self._fail(failure)

    def eof_received(self) -> None:
        """Take note whether the other side has ended what it says, within its encryption where there is one."""
        encryption = None if self.transport is None else self.transport.get_extra_info("ssl_object")
        self._is_ended = encryption is None or _is_ended(encryption)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the answer, which is whole where nothing else was to tell its end, and the end was a clean one."""
        is_clean = self._is_ended and exc is None
        self.transport = None
        self.should_close = self._is_lost = True
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
        reading = self._reading
        if reading is None:
            return
        try:
            reading.end(is_clean=is_clean)
            self._settle(reading)
        except (SendFailed, BodyTooLarge, BodyUnreadable) as failure:
            self._fail(failure)

    def expire(self) -> None:
        """End the exchange with a TimeoutError."""
        self._fail(TimeoutError())

    def is_connected(self) -> bool:
        """Tell whether a request can be sent."""
        return self.transport is not None and not self.transport.is_closing()

    def close(self) -> None:
        """End the connection, when what was written has left."""
        transport, self.transport = self.transport, None
        self.should_close = True
        if transport is not None:
            transport.close()

    def abort(self) -> None:
        """End the connection at once."""
        transport, self.transport = self.transport, None
        self.should_close = True
        if transport is not None:
            transport.abort()

    @property
    def closed(self) -> "asyncio.Future[None] | None":
        """Done when the connection has ended; None where it has."""
        if self._closed is None and not self._is_lost:
            self._closed = asyncio.get_running_loop().create_future()
        return self._closed

    def _settle(self, reading: Reading) -> None:
        reply = reading.reply()
        self.is_used = True
        if not reading.is_reusable:
            self.should_close = True
        answer = self._end()
        if answer is not None:
            answer.set_result(reply)

    def _fail(self, failure: Exception) -> None:
        # Whatever has not come yet must not be there when the next one reads.
        self.close()
        answer = self._end()
        if answer is not None:
            answer.set_exception(failure)

    def _end(self) -> Awaited | None:
        if self._reading is not None:
            self._reading.close()
            self._reading = None
        answer, self._answer = self._answer, None
        return None if answer is None or answer.done() else answer


def _is_ended(encryption: ssl.SSLObject) -> bool:
    # The event loop takes the end of the connection below for an end of the encryption, which anyone on the way can
    # feign. Where it was ended indeed, reading gives nothing instead of asking for more.
    try:
        return not encryption.read(1)
    except ssl.SSLError:
        return False
