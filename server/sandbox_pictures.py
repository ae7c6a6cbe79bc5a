"""The sandbox's pictures and videos under the graph's own origin."""

import asyncio
from urllib.parse import unquote

import aiohttp
import yarl
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from server.answers import refusal_response
from server.operations.requests import RequestRefused

_PREFIXES = ("/sandbox/images/", "/sandbox/videos/")
_ASKED = ("accept", "range", "if-none-match")
_ANSWERED = (
    *("content-type", "content-length", "content-range", "accept-ranges"),
    *("cache-control", "etag", "last-modified", "vary"),
)
_LONGEST_TARGET = 2000
# The sandbox draws two at a time: more would only wait there with their connections.
_AT_ONCE = 32
_PART_BYTES = 64 * 1024
_TIME = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=30)


def sandbox_routes(images_url: str | None) -> list[Route]:
    """Return the routes of the sandbox's pictures and videos; without a sandbox they answer 404.

    ``images_url`` is the origin of the sandbox process. Method, path and query go there as they came, of the
    headers only those that choose a representation.
    """
    pictures = Pictures(images_url)
    return [Route(f"{prefix}{{path:path}}", pictures, methods=["GET", "HEAD"]) for prefix in _PREFIXES]


class Pictures:
    """An ASGI application that streams from the sandbox process, a bounded number of answers at once."""

    def __init__(self, origin: str | None) -> None:
        self._origin = origin
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one picture or video."""
        request = Request(scope)
        target = sandbox_target(request)
        if self._origin is None:
            wanted = "There is no sandbox here: its pictures exist only while it runs."
            await refusal(request, 404, "BAD_REQUEST", wanted)(scope, receive, send)
        elif target is None:
            answer = refusal(request, 404, "BAD_REQUEST", "The sandbox has no such picture.")
            await answer(scope, receive, send)
        else:
            # Held until the last byte is sent, whoever goes away in between.
            async with self._slots, aiohttp.ClientSession(auto_decompress=False, timeout=_TIME) as session:
                picture = await streamed(session, request, f"{self._origin}{target}")
                await picture(scope, receive, send)


async def streamed(session: aiohttp.ClientSession, request: Request, url: str) -> Response:
    """Ask the sandbox and answer what it answers, part by part; lasts as long as the session."""
    try:
        reply = await session.request(
            request.method,
            # As it came: yarl would decode and encode it in its own way.
            yarl.URL(url, encoded=True),
            headers={name: request.headers[name] for name in _ASKED if name in request.headers},
            allow_redirects=False,
            # Pictures are compressed already, and what comes is passed on unread.
            skip_auto_headers=("Accept-Encoding", "User-Agent"),
        )
    except (aiohttp.ClientError, TimeoutError):
        return refusal(request, 502, "UPSTREAM_UNAVAILABLE", "The sandbox does not answer.")
    headers = {name: reply.headers[name] for name in _ANSWERED if name in reply.headers}
    headers["x-content-type-options"] = "nosniff"
    return StreamingResponse(reply.content.iter_chunked(_PART_BYTES), reply.status, headers)


def sandbox_target(request: Request) -> str | None:
    """Return the raw path and query of a picture; None for what could leave the pictures' folders."""
    raw = request.scope["raw_path"].decode("latin-1")
    query = request.scope["query_string"].decode("latin-1")
    target = f"{raw}?{query}" if query else raw
    segments = unquote(raw).replace("\\", "/").split("/")
    escapes = "." in segments or ".." in segments
    is_plain = target.isascii() and len(target) <= _LONGEST_TARGET
    return target if raw.startswith(_PREFIXES) and is_plain and not escapes else None


def refusal(request: Request, status: int, code: str, message: str) -> Response:
    """Say in the graph's error form why there is no picture."""
    return refusal_response(request, RequestRefused(status, code, message))
