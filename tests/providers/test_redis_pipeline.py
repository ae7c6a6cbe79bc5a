"""Commands to Redis that wait for each other, where something goes wrong that nobody thought of."""

import asyncio
from collections.abc import Coroutine
from typing import cast

from providers.redis_link import RedisLink
from providers.redis_pipeline import RedisPipeline


class Broken:
    """A link that fails in a way of its own, once it is told to."""

    is_down = False
    patience_s = 1.0

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.fails = asyncio.Event()

    async def tried(self, work: Coroutine[object, object, object], patience_s: float) -> None:
        del patience_s
        work.close()
        self.asked.set()
        await self.fails.wait()
        raise RuntimeError("not thought of")


async def test_a_failure_that_nobody_thought_of_leaves_no_command_waiting() -> None:
    # It is told to the event loop, which writes it down.
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    link = Broken()
    pipeline = RedisPipeline(cast("RedisLink", link))
    first = asyncio.ensure_future(pipeline.run("GET", "a"))
    await link.asked.wait()
    second = asyncio.ensure_future(pipeline.run("GET", "b"))
    await asyncio.sleep(0)
    link.fails.set()
    answers = await asyncio.wait_for(asyncio.gather(first, second), 5)
    assert list(answers) == [None, None]
