"""One log line and one set of counts for each GraphQL request."""

from datetime import UTC, datetime
from typing import Final

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from server.logs import ReadyLines
from server.metrics import Metrics
from server.observation import Observation

_EVENT: Final = "request"


class _Line(msgspec.Struct):
    request_id: str
    operation: str
    hash: str
    cost: dict[str, int]
    calls: dict[str, int]
    saved: int
    response: str
    ms: float
    status: int
    codes: list[str]
    event: str
    level: str
    timestamp: datetime


class RequestLog:
    """Writes down what each GraphQL request was, cost and came to."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._logger: FilteringBoundLogger = structlog.get_logger()
        self._processors: object = None

    def begin(self) -> None:
        """Count a request that is in flight from now on."""
        self._metrics.in_flight.inc()

    def end(self) -> None:
        """Count it no more."""
        self._metrics.in_flight.dec()

    def write(self, noted: Observation, status: int, seconds: float) -> None:
        """Count a request that is over, and write its line."""
        self._metrics.count(noted, status, seconds)
        lines = ReadyLines.current
        line = _line(noted, status, seconds)
        if lines is None or not lines.are_in_force or not lines.write(line):
            told = msgspec.structs.asdict(line)
            self._log().info(**{name: told[name] for name in _Line.__struct_fields__[:-2]})

    def _log(self) -> FilteringBoundLogger:
        # Made anew only where logging was configured anew: the library would make it for each line.
        processors = structlog.get_config()["processors"]
        if processors is not self._processors:
            self._logger, self._processors = structlog.get_logger().bind(), processors
        return self._logger


def _line(noted: Observation, status: int, seconds: float) -> _Line:
    return _Line(
        noted.request_id,
        ",".join(noted.operations),
        ",".join(noted.hashes),
        {"calls": noted.cost_calls, "items": noted.cost_items},
        noted.verdicts,
        sum(noted.saved.values()),
        noted.response,
        round(seconds * 1000, 1),
        status,
        noted.codes,
        _EVENT,
        "info",
        datetime.now(UTC),
    )
