"""Every request, observed from without: when it began, what its status was, that it is over."""

import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.life import Life
from server.observation import Observation, observe
from server.request_log import RequestLog


class Observed:
    """Wraps the application: notes what each GraphQL request was, cost and came to."""

    def __init__(
        self, app: ASGIApp, log: RequestLog, life: Life, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._log = log
        self._life = life
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; afterwards write its line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = self._clock()
        noted = Observation()
        observe(noted)
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                noted.request_id = next(
                    (value.decode("latin-1") for name, value in headers if name == b"x-request-id"), ""
                )
                if self._life.is_draining:
                    # A client that keeps its connection would lose the request that it sends when we are gone.
                    MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        self._log.begin()
        try:
            await self._app(scope, receive, watched)
        finally:
            self._log.end()
            # A trusted document has a path of its own below.
            if scope["path"] == "/graphql" or scope["path"].startswith("/graphql/"):
                self._log.write(noted, status, self._clock() - began)
