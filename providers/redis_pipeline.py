"""Commands of many requests, sent to Redis together."""

import asyncio
from typing import Final

from providers.redis_link import RedisLink

Word = str | bytes | int | float

_LARGEST_BATCH: Final = 1000


class RedisPipeline:
    """Sends what was wanted in one turn of the event loop, or while the last was under way, in one round trip."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._waiting: list[tuple[tuple[Word, ...], asyncio.Future[object]]] = []
        self._sending: asyncio.Task[None] | None = None

    async def run(self, *command: Word) -> object:
        """Run a command; None where Redis refuses it, does not answer in time, or is gone."""
        if self._link.is_down:
            return None
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._sending is None or self._sending.done():
            self._sending = asyncio.ensure_future(self._send_all())
        return await answer

    async def script(self, text: str, keys: tuple[str, ...], *arguments: Word) -> object:
        """Run a script, as ``run`` does."""
        return await self.run("EVAL", text, len(keys), *keys, *arguments)

    async def _send_all(self) -> None:
        await asyncio.sleep(0)
        try:
            while self._waiting:
                batch = self._waiting[:_LARGEST_BATCH]
                del self._waiting[:_LARGEST_BATCH]
                await self._send_batch(batch)
        finally:
            # Whatever went wrong: what will not be sent is not waited for.
            rest, self._waiting = self._waiting, []
            self._hand_out(rest, [])

    async def _send_batch(self, batch: list[tuple[tuple[Word, ...], asyncio.Future[object]]]) -> None:
        answers: list[object] = []
        try:
            if not self._link.is_down:
                sending = self._send([command for command, _ in batch], answers)
                await self._link.tried(sending, self._link.patience_s)
        finally:
            self._hand_out(batch, answers)

    async def _send(self, commands: list[tuple[Word, ...]], answers: list[object]) -> None:
        pipeline = self._link.redis.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        answers.extend(await pipeline.execute(raise_on_error=False))

    def _hand_out(
        self, batch: list[tuple[tuple[Word, ...], asyncio.Future[object]]], answers: list[object]
    ) -> None:
        for number, (_, future) in enumerate(batch):
            answer = answers[number] if number < len(answers) else None
            if not future.done():
                future.set_result(None if isinstance(answer, Exception) else answer)
