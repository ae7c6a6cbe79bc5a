"""Connections: answers leave in the order of their requests, and a client's time runs while nothing is owed to it."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Final

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from server.deadline import Deadline
from server.whole import refused

# The application, where it reads the body at all, is the first to lose patience, and answers.
_MARGIN_S: Final = 1.0
# Of what waits for a client, in the time of silence that ends a connection: about a kilobyte a second by default.
_LEAST_READ_BYTES: Final = 64 * 1024


class Bounds(msgspec.Struct, frozen=True):
    """What one connection may take, and how many there may be in one process.

    Who ends its side is answered within ``half_closed_s``: who has left sounds the same, and calls that nobody waits
    for are to end. Who is refused is read for ``leaving_s``.
    """

    connections: int = 2000
    header_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    idle_timeout_s: float = 60.0
    half_closed_s: float = 0.5
    leaving_s: float = 2.0


class Connection(HttpToolsProtocol):
    """A connection that is closed when its client is slow, silent, or one too many.

    What cannot be read is refused in its turn: the answers to what came before it leave first.
    """

    bounds: ClassVar[Bounds] = Bounds()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # Whether no request is begun, and whether the next byte belongs to a head.
        self._is_between = True
        self._is_reading_headers = True
        self._is_refused = False
        self._last_words = b""
        self._is_ended = False
        # The request whose answer is the next to leave; the server's own `cycle` is the one that came last.
        self._answered: RequestResponseCycle | None = None
        self._deadline = Deadline(self.loop, self._late)
        self._silence = Deadline(self.loop, self.timeout_keep_alive_handler)
        self._leaving = Deadline(self.loop, self.timeout_keep_alive_handler)
        self._writing: asyncio.TimerHandle | None = None
        self._unread_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count the time, or refuse a connection too many."""
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            self._refuse(503, "RATE_LIMITED", "wanted fewer connections at once", {"retryAfterSeconds": 1})
            transport.close()
            return
        self._deadline.set(self.bounds.header_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time, and tell the request that is being answered."""
        self._deadline.end()
        self._leaving.end()
        self._stop_waiting_for_reader()
        if self._answered is not None and not self._answered.response_complete:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)
        self._silence.end()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer who has said all that it wanted to say; who has left sounds the same, so not for long."""
        if self.pipeline and self.pipeline[0][0].more_body:
            self.pipeline.popleft()
        if not self._is_owing() or (self._answered is not None and self._answered.more_body):
            return False
        self._is_ended = True
        self._leaving.set(self.bounds.half_closed_s)
        return True

    def on_response_complete(self) -> None:
        """Begin with the next request, or to wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._is_refused or self._is_ended:
            self._end(self._last_words)
        elif self._is_between:
            self._silence.set(self.bounds.idle_timeout_s)
        elif self._is_reading_headers:
            self._deadline.set(self.bounds.header_timeout_s)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as JSON."""
        self._refuse(400, "BAD_REQUEST", msg)

    def pause_writing(self) -> None:
        """Wait for a client that does not read what it asked for, but not for ever."""
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        """Go on writing."""
        self._stop_waiting_for_reader()
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        self._silence.clear()
        if cycle.more_body:
            # Not before its turn: until then nobody reads what its client sends.
            self._deadline.set(self.bounds.body_timeout_s + _MARGIN_S)
        if cycle.waiting_for_100_continue:
            app = partial(_answer_expecting, cycle, app)
        super()._start_asgi_task(cycle, app)

    def _is_owing(self) -> bool:
        return self._answered is not None and not self._answered.response_complete

    def _unset_keepalive_if_required(self) -> None:
        self._silence.clear()

    def _refuse(self, status: int, code: str, message: str, details: Mapping[str, int] | None = None) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._deadline.clear()
        broken = None if self._is_reading_headers else self.cycle
        if self.pipeline and self.pipeline[0][0] is broken:
            self.pipeline.popleft()
        elif broken is not None:
            # Whatever still runs for this request says and asks nothing more.
            broken.disconnected, broken.waiting_for_100_continue = True, False
            broken.message_event.set()
            self._answered = None
            self._end(b"" if broken.response_started else refused(status, code, message, details))
            return
        self._last_words = refused(status, code, message, details)
        if not self._is_owing():
            self._end(self._last_words)

    def _end(self, words: bytes) -> None:
        if not words:
            self.transport.close()
            return
        self.transport.write(words)
        # What is closed while its client still sends is torn down, and takes the last words with it.
        self.transport.write_eof()
        self.flow.resume_reading()
        self._leaving.set(self.bounds.leaving_s)

    def _wait_for_reader(self) -> None:
        self._unread_bytes = self.transport.get_write_buffer_size()
        self._writing = self.loop.call_later(self.bounds.idle_timeout_s, self._look_at_reader)

    def _look_at_reader(self) -> None:
        read_bytes = self._unread_bytes - self.transport.get_write_buffer_size()
        if read_bytes < _LEAST_READ_BYTES:
            self.transport.abort()
        else:
            self._wait_for_reader()

    def _stop_waiting_for_reader(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _late(self) -> None:
        self._refuse(408, "BAD_REQUEST", "wanted the request sooner")


async def _answer_expecting(
    cycle: RequestResponseCycle, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """End the connection where the body was never asked for: one side could take it for sent, the other not."""

    async def told(message: Message) -> None:
        is_asked_for = not cycle.waiting_for_100_continue
        if message["type"] == "http.response.start" and cycle.more_body and not is_asked_for:
            message["headers"] = [*message["headers"], (b"connection", b"close")]
        await send(message)

    await app(scope, receive, told)
