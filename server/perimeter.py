"""What every request passes, whatever it asks for: bounds of its headers, and headers that keep browsers safe."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.answers import refusal_response
from server.graphql_errors import name_and_place
from server.operations.requests import RequestRefused

MOST_HEADERS: Final = 100
MOST_HEADER_BYTES: Final = 32 * 1024

_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)

_log = structlog.get_logger()


class Perimeter:
    """Wraps the application: refuses what no route should see, and lets nothing of our inside out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        started = False

        async def safely(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                # As bytes, and all at once: Starlette's own headers are searched anew for each name.
                message["headers"].extend(safe_headers(message["headers"]))
            await send(message)

        try:
            refuse_large_headers(scope)
            await self._app(scope, receive, safely)
        except RequestRefused as refusal:
            await refusal_response(HTTPConnection(scope), refusal)(scope, receive, safely)
        except Exception as error:
            _log.error("request_failed", path=scope["path"], error=name_and_place(error))
            if started:
                raise
            unexpected = RequestRefused(
                500, "INTERNAL_SERVER_ERROR", "something went wrong here; it is logged"
            )
            await refusal_response(HTTPConnection(scope), unexpected)(scope, receive, safely)


def safe_headers(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """List the headers that keep browsers safe, but for those that an answer has of its own."""
    present = {name for name, _ in headers}
    return [each for each in _SAFE if each[0] not in present]


def refuse_large_headers(scope: Scope) -> None:
    """Raise RequestRefused where the headers are too many or too large."""
    headers = scope["headers"]
    size = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > MOST_HEADERS or size > MOST_HEADER_BYTES:
        raise RequestRefused(
            431, "BAD_REQUEST", f"wanted at most {MOST_HEADERS} headers of {MOST_HEADER_BYTES} bytes in all"
        )


async def refuse_path(request: Request, error: Exception) -> Response:
    """Answer what no route takes, as JSON."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    wanted = {404: "wanted a path that this graph has", 405: "wanted another method for this path"}
    message = wanted.get(error.status_code, str(error.detail))
    refusal = RequestRefused(error.status_code, "BAD_REQUEST", message, error.headers)
    return refusal_response(request, refusal)


ExceptionHandlers = Mapping[type[Exception], Callable[[Request, Exception], Awaitable[Response]]]
"""What Starlette calls for the exceptions of routes."""

REFUSALS: Final[ExceptionHandlers] = {HTTPException: refuse_path}
