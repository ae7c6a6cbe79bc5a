"""One log line and one set of counts for each GraphQL request."""

import time
from collections.abc import Callable

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import FilteringBoundLogger

from server.life import Life
from server.metrics import Metrics
from server.observation import Observation, observe


class Observed:
    """Wraps the application: notes what each GraphQL request was, cost and came to."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, life: Life, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._life = life
        self._clock = clock
        self._logger: FilteringBoundLogger = structlog.get_logger()
        self._processors: object = None

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

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, receive, watched)
        finally:
            self._metrics.in_flight.dec()
            # A trusted document has a path of its own below.
            if scope["path"] == "/graphql" or scope["path"].startswith("/graphql/"):
                self._written(noted, status, self._clock() - began)

    def _log(self) -> FilteringBoundLogger:
        # Made anew only where logging was configured anew: the library would make it for each line.
        processors = structlog.get_config()["processors"]
        if processors is not self._processors:
            self._logger, self._processors = structlog.get_logger().bind(), processors
        return self._logger

    def _written(self, noted: Observation, status: int, seconds: float) -> None:
        self._metrics.count(noted, status, seconds)
        self._log().info(
            "request",
            request_id=noted.request_id,
            operation=",".join(noted.operations),
            hash=",".join(noted.hashes),
            cost={"calls": noted.cost_calls, "items": noted.cost_items},
            calls=noted.verdicts,
            saved=sum(noted.saved.values()),
            response=noted.response,
            ms=round(seconds * 1000, 1),
            status=status,
            codes=noted.codes,
        )
