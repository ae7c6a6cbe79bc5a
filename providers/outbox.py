"""Requests that leave together: one after the other they would each wake whoever answers them."""

import asyncio

from providers.wire import Wire


class Outbox:
    """Writes what was put into it as soon as the step that runs now, and what it has read, is done with."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Wire, bytes]] = []

    def put(self, wire: Wire, request: bytes) -> None:
        """Write the request whose answer is expected on a connection."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._empty)
        self._waiting.append((wire, request))

    def _empty(self) -> None:
        waiting, self._waiting = self._waiting, []
        for wire, request in waiting:
            # What was closed meanwhile has told so by itself.
            if not wire.is_connected():
                continue
            try:
                wire.write(request)
            # Of every kind: the others are to leave. Whoever waits for this one is told that its connection is lost.
            except Exception:  # noqa: BLE001 - as above
                wire.abort()
