"""The browser that these tests drive."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.browser.chromium import Devtools, launch

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Devtools]:
    """One Chromium for all tests; each takes tabs of its own. Its absence fails in CI and skips elsewhere."""
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None and os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail("CI has no Chromium: install Debian's package chromium")
    if executable is None:
        pytest.skip("no Chromium here: install Debian's package chromium")
    async with launch(executable, tmp_path_factory.mktemp("chromium")) as devtools:
        yield devtools
