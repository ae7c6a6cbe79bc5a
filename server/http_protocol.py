"""HTTP connections that are bounded: time for headers, silence, size of headers, and how many at once."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from server.deadline import Deadline
from server.lane import Lane, addressed, lane_of
from server.perimeter import MOST_HEADER_BYTES, MOST_HEADERS
from server.whole import Whole, refused, written

# The application, where it reads the body at all, is the first to lose patience, and answers.
_MARGIN_S = 1.0
_FRAMING: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
_HEAD_END: Final = b"\r\n\r\n"
_NOT_AT_ONCE: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade"})


class Bounds(msgspec.Struct, frozen=True):
    """What one connection may take, and how many there may be in one process."""

    connections: int = 2000
    header_timeout_s: float = 10.0
    body_timeout_s: float = 10.0
    idle_timeout_s: int = 60


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when its client is slow, silent, too wordy, or one too many.

    The server makes the connections itself and hands nothing of ours on: what bounds them stands at the class, which
    each process sets for itself, or at one that ``bounded_protocol`` makes. A request that comes whole is shown to the
    application's lane first, which may answer it at once.
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
        self.timeout_keep_alive = self.bounds.idle_timeout_s
        self._lane: Lane | None = None if self.root_path else lane_of(self.app)
        self._header_bytes = 0
        self._header_count = 0
        self._framing: list[bytes] = []
        self._is_reading_headers = True
        self._is_refused = False
        self._chunk_bytes = 0
        self._is_parted = False
        # Whether no request is begun, and what came together when none was.
        self._is_between, self._whole_request = True, b""
        # The body so far of a request that may be answered at once; None where it is the application's.
        self._held: bytes | None = None
        self._defaults: tuple[list[tuple[bytes, bytes]] | None, bytes] = (None, b"")
        self._deadline = Deadline(self.loop, self._late)
        self._silence = Deadline(self.loop, self.timeout_keep_alive_handler)
        self._writing: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count the time, or refuse a connection too many."""
        super().connection_made(transport)
        if len(self.connections) > self.bounds.connections:
            self._refuse(503, "RATE_LIMITED", "wanted fewer connections at once", {"retryAfterSeconds": 1})
            return
        self._deadline.set(self.bounds.header_timeout_s)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time."""
        self._deadline.end()
        self._stop_waiting_for_reader()
        super().connection_lost(exc)
        self._silence.end()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is refused already."""
        if self._is_refused or (self._is_between and self._is_answered_again(data)):
            return
        self._whole_request = data if self._is_between else b""
        if self._is_reading_headers:
            if not self._deadline.is_set:
                self._deadline.set(self.bounds.header_timeout_s)
            self._header_bytes += len(data)
        self._chunk_bytes = len(data)
        super().data_received(data)
        self._is_parted = True
        held, self._held = self._held, None
        if held is not None:
            self._hand_on(held)
        # Counted here too: a name or a value that never ends is not handed on before its end.
        if self._is_reading_headers and self._header_bytes > 2 * MOST_HEADER_BYTES:
            self._refuse_headers()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._is_reading_headers = True
        self._is_between = False
        self._header_count = 0
        self._framing = []
        # Of one whose parts came together, the headers are no larger than all of it.
        self._is_parted = self._chunk_bytes > MOST_HEADER_BYTES

    def on_url(self, url: bytes) -> None:
        """Take a part of the URL."""
        super().on_url(url)
        if len(self.url) > MOST_HEADER_BYTES:
            self._refuse_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, as long as they are not too many."""
        self._header_count += 1
        if self._header_count > MOST_HEADERS:
            self._refuse_headers()
            return
        name = name.lower()
        if name in _FRAMING:
            self._framing.append(name)
            # Of no other header does the server want to know more than that it came.
            super().on_header(name, value)
        else:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Begin to wait for the body, and to answer."""
        if self._is_refused:
            return
        problem = self._problem()
        if problem:
            self._refuse(400, "BAD_REQUEST", problem)
            return
        self._is_reading_headers = False
        self._header_bytes = 0
        self._deadline.clear()
        if self._may_be_answered_at_once():
            self._held = b""
        else:
            self._begin()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._held is not None:
            self._held += body
        elif not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request; what follows is the next one."""
        if self._is_refused:
            return
        self._is_between = self.parser.should_keep_alive() and not self.parser.should_upgrade()
        held, self._held = self._held, None
        if held is not None:
            whole = self._answered_at_once(held)
            if whole is not None:
                self._is_reading_headers = True
                self._write(whole)
                return
            self._hand_on(held)
        self._deadline.clear()
        self._is_reading_headers = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Begin with the next request, or to wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._silence.set(self.timeout_keep_alive)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, as JSON."""
        self._refuse(400, "BAD_REQUEST", msg)

    def _unset_keepalive_if_required(self) -> None:
        self._silence.clear()

    def _begin(self) -> None:
        """Have the application answer."""
        super().on_headers_complete()
        if self.cycle is not None:
            self._deadline.set(self.bounds.body_timeout_s + _MARGIN_S)

    def _hand_on(self, held: bytes) -> None:
        """Have the application answer what was held."""
        self._begin()
        if held:
            super().on_body(held)

    def _may_be_answered_at_once(self) -> bool:
        return (
            self._lane is not None
            and self.url.startswith(self._lane.path)
            and not self._is_parted
            and self._is_free_to_write()
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
            and _NOT_AT_ONCE.isdisjoint(self._framing)
        )

    def _is_free_to_write(self) -> bool:
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and not self.pipeline and not self.flow.write_paused

    def _answered_at_once(self, body: bytes) -> Whole | None:
        assert self._lane is not None  # noqa: S101 - nothing is held without one
        request = self._whole_request
        # One alone: nothing came after its body.
        is_alone = len(request) == request.find(_HEAD_END) + len(_HEAD_END) + len(body)
        scope = addressed(self.scope, self.parser.get_method(), self.url)
        return self._lane.answer(scope, body, request if is_alone else b"")

    def _is_answered_again(self, data: bytes) -> bool:
        """Answer what is known by its bytes: the parser would read the same, and be as it was."""
        whole = self._lane.again(data) if self._lane is not None and self._is_free_to_write() else None
        if whole is not None:
            self._header_bytes = 0
            self._deadline.clear()
            self._write(whole)
        return whole is not None

    def _write(self, whole: Whole) -> None:
        # Another list each second, with another date.
        if self._defaults[0] is not self.server_state.default_headers:
            self._defaults = self.server_state.default_headers, written(self.server_state.default_headers)
        defaults = self._defaults[1]
        self.transport.write(STATUS_LINE[whole.status] + defaults + whole.lines + b"\r\n" + whole.body)
        self.on_response_complete()

    def _problem(self) -> str:
        """Tell what is wrong with headers that are whole; empty where nothing is."""
        names = self._framing
        if names.count(b"host") != 1 and self.parser.get_http_version() == "1.1":
            return "wanted one Host header"
        # The parser takes what follows an Upgrade for another protocol's: a body would be read as the next request.
        has_body = b"content-length" in names or b"transfer-encoding" in names
        if self.parser.should_upgrade() and (has_body or self.parser.get_method() == b"CONNECT"):
            return "wanted neither CONNECT nor Upgrade with a body"
        return ""

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a stranger's header is no event, and the request is answered without the upgrade."""

    def _refuse_headers(self) -> None:
        wanted = f"wanted at most {MOST_HEADERS} headers of {MOST_HEADER_BYTES} bytes in all"
        self._refuse(431, "BAD_REQUEST", wanted)

    def pause_writing(self) -> None:
        """Wait for a client that does not read what it asked for, but not for ever."""
        super().pause_writing()
        self._writing = self.loop.call_later(self.bounds.idle_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        self._stop_waiting_for_reader()
        super().resume_writing()

    def _refuse(self, status: int, code: str, message: str, details: Mapping[str, int] | None = None) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._deadline.clear()
        if self._is_answer_due():
            if self.cycle is not None:
                # Whatever still runs for this request says nothing more.
                self.cycle.disconnected = True
            self.transport.write(refused(status, code, message, details))
        self.transport.close()

    def _is_answer_due(self) -> bool:
        """Tell whether the next bytes that the client waits for are the answer to what is refused."""
        if self.cycle is None or self.cycle.response_complete:
            return self._is_reading_headers
        return not self._is_reading_headers and not self.cycle.response_started and not self.pipeline

    def _stop_waiting_for_reader(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _late(self) -> None:
        self._refuse(408, "BAD_REQUEST", "wanted the request sooner")


def bounded_protocol(bounds: Bounds) -> type[asyncio.Protocol]:
    """Make the class of connections that a server with these bounds has."""
    return type("BoundedConnection", (BoundedProtocol,), {"bounds": bounds})
