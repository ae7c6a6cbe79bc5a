"""The one place that sends: method, URL and headers in; status, headers and bytes out.

Retry, login, limits and tracing live above this seam, so that another way of sending can take its place.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, Protocol, runtime_checkable

import aiohttp
import msgspec
import yarl


class Reply(msgspec.Struct, frozen=True):
    """What came over the wire. Header names are in lower case; the body is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class SendFailed(Exception):
    """The connection could not be made, was reset, or ended before the answer did."""


class NeverArrived(SendFailed):
    """The connection was gone before the request could arrive: it was not sent, as far as anyone knows."""


class CertificateRefused(SendFailed):
    """The provider's certificate is not trusted."""


class BodyTooLarge(Exception):
    """The answer's body, counted after decompression, is larger than allowed."""


class BodyUnreadable(Exception):
    """The answer is no HTTP, or its content encoding is broken."""


Leaves = Callable[[], object]
"""Is called where a request had to wait for a connection, right before it is written; what it raises is raised."""


class Transport(Protocol):
    """A way to send one HTTP request.

    ``send`` raises TimeoutError after ``timeout_s``, and SendFailed, BodyTooLarge or BodyUnreadable; it follows no
    redirect, stores no cookie, and leaves the URL's bytes as they are. What could not be sent without becoming another
    request (a control character or a space in the URL, a line break in a header) is a ValueError. A way that cannot
    tell when it has to connect does not call ``leaves``.
    """

    async def open(self) -> None:
        """Get ready; sending works without it too."""
        ...

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        max_bytes: int,
        leaves: Leaves | None = None,
    ) -> Reply:
        """Send and read the whole answer."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class Told(Protocol):
    """Who is told, once, what came of a request."""

    def received(self, reply: Reply) -> None:
        """Take the answer."""
        ...

    def failed(self, failure: Exception) -> None:
        """Take the reason why there is none: what ``send`` would raise, or NeverArrived."""
        ...


class Exchange(Protocol):
    """A request that was sent, and whose answer has not come."""

    def cancel(self) -> None:
        """Want no answer any more: nobody is told."""
        ...


@runtime_checkable
class PromptTransport(Transport, Protocol):
    """A way that can also send in the step that asks for it, and tell of the answer in the step that reads it."""

    def begin(
        self, url: str, headers: Mapping[str, str], told: Told, *, timeout_s: float, max_bytes: int
    ) -> Exchange | None:
        """Send a GET; None, and nothing sent, where that would have to wait for anything."""
        ...


CAUGHT: Final = (aiohttp.ClientError, OSError, aiohttp.http_exceptions.HttpProcessingError)
"""What aiohttp raises for an answer that does not come; ``reason`` names it."""

_UNSENDABLE = re.compile(r"[\x00-\x20\x7f]")


class SessionTransport:
    """Sends through one ``aiohttp.ClientSession``; made on first use, inside the running loop."""

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # A pool smaller than the calls in flight would be the first wall:
                # 128 connections at 20 ms stop at 6,400 calls a second.
                connector=aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=30),
                # No provider documents a cookie, and one that is kept would tie the calls of strangers together.
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
                auto_decompress=True,
                requote_redirect_url=False,
            )
        return self._session

    async def open(self) -> None:
        """Open nothing before it is used."""

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        max_bytes: int,
        leaves: Leaves | None = None,
    ) -> Reply:
        """Send and read the whole answer, counting the body while it is read."""
        del leaves
        refuse_unsendable(url)
        try:
            async with self._opened().request(
                method,
                # As it is: yarl would else normalise dots and quoting,
                # and the path that was checked would not be the one sent.
                yarl.URL(url, encoded=True),
                headers=headers,
                data=body,
                # A redirect would carry our credentials to whatever host it names; none of the providers documents one.
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                content = await read_body(response.content, max_bytes)
                names = {name.lower(): value for name, value in response.headers.items()}
                return Reply(status=response.status, headers=names, body=content)
        except TimeoutError:
            raise
        except CAUGHT as error:
            raise reason(error) from error

    async def close(self) -> None:
        """Close every connection; the transport opens a new session if it is used again."""
        if self._session is not None:
            await self._session.close()
            self._session = None


_NO_HTTP: Final = (
    aiohttp.ClientResponseError,
    aiohttp.InvalidURL,
    aiohttp.http_exceptions.HttpProcessingError,
)
_WORDS: Mapping[type[Exception], str] = {
    aiohttp.ClientConnectorDNSError: "its name is not known",
    aiohttp.ClientConnectorError: "connection refused",
    aiohttp.ClientPayloadError: "the answer was cut short",
}


def refuse_unsendable(url: str) -> None:
    """Raise ValueError for a URL that would end the request line early."""
    if _UNSENDABLE.search(url):
        raise ValueError("wanted a URL without spaces and control characters")


def reason(error: Exception) -> Exception:
    """Name what was caught as one of the failures of this module."""
    encoding = aiohttp.http_exceptions.ContentEncodingError
    if isinstance(error, encoding) or isinstance(error.__cause__, encoding):
        return BodyUnreadable("its content encoding is broken")
    if isinstance(error, _NO_HTTP):
        return BodyUnreadable("it is no HTTP")
    if isinstance(error, (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError)):
        return CertificateRefused("its certificate is not trusted")
    words = (words for kind, words in _WORDS.items() if isinstance(error, kind))
    return SendFailed(next(words, "connection lost"))


async def read_body(stream: aiohttp.StreamReader, max_bytes: int) -> bytes:
    """Read a body to its end; raises BodyTooLarge as soon as there is too much of it."""
    parts: list[bytes] = []
    size = 0
    while not stream.at_eof():
        part = await stream.readany()
        size += len(part)
        if size > max_bytes:
            raise BodyTooLarge(f"more than {max_bytes} bytes")
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
