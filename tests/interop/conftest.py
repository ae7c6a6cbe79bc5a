"""Node, with every package that these tests need."""

import os

import pytest
import pytest_asyncio

from tests.interop.node import Node, found, installed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def node() -> Node:
    """Install the packages once. The absence of Node fails in CI and skips elsewhere."""
    executable = found()
    if executable is None and os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail("CI has no Node.js: install Debian's packages nodejs and npm")
    if executable is None:
        pytest.skip("no Node.js here: install Debian's packages nodejs and npm")
    return await installed(executable)
