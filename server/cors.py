"""Which pages of other origins may read answers."""

from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALLOWED_HEADERS = (
    "accept, accept-language, authorization, content-type, x-api-key, x-request-id, x-mediagraph-explain, "
    "apollographql-client-name, apollographql-client-version, apollo-require-preflight, traceparent, tracestate"
)
_EXPOSED = "age, etag, retry-after, x-request-id"
_REMEMBERED_S = "7200"


class CrossOrigin:
    """Tells browsers which origins may read; without origins none may. No cookie counts, whatever the origin."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or name the origin in the answer."""
        if not self._origins or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = Headers(scope=scope).get("origin")
        allowed = self._allowed(origin)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if allowed:
                    headers["access-control-allow-origin"] = allowed
                    headers["access-control-expose-headers"] = _EXPOSED
            await send(message)

        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            await _answer_preflight(named, is_allowed=allowed is not None)
            return
        await self._app(scope, receive, named)

    def _allowed(self, origin: str | None) -> str | None:
        if origin is None:
            return None
        if "*" in self._origins:
            return "*"
        return origin if origin.lower() in self._origins else None


async def _answer_preflight(send: Send, *, is_allowed: bool) -> None:
    start: Message = {"type": "http.response.start", "status": 204 if is_allowed else 403, "headers": []}
    if is_allowed:
        headers = MutableHeaders(scope=start)
        headers["access-control-allow-methods"] = "GET, HEAD, POST"
        headers["access-control-allow-headers"] = _ALLOWED_HEADERS
        headers["access-control-max-age"] = _REMEMBERED_S
    await send(start)
    await send({"type": "http.response.body", "body": b""})
