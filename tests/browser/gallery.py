"""The gallery of examples/gallery: its build, and the page behind a socket over a graph whose emulators are at hand."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from providers.emulation.images import create_images_app
from tests.browser.chromium import Tab
from tests.conftest import bare_settings
from tests.graph import Graph, running_graph
from tests.live import serving

FOLDER = Path(__file__).parents[2] / "examples" / "gallery"
AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
CARDS = "document.querySelectorAll('.card')"
PAGE_SIZE = 24
_PATIENCE_S = 300
# A call that a test holds must not time out before the browser of a busy machine has looked.
_UNHURRIED = {f"{provider}_TIMEOUT_S": "60" for provider in ("MUSEMENT", "CLUBMED", "FORGE")} | {
    "DEADLINE_S": "90"
}


class BuildFailed(Exception):
    """The packages could not be installed, or the app not be built; the message is what was printed."""


async def install(folder: Path) -> None:
    """Install what the lock file names, once. The absence of Node fails in CI and skips elsewhere."""
    if shutil.which("npm") is None:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail("CI has no Node.js: install Debian's packages nodejs and npm")
        pytest.skip("no Node.js here: install Debian's packages nodejs and npm")
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / ".installed-lock"
    if not stamp.exists() or stamp.read_bytes() != lock.read_bytes():
        await _npm(folder, "ci", "--include=dev", "--no-progress", "--loglevel=error")
        stamp.write_bytes(lock.read_bytes())


async def build(folder: Path, into: Path) -> Path:
    """Install, generate types, check them, and build the app into a folder. Raises BuildFailed."""
    await install(folder)
    await _npm(folder, "run", "build", "--", "--outDir", str(into), "--emptyOutDir")
    return into


async def _npm(folder: Path, *words: str) -> None:
    process = await asyncio.create_subprocess_exec(
        "npm", *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(_PATIENCE_S):
        printed, _ = await process.communicate()
    if process.returncode:
        raise BuildFailed(printed.decode())


@asynccontextmanager
async def serving_pictures() -> AsyncIterator[str]:
    """Serve the emulated image hosts; yields their origin."""
    # Browsers keep their connections open, and aiohttp would wait for them.
    runner = web.AppRunner(create_images_app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield "http://{}:{}".format(*runner.addresses[0][:2])
    finally:
        await runner.cleanup()


class Gallery:
    """The page at ``origin``, and the graph that it asks."""

    def __init__(self, graph: Graph, origin: str) -> None:
        self.graph = graph
        self.origin = origin

    async def open(self, tab: Tab, search: str = "") -> None:
        """Open the page, and wait until what it has asked for has come."""
        await tab.open(f"{self.origin}/{search}")
        await tab.wait_for(f"{CARDS}.length && document.querySelector('.resort:not(.waiting)')")


@asynccontextmanager
async def served(built: Path, pictures: str) -> AsyncIterator[Gallery]:
    """Serve a built page and a fresh graph at one origin, as a reverse proxy does.

    The graph remembers nothing between requests and tries nothing twice, so that each failure is seen.
    """
    files = StaticFiles(directory=built, html=True)
    settings = bare_settings() | _UNHURRIED
    async with running_graph(images_origin=pictures, **settings) as graph:

        async def page_and_graph(scope: Scope, receive: Receive, send: Send) -> None:
            await (graph.app if scope["path"] == "/graphql" else files)(scope, receive, send)

        async with serving(page_and_graph) as origin:
            yield Gallery(graph, origin)


def requests(tab: Tab) -> int:
    """Count the requests to the graph that a page has made."""
    return sum(url.endswith("/graphql") for url in tab.urls)


async def titles(tab: Tab) -> list[str]:
    """Read what stands below the photos."""
    shown: list[str] = await tab.evaluate(
        f"[...{CARDS}].map((card) => card.querySelector('figcaption').firstChild.textContent)"
    )
    return shown


async def links(tab: Tab) -> list[str]:
    """Read where the photos lead: each has an address of its own."""
    shown: list[str] = await tab.evaluate(f"[...{CARDS}].map((card) => card.querySelector('a').href)")
    return shown


async def click(tab: Tab, text: str) -> None:
    """Click the button that reads so."""
    await tab.evaluate(
        f"""[...document.querySelectorAll('button')]
            .find(({{ textContent }}) => textContent === {json.dumps(text)})
            .setAttribute('data-wanted', '')"""
    )
    await tab.click("[data-wanted]")
    await tab.evaluate(
        "document.querySelectorAll('[data-wanted]').forEach((each) => each.removeAttribute('data-wanted'))"
    )
