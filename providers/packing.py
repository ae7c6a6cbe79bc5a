"""Bodies that were made smaller on their way."""

from typing import Final, cast

from aiohttp import StreamReader
from aiohttp.http_exceptions import ContentEncodingError
from aiohttp.http_parser import DeflateBuffer

from providers.transport import BodyTooLarge, BodyUnreadable

_KNOWN: Final = frozenset({"gzip", "deflate", "br", "zstd"})


class Unpacked:
    """What aiohttp's unpacking writes into, in the place of its stream."""

    _low_water = 0
    total_compressed_bytes: int | None = None

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0

    def feed_data(self, part: bytes, size: int) -> None:
        """Take a part."""
        self.parts.append(part)
        self.size += size

    def feed_eof(self) -> None:
        """Take note that this is all."""


def unpacked(body: bytes, packing: str, max_bytes: int) -> bytes:
    """Undo a content encoding; one that is not known is left as it is.

    Raises BodyTooLarge as soon as there is too much of it, and BodyUnreadable.
    """
    packing = packing.lower()
    if packing not in _KNOWN:
        return body
    into = Unpacked()
    try:
        unpacking = DeflateBuffer(cast("StreamReader", into), packing, max_decompress_size=max_bytes + 1)
        goes_on = unpacking.feed_data(body, len(body))
        while goes_on and into.size <= max_bytes:
            goes_on = unpacking.feed_data(b"", 0)
        if into.size > max_bytes:
            raise BodyTooLarge(f"more than {max_bytes} bytes")
        unpacking.feed_eof()
    except ContentEncodingError as error:
        raise BodyUnreadable("its content encoding is broken") from error
    return into.parts[0] if len(into.parts) == 1 else b"".join(into.parts)
