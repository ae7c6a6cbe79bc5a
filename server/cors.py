"""Which pages of other origins may read answers."""

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.reading import PREFLIGHT_HEADERS
from server.whole import RawHeaders

_ALLOWED_HEADERS = ", ".join(
    (
        "accept, accept-language, authorization, content-type, x-api-key, x-request-id, x-mediagraph-explain",
        "apollographql-client-name, apollographql-client-version, traceparent, tracestate",
        *PREFLIGHT_HEADERS,
    )
)
_EXPOSED = "age, etag, retry-after, x-request-id"
_REMEMBERED_S = "7200"


class Origins:
    """The origins whose pages may read; ``*`` means all. No cookie counts, whatever the origin."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = frozenset(origins)

    def __bool__(self) -> bool:
        """Tell whether any may."""
        return bool(self._origins)

    def allowed(self, origin: str | None) -> str | None:
        """Write whom an answer may be read by, for a request of an origin; None where it may not."""
        if origin is None:
            return None
        if "*" in self._origins:
            return "*"
        return origin if origin.lower() in self._origins else None

    def told(self, headers: RawHeaders, origin: bytes | None) -> tuple[RawHeaders, RawHeaders]:
        """Let an answer's headers say that it varies by origin; also return what is told to a request's own."""
        if not self._origins:
            return headers, ()
        allowed = self.allowed(None if origin is None else origin.decode("latin-1"))
        return _varied(headers), () if allowed is None else _opened(allowed)


class CrossOrigin:
    """Tells browsers which origins may read; without origins none may."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or name the origin in the answer."""
        if not self._origins or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                varied, opened = self._origins.told(tuple(message["headers"]), origin)
                message["headers"] = [*varied, *opened]
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            is_allowed = self._origins.told((), origin)[1] != ()
            await _answer_preflight(named, is_allowed=is_allowed)
            return
        await self._app(scope, receive, named)


def _varied(headers: RawHeaders) -> RawHeaders:
    place = next((index for index, (name, _) in enumerate(headers) if name == b"vary"), None)
    if place is None:
        return (*headers, (b"vary", b"Origin"))
    return (*headers[:place], (b"vary", headers[place][1] + b", Origin"), *headers[place + 1 :])


def _opened(allowed: str) -> RawHeaders:
    return (
        (b"access-control-allow-origin", allowed.encode("latin-1")),
        (b"access-control-expose-headers", _EXPOSED.encode()),
    )


async def _answer_preflight(send: Send, *, is_allowed: bool) -> None:
    start: Message = {"type": "http.response.start", "status": 204 if is_allowed else 403, "headers": []}
    if is_allowed:
        headers = MutableHeaders(scope=start)
        headers["access-control-allow-methods"] = "GET, HEAD, POST"
        headers["access-control-allow-headers"] = _ALLOWED_HEADERS
        headers["access-control-max-age"] = _REMEMBERED_S
    await send(start)
    await send({"type": "http.response.body", "body": b""})
