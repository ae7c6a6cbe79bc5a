"""Which way calls are sent."""

from collections.abc import Coroutine, Mapping

from providers.transport import Exchange, Leaves, PromptTransport, Reply, SessionTransport, Told, Transport
from providers.trial import Trial


class TriedTransport:
    """Sends without aiohttp's session once a trial has shown that this works here; until then, or else, with it."""

    def __init__(self, connections: int, trial: Trial) -> None:
        self._connections = connections
        self._trial = trial
        self._way: Transport = SessionTransport(connections)
        self._prompt: PromptTransport | None = None

    async def open(self) -> None:
        """Choose the way."""
        self._way = way = await self._trial.winner(self._connections) or self._way
        self._prompt = way if isinstance(way, PromptTransport) else None

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        timeout_s: float,
        max_bytes: int,
        leaves: Leaves | None = None,
    ) -> Coroutine[object, object, Reply]:
        """Send the chosen way."""
        return self._way.send(
            method, url, headers, body, timeout_s=timeout_s, max_bytes=max_bytes, leaves=leaves
        )

    def begin(
        self, url: str, headers: Mapping[str, str], told: Told, *, timeout_s: float, max_bytes: int
    ) -> Exchange | None:
        """Send at once, where the chosen way can."""
        prompt = self._prompt
        if prompt is None:
            return None
        return prompt.begin(url, headers, told, timeout_s=timeout_s, max_bytes=max_bytes)

    async def close(self) -> None:
        """Close every connection."""
        await self._way.close()
