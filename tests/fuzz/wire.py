"""HTTP as bytes: what no client library would let out, and the answer as it came."""

import io
import socket
from collections.abc import Iterable, Mapping
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

import msgspec

# Far more than any answer takes: what is longer hangs.
_PATIENCE_S = 20.0
JSON = {b"content-type": b"application/json"}


class Answer(msgspec.Struct, frozen=True):
    """What came back, header names in lower case; status 0 where the connection was closed without a word."""

    status: int
    headers: dict[str, str]
    body: bytes


CLOSED = Answer(0, {}, b"")


class Wire:
    """Connections to one server, each for one request."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        self._address = (parts.hostname or "", parts.port or 0)

    def post(self, body: bytes, headers: Mapping[bytes, bytes] = JSON) -> Answer:
        """Send a body by POST, its length told truly."""
        return self.request(b"POST", b"/graphql", headers, body)

    def request(
        self, method: bytes, target: bytes, headers: Mapping[bytes, bytes], body: bytes = b""
    ) -> Answer:
        """Send one request, whatever stands in it."""
        lines = [b"%s %s HTTP/1.1" % (method, target), b"host: here", b"content-length: %d" % len(body)]
        lines += [b"%s: %s" % each for each in headers.items()]
        return self.exchange([b"\r\n".join(lines) + b"\r\n\r\n" + body], method)

    def exchange(self, pieces: Iterable[bytes], method: bytes = b"POST") -> Answer:
        """Send pieces one by one, and read the first answer; raises TimeoutError where none comes."""
        with self._connected() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A request that is refused before its end has its answer all the same.
            with suppress(ConnectionError):
                for piece in pieces:
                    connection.sendall(piece)
            with connection.makefile("rb") as stream:
                return _parsed(stream, method)

    def answers(self, sent: bytes) -> list[Answer]:
        """Send all at once, and read every answer until the server closes; raises TimeoutError where it does not."""
        with self._connected() as connection:
            connection.sendall(sent)
            received = b""
            while part := connection.recv(65_536):
                received += part
        stream, found = io.BytesIO(received), []
        while stream.tell() < len(received):
            found.append(_parsed(stream, b"POST"))
        return found

    def _connected(self) -> socket.socket:
        return socket.create_connection(self._address, timeout=_PATIENCE_S)


class _Stream:
    """What a response takes for a socket: it is read to the end of one answer, and stays open for the next."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def makefile(self, *_: object) -> "_Stream":
        return self

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def close(self) -> None:
        """Leave it open."""

    def flush(self) -> None:
        """Have nothing to write."""


def _parsed(stream: io.BufferedIOBase, method: bytes) -> Answer:
    response = HTTPResponse(_Stream(stream), method=method.decode("latin-1"))  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read()
    except (HTTPException, ConnectionError):
        return CLOSED
    return Answer(response.status, {name.lower(): text for name, text in response.headers.items()}, body)
