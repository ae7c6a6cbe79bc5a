"""The pooled transport, sending at once wherever it can, behind the face that the contract of transports looks at."""

import asyncio
from collections.abc import Mapping

import aiohttp

from providers.pooled import Lines, PooledTransport
from providers.transport import Leaves, NeverArrived, Reply


class Answered:
    """Is told, and can be waited for."""

    def __init__(self) -> None:
        self.reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def received(self, reply: Reply) -> None:
        self.reply.set_result(reply)

    def failed(self, failure: Exception) -> None:
        self.reply.set_exception(failure)


class Prompt(PooledTransport):
    """Sees to it that a connection rests, and sends on that."""

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
        ordinary = super().send
        if method == "GET" and body is None:
            await self._connected(url, timeout_s)
            told = Answered()
            exchange = self.begin(url, headers, told, timeout_s=timeout_s, max_bytes=max_bytes)
            if exchange is not None:
                try:
                    return await told.reply
                except NeverArrived:
                    pass
                except asyncio.CancelledError:
                    exchange.cancel()
                    raise
        return await ordinary(
            method, url, headers, body, timeout_s=timeout_s, max_bytes=max_bytes, leaves=leaves
        )

    async def _connected(self, url: str, timeout_s: float) -> None:
        if self._lines is None:
            self._lines = Lines(4)
        lines = self._lines
        try:
            peer, _ = lines.addressed(url)
            pool = lines._pool  # noqa: SLF001 - a connection is all that is wanted of it
            wire = pool.take(peer.key) or await pool.dial(peer.destination, lines.time() + timeout_s)
        except (ValueError, OSError, aiohttp.ClientError, aiohttp.InvalidURL):
            # The ordinary way tells of it.
            return
        pool.give_back(peer.key, wire, closes=False)
