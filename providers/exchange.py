"""One request on a connection that rested, and its answer, without a task that waits for it."""

from aiohttp.client_reqrep import ConnectionKey

from providers.deadlines import Deadlines
from providers.outbox import Outbox
from providers.pool import Pool
from providers.transport import NeverArrived, Reply, SendFailed, Told
from providers.wire import Wire


class PooledExchange:
    """Stands where the connection expects the future of an answer, and tells at once what came."""

    __slots__ = ("_deadlines", "_is_over", "_key", "_pool", "_told", "_wire")

    def __init__(self, pool: Pool, deadlines: Deadlines, key: ConnectionKey, wire: Wire, told: Told) -> None:
        self._pool = pool
        self._deadlines = deadlines
        self._key = key
        self._wire = wire
        self._told = told
        self._is_over = False

    def begin(self, request: bytes, until: float, max_bytes: int, outbox: Outbox) -> bool:
        """Send; False where that went wrong, as where the connection was closed meanwhile."""
        try:
            self._wire.expect(self, max_bytes, has_body=True)
            outbox.put(self._wire, request)
        # Of every kind: it may be another call that gives this one its slot, and is not to fail for it.
        except Exception:  # noqa: BLE001 - the ordinary way tells of it
            self._end(closes=True)
            return False
        self._deadlines.watch(self._wire, until)
        return True

    def done(self) -> bool:
        """Tell whether nothing is waited for any more."""
        return self._is_over

    def set_result(self, reply: Reply) -> None:
        """Give the connection back, and tell of the answer."""
        self._end(closes=self._wire.should_close)
        self._told.received(reply)

    def set_exception(self, failure: Exception) -> None:
        """Close the connection, and tell of the failure."""
        wire = self._wire
        self._end(closes=True)
        if isinstance(failure, SendFailed) and wire.is_used and not wire.is_heard:
            # Servers close what rests without a word, and the others that rest are as old.
            self._pool.forget_resting()
            failure = NeverArrived(*failure.args)
        self._told.failed(failure)

    def cancel(self) -> None:
        """Close the connection: what it may yet bring is nobody's."""
        if not self._is_over:
            self._end(closes=True)

    def _end(self, *, closes: bool) -> None:
        self._is_over = True
        self._deadlines.forget(self._wire)
        self._pool.give_back(self._key, self._wire, closes=closes)
