"""An answer that goes to nobody yet."""

from typing import Final

from starlette.types import Message

from server.caching import READING, names
from server.whole import RawHeaders

_OWN: Final = frozenset({b"x-request-id", b"age", b"x-accel-expires"})
"""What is each request's own, or has changed by the next."""


class Capture:
    """Takes what an application sends: status, headers and body."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: RawHeaders = ()
        self.body = b""

    async def send(self, message: Message) -> None:
        """Take a message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = tuple(message["headers"])
        else:
            self.body += message.get("body", b"")

    def for_who_has(self, if_none_match: bytes | None, method: str) -> tuple[int, RawHeaders, bytes]:
        """Tell status, headers and body for a client that names what it has; 304 where that is this one."""
        etag = dict(self.headers).get(b"etag", b"")
        is_named = if_none_match and etag and method in READING
        if not is_named or not names(
            (if_none_match or b"").decode("latin-1"), etag.decode("latin-1"), method
        ):
            return self.status, self.headers, self.body
        return 304, tuple(header for header in self.headers if not header[0].startswith(b"content-")), b""

    @property
    def lasting_headers(self) -> RawHeaders:
        """The headers that are the next request's too."""
        return tuple(header for header in self.headers if header[0] not in _OWN)
