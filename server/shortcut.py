"""The way of most requests, past the router."""

from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PATH: Final = "/graphql"
_LISTS: Final = frozenset({"accept", "accept-encoding", "accept-language", "if-none-match"})


class KnownHeaders(Headers):
    """Headers by name: a request is asked for a dozen of them, and Starlette's own looks through all for each.

    A list that comes in several lines is one list (RFC 9110, 5.3); of all else that comes twice the first counts.
    """

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        super().__init__(raw=raw)
        self._known = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(raw)}
        if len(self._known) < len(raw):
            self._known |= {name: ", ".join(self.getlist(name)) for name in _LISTS & self._known.keys()}

    def __getitem__(self, key: str) -> str:
        return self._known[key.lower()]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.lower() in self._known


class KnownRequest(Request):
    """A request whose headers are read once."""

    @cached_property
    def headers(self) -> Headers:
        """The headers."""
        return KnownHeaders(self.scope["headers"])


class Shortcut:
    """Wraps the router: what is sent to GraphQL by POST is answered here, all else by the application."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request], Awaitable[Response]]) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on."""
        # Under a prefix, the path holds the prefix too: the router knows how to take it off.
        if (
            scope["type"] == "http"
            and scope["method"] == "POST"
            and scope["path"] == PATH
            and not scope["root_path"]
        ):
            response = await self._answer(KnownRequest(scope, receive, send))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)
