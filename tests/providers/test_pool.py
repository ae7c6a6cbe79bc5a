"""Which connection a dial gives, whatever happens to the others meanwhile."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from providers.pool import Pool
from providers.transport import SendFailed
from providers.wire import Wire
from tests.providers.scripted import DROP, Scripted, scripted


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    async with scripted([DROP], [DROP], [DROP]) as server:
        yield server


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    made = Pool(4)
    yield made
    await made.close()


def dialling(pool: Pool, server: Scripted) -> "asyncio.Task[Wire]":
    until = asyncio.get_running_loop().time() + 5
    return asyncio.create_task(pool.dial(pool.destination(server.url), until))


async def test_a_dial_gives_the_new_connection_and_not_one_that_came_to_rest_meanwhile(
    pool: Pool, server: Scripted
) -> None:
    key = pool.destination(server.url).connection_key
    older = [await dialling(pool, server) for _ in range(2)]
    fresh = dialling(pool, server)
    await asyncio.sleep(0)
    for each in older:
        pool.give_back(key, each, closes=False)
    assert await fresh not in older
    assert [pool.take(key) for _ in range(3)] == [*older, None]


async def test_a_new_connection_is_not_lost_where_those_that_rest_are_closed(
    pool: Pool, server: Scripted
) -> None:
    key = pool.destination(server.url).connection_key
    old, fresh = await dialling(pool, server), dialling(pool, server)
    await asyncio.sleep(0)
    pool.give_back(key, old, closes=False)
    pool.forget_resting()
    new = await fresh
    assert new is not old
    assert (new.is_connected(), old.is_connected()) == (True, False)
    pool.give_back(key, new, closes=False)
    assert pool.take(key) is new


async def test_a_connection_that_is_closed_as_it_comes_is_none(
    pool: Pool, server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = pool.destination(server.url).connection_key
    old, connect = await dialling(pool, server), pool.connect

    async def connected(*asked: object) -> object:
        connection = await connect(*asked)  # type: ignore[arg-type] # as it was asked
        assert connection.protocol is not None
        connection.protocol.close()
        return connection

    monkeypatch.setattr(pool, "connect", connected)
    fresh = dialling(pool, server)
    await asyncio.sleep(0)
    pool.give_back(key, old, closes=False)
    with pytest.raises(SendFailed):
        await fresh
    assert pool.take(key) is old
