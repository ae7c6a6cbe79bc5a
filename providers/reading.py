"""One answer as it comes over the wire."""

from functools import lru_cache
from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from providers.packing import unpacked
from providers.transport import BodyTooLarge, BodyUnreadable, Reply, SendFailed

_MOST_FIELDS: Final = 128
_LONGEST_FIELD: Final = 8190
_MOST_BARE_BYTES: Final = 64 * 1024
"""How much may come that is no body: a head, trailers, or what stands between chunks."""
_INTERIM: Final = range(100, 200)
_SWITCHING: Final = 101
_NAMES_REMEMBERED: Final = 512


class Reading:
    """Parses one answer, within bounds; ``has_body`` is False where it answers HEAD.

    ``is_reusable`` tells whether its connection may carry another one, once it is whole.
    """

    __slots__ = (
        "_bare",
        "_fields",
        "_has_body",
        "_headers",
        "_is_whole",
        "_max_bytes",
        "_most_packed",
        "_parser",
        "_parts",
        "_size",
        "_status",
        "is_reusable",
    )

    def __init__(self, max_bytes: int, *, has_body: bool) -> None:
        self._max_bytes = self._most_packed = max_bytes
        self._has_body = has_body
        self._status = 0
        self._fields: list[tuple[bytes, ...]] = []
        self._headers: dict[str, str] | None = None
        self._parts: list[bytes] = []
        self._size = self._bare = 0
        self._is_whole = self.is_reusable = False
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        # What aiohttp's parser forgives too: spaces and line ends as some servers write them.
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def feed(self, data: bytes) -> bool:
        """Take what came; answer whether all is there. Raises BodyTooLarge or BodyUnreadable."""
        parser = self._parser
        if parser is None:
            raise BodyUnreadable("it is no HTTP")
        self._bare += len(data)
        held = len(self._parts)
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            # Behind a switch of protocols comes another one.
            if not self._is_whole or self._status != _SWITCHING:
                raise BodyUnreadable("it is no HTTP") from error
        if self._size > self._most_packed:
            raise BodyTooLarge(f"more than {self._max_bytes} bytes")
        if self._bare > _MOST_BARE_BYTES and not self._is_whole:
            raise BodyUnreadable("it is no HTTP")
        if len(self._parts) > held + 1:
            # A body in chunks of a few bytes would otherwise take many times its size.
            self._parts[held:] = [b"".join(self._parts[held:])]
        return self._is_whole

    def end(self, *, is_clean: bool) -> None:
        """Take note that nothing comes any more; raises SendFailed where that is too early, or may be."""
        headers = self._headers
        if headers is None:
            raise SendFailed("connection lost")
        has_end = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "").lower()
        if has_end or not is_clean:
            raise SendFailed("the answer was cut short")

    def reply(self) -> Reply:
        """Give the answer; raises BodyTooLarge or BodyUnreadable."""
        headers = self._headers or {}
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        packing = headers.get("content-encoding")
        if packing is not None and body:
            body = unpacked(body, packing, self._max_bytes)
        return Reply(status=self._status, headers=headers, body=body)

    def close(self) -> None:
        """Read no more."""
        # It holds what it calls, which holds it.
        self._parser = None

    def on_message_begin(self) -> None:
        """Be called by the parser where an answer begins; the one behind ours was not asked for."""
        if self._is_whole:
            self.is_reusable = False

    def on_header(self, *field: bytes) -> None:
        """Be called by the parser with a name and its value."""
        self._fields.append(field)

    def on_headers_complete(self) -> None:
        """Be called by the parser at the end of a head."""
        parser = self._parser
        if parser is None or self._is_whole:
            return
        self._status = parser.get_status_code()
        self._headers = self._checked()
        self.is_reusable = parser.should_keep_alive() and self._status != _SWITCHING
        if "content-encoding" in self._headers:
            # Packing makes a body that cannot be packed a little larger.
            self._most_packed = self._max_bytes + (self._max_bytes >> 8) + 1024
        if not self._has_body and not self._is_interim:
            self._is_whole = True

    def on_body(self, part: bytes) -> None:
        """Be called by the parser with a part of the body."""
        if self._is_whole:
            # The parser does not know of HEAD; behind any other answer this is the next one's.
            if not self._has_body:
                raise ValueError("a body where there is none")
            return
        self._parts.append(part)
        self._size += len(part)
        self._bare = 0

    def on_message_complete(self) -> None:
        """Be called by the parser at the end of an answer."""
        if not self._is_interim:
            self._is_whole = True
        elif not self._is_whole:
            self._headers = None
            self._fields.clear()
            self._parts.clear()
            self._size = 0

    @property
    def _is_interim(self) -> bool:
        return self._status in _INTERIM and self._status != _SWITCHING

    def _checked(self) -> dict[str, str]:
        fields = self._fields
        # No field is longer than all that came.
        if self._bare > _LONGEST_FIELD and any(len(n) + len(v) > _LONGEST_FIELD for n, v in fields):
            raise ValueError("a field is too long")
        if len(fields) > _MOST_FIELDS or b"\0" in b"".join([value for _, value in fields]):
            raise ValueError("too many fields, or a NUL in one")
        return {
            _name(name): value.rstrip(b" \t").decode("utf-8", "surrogateescape") for name, value in fields
        }


# Providers write the same few names over and over.
@lru_cache(_NAMES_REMEMBERED)
def _name(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape").lower()
