"""The providers as the graph calls them, with the bodies of their answers kept."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import msgspec

from providers.registry import Providers
from providers.transport import Leaves, Reply, SessionTransport
from server.secret import Secret
from server.settings import Settings
from server.wiring import build_providers

_BODIES: Final = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT)


class Listener(SessionTransport):
    """Sends as the graph does, and keeps the bodies of the answers to reads."""

    def __init__(self, connections: int) -> None:
        super().__init__(connections)
        self.bodies: list[bytes] = []

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        max_bytes: int,
        leaves: Leaves | None = None,
    ) -> Reply:
        """Send and read the whole answer."""
        reply = await super().send(
            method, url, headers, body, timeout_s=timeout_s, max_bytes=max_bytes, leaves=leaves
        )
        # What a login answers is a credential.
        if method == "GET" and reply.status in _BODIES:
            self.bodies.append(reply.body)
        return reply


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[tuple[Providers, Mapping[str, Listener]]]:
    """Build the providers so that the bodies of what they answer are kept."""
    listeners: list[Listener] = []

    def connect(connections: int) -> Listener:
        listeners.append(Listener(connections))
        return listeners[-1]

    # A kept answer says nothing of what the provider would say now.
    alone = msgspec.structs.replace(settings, cache_url=Secret())
    providers = build_providers(alone, connect=connect)
    try:
        yield providers, dict(zip(settings.providers, listeners, strict=True))
    finally:
        await providers.close()
