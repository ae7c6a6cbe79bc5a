"""What is tried of Redis, where its library stumbles."""

import asyncio

from providers.redis_link import RedisLink


async def test_work_that_stumbles_over_being_cancelled_is_cancelled_all_the_same() -> None:
    link, begun = RedisLink("redis://127.0.0.1:1"), asyncio.Event()

    async def stumble() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            # As redis-py does where its connection goes at the same moment.
            raise AttributeError from None

    async def go_on() -> None:
        for _ in range(2):
            await link.tried(stumble(), 10)

    task = asyncio.ensure_future(go_on())
    await begun.wait()
    task.cancel()
    await asyncio.wait([task], timeout=1)
    assert task.cancelled()
    assert (link.failures, link.is_down) == (0, False)
    await link.close()
