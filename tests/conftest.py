"""What every test may ask for."""

import inspect
import types
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import aioresponses.core
import hypothesis
import pytest

from tests.graph import Graph, running_graph
from tests.providers.redis_server import RedisServer, redis_program

# How long an example takes says more about the machine that is shared than about the rule.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

# aioresponses 0.7.9 makes responses without the stream writer that aiohttp 3.14 demands, and so fails on every one.
if "stream_writer" in inspect.signature(
    aiohttp.ClientResponse.__init__
).parameters and "stream_writer" not in inspect.getsource(aioresponses.core):

    class _Response(aiohttp.ClientResponse):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            kwargs.setdefault("stream_writer", types.SimpleNamespace(output_size=0))
            super().__init__(*args, **kwargs)

    vars(aioresponses.core)["ClientResponse"] = _Response


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    """Run a graph with default settings over fresh emulators."""
    async with running_graph() as running:
        yield running


@pytest.fixture
async def redis_server(tmp_path: Path) -> AsyncIterator[RedisServer]:
    """Run a real Redis."""
    server = RedisServer(redis_program(), tmp_path)
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
async def bare_graph() -> AsyncIterator[Graph]:
    """Run a graph that repeats, remembers and gives up on nothing, so that every failed call is seen as it is."""
    async with running_graph(**bare_settings()) as running:
        yield running


def bare_settings() -> dict[str, str]:
    """Name the settings of a graph without retries, memory between requests, or circuit breakers."""
    names = ("RETRIES", "FRESH_S", "STALE_S", "ABSENT_S", "BREAKER_FAILURES")
    return {f"{provider}_{name}": "0" for provider in ("MUSEMENT", "CLUBMED", "FORGE") for name in names}
