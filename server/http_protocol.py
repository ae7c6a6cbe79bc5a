"""HTTP as it is read: within bounds of its headers and its framing, and in one way alone."""

import asyncio
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.server import ServerState

from server.connections import Bounds, Connection
from server.lane import Lane, addressed, lane_of
from server.perimeter import MOST_HEADER_BYTES, MOST_HEADERS
from server.whole import Whole, written

_FRAMING: Final = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
_HEAD_END: Final = b"\r\n\r\n"
MOST_WAITING: Final = 100
"""Requests of one connection that wait for their turn: each takes some kilobytes, and a piece may hold thousands."""
_VERSIONS: Final = frozenset({"1.0", "1.1"})
_CHUNK_HEADER_BYTES: Final = 16
_NOT_AT_ONCE: Final = frozenset({b"transfer-encoding", b"expect", b"upgrade"})


class BoundedProtocol(Connection):
    """A connection that is closed when its client is too wordy, or could be read in two ways.

    The server makes the connections itself and hands nothing of ours on: what bounds them stands at the class, which
    each process sets for itself, or at one that ``bounded_protocol`` makes. A request that comes whole is shown to the
    application's lane first, which may answer it at once.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._lane: Lane | None = None if self.root_path else lane_of(self.app)
        self._header_bytes = 0
        self._header_count = 0
        self._framing: list[bytes] = []
        # What came of a body beside the body itself: sizes and extensions of chunks, trailers.
        self._framing_bytes = 0
        self._piece_bytes = 0
        self._is_parted = False
        # What came together when no request was begun.
        self._whole_request = b""
        # The body so far of a request that may be answered at once; None where it is the application's.
        self._held: bytes | None = None
        self._defaults: tuple[list[tuple[bytes, bytes]] | None, bytes] = (None, b"")

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is refused already."""
        if self._is_refused or (self._is_between and self._is_answered_again(data)):
            return
        self._whole_request = data if self._is_between else b""
        if self._is_reading_headers:
            if not self._deadline.is_set and not self._is_owing():
                self._deadline.set(self.bounds.header_timeout_s)
            self._header_bytes += len(data)
        else:
            self._framing_bytes += len(data)
        self._piece_bytes = len(data)
        super().data_received(data)
        self._is_parted = True
        held, self._held = self._held, None
        if held is not None:
            self._hand_on(held)
        # Counted here too: a name or a value that never ends is not handed on before its end.
        if self._is_reading_headers:
            is_endless = self._header_bytes > 2 * MOST_HEADER_BYTES
        else:
            is_endless = self._framing_bytes > MOST_HEADER_BYTES
        if is_endless:
            self._refuse_headers()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._is_reading_headers = True
        self._is_between = False
        self._header_count = 0
        self._framing = []
        # Of one whose parts came together, the headers are no larger than all of it.
        self._is_parted = self._piece_bytes > MOST_HEADER_BYTES

    def on_url(self, url: bytes) -> None:
        """Take a part of the URL."""
        super().on_url(url)
        if len(self.url) > MOST_HEADER_BYTES:
            self._refuse_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, as long as they are not too many; a trailer counts as one, and is never taken for one."""
        self._header_count += 1
        if self._header_count > MOST_HEADERS:
            self._refuse_headers()
            return
        if not self._is_reading_headers:
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
        if len(self.pipeline) >= MOST_WAITING:
            wanted = f"wanted at most {MOST_WAITING} requests behind one that is being answered"
            self._refuse(429, "RATE_LIMITED", wanted, {"retryAfterSeconds": 1})
            return
        self._header_bytes = self._framing_bytes = 0
        self._deadline.clear()
        if self._may_be_answered_at_once():
            self._held = b""
        else:
            if self.expect_100_continue and self.parser.get_http_version() == "1.0":
                # Such a client knows of no answer before the answer.
                self.expect_100_continue = False
            super().on_headers_complete()
        self._is_reading_headers = False

    def on_chunk_header(self) -> None:
        """Allow each chunk what it needs to say how long it is."""
        self._framing_bytes = max(0, self._framing_bytes - _CHUNK_HEADER_BYTES)

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._held is not None:
            self._held += body
        elif not self._is_refused:
            self._framing_bytes = max(0, self._framing_bytes - len(body))
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request; what follows is the next one."""
        if self._is_refused:
            return
        self._is_between = self.parser.should_keep_alive() and not self.parser.should_upgrade()
        self._is_reading_headers = True
        held, self._held = self._held, None
        if held is not None:
            whole = self._answered_at_once(held)
            if whole is not None:
                self._write(whole)
                return
            self._hand_on(held)
        self._deadline.clear()
        super().on_message_complete()
        if not self._is_between:
            # The parser reads nothing more: what would follow could wait for its answer for ever.
            self.cycle.keep_alive = False
        if self.cycle.response_complete:
            self._answered_before_it_came()

    def _answered_before_it_came(self) -> None:
        if self._is_between:
            self._silence.set(self.bounds.idle_timeout_s)
        else:
            self.transport.close()

    def _hand_on(self, held: bytes) -> None:
        """Have the application answer what was held."""
        super().on_headers_complete()
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
        return not self._is_owing() and not self.flow.write_paused

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
        names, version = self._framing, self.parser.get_http_version()
        hosts = names.count(b"host")
        if hosts != 1 and (hosts or version != "1.0"):
            return "wanted one Host header"
        if version not in _VERSIONS:
            return "wanted HTTP/1.1 or HTTP/1.0"
        is_chunked = b"transfer-encoding" in names
        if is_chunked and (version != "1.1" or not self._is_chunked_alone()):
            return "wanted no Transfer-Encoding but chunked, in HTTP/1.1"
        # The parser takes what follows an Upgrade for another protocol's: a body would be read as the next request.
        has_body = is_chunked or b"content-length" in names
        if self.parser.should_upgrade() and (has_body or self.parser.get_method() == b"CONNECT"):
            return "wanted neither CONNECT nor Upgrade with a body"
        return ""

    def _is_chunked_alone(self) -> bool:
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        return codings == [b"chunked"]

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: a stranger's header is no event, and the request is answered without the upgrade."""

    def _refuse_headers(self) -> None:
        wanted = f"wanted at most {MOST_HEADERS} headers of {MOST_HEADER_BYTES} bytes in all"
        self._refuse(431, "BAD_REQUEST", wanted)


def bounded_protocol(bounds: Bounds) -> type[asyncio.Protocol]:
    """Make the class of connections that a server with these bounds has."""
    return type("BoundedConnection", (BoundedProtocol,), {"bounds": bounds})
