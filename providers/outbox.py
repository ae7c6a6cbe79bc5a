"""Requests that leave together: one after the other they would each wake whoever answers them."""

import asyncio


class Outbox:
    """Writes what was put into it as soon as the step that runs now, and what it has read, is done with."""

    def __init__(self) -> None:
        self._waiting: list[tuple[asyncio.Transport, bytes]] = []

    def put(self, transport: asyncio.Transport, request: bytes) -> None:
        """Write a request on its connection."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._empty)
        self._waiting.append((transport, request))

    def _empty(self) -> None:
        waiting, self._waiting = self._waiting, []
        for transport, request in waiting:
            # What was closed meanwhile has told so by itself.
            if transport.is_closing():
                continue
            try:
                transport.write(request)
            # Of every kind: the others are to leave. Whoever waits for this one is told that its connection is lost.
            except Exception:  # noqa: BLE001 - as above
                transport.abort()
