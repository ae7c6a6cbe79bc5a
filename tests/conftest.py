"""What every test may ask for."""

from collections.abc import AsyncIterator

import pytest

from tests.graph import Graph, running_graph


@pytest.fixture
async def graph() -> AsyncIterator[Graph]:
    """Run a graph with default settings over fresh emulators."""
    async with running_graph() as running:
        yield running
