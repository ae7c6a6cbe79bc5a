"""Calls that renew what is kept: no request waits for them, and none lists them."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from providers.call_record import CallRecord
from providers.calls import Call
from providers.records import Provider
from providers.scope import CallScope

_LEAST_S: Final = 10.0
Listener = Callable[[Sequence[CallRecord]], object]


class Renewals:
    """Bounds the renewals of one provider, and tells of what was sent for them."""

    def __init__(self, provider: Provider, timeout_s: float) -> None:
        self._provider = provider
        self._longest_s = max(_LEAST_S, 2 * timeout_s)
        self._listeners: list[Listener] = []

    def when_made(self, listener: Listener) -> None:
        """Have ``listener`` called with what was sent for each renewal: itself first, with verdict RENEWAL."""
        self._listeners.append(listener)

    def begin(self, call: Call, scope: CallScope) -> tuple[CallScope, CallRecord]:
        """Give a renewal a scope of its own: it outlives the request that found out that it is due."""
        now = asyncio.get_running_loop().time()
        own = scope.aside(now, now + self._longest_s)
        record = CallRecord(
            provider=self._provider,
            route=call.route,
            started_ms=0.0,
            skip=call.skip,
            limit=call.limit,
            verdict="RENEWAL",
        )
        own.calls.append(record)
        return own, record

    def end(self, own: CallScope, record: CallRecord) -> None:
        """Tell of it, unless another process had the new answer already."""
        record.ms = (asyncio.get_running_loop().time() - own.began) * 1000
        sent = [each for each in own.calls if each.attempts]
        for listener in self._listeners if sent else ():
            listener(sent)
