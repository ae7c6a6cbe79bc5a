"""The example of a larger graph: what its README promises is what it answers."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.interop.listening import listening_graph
from tests.interop.node import FOLDER, PATIENCE_S, Json, found

pytestmark = pytest.mark.interop

EXAMPLE = FOLDER.parents[1] / "examples" / "supergraph"
README = (EXAMPLE / "README.md").read_text()


def block(language: str) -> str:
    """Find the README's first code block in a language."""
    match = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert match
    return match[1]


@asynccontextmanager
async def started(folder: Path, graph_url: str) -> AsyncIterator[str]:
    """Run a copy of the example over a graph, with the packages of this folder; gives its URL."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    process = await asyncio.create_subprocess_exec(
        found() or "node",
        folder / "start.mjs",
        *("--port", "0", "--graph", graph_url),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(PATIENCE_S):
            line = (await process.stdout.readline()).decode()
        yield line.split()[-1].replace("localhost", "127.0.0.1")
    finally:
        process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            await process.communicate()


async def post(url: str, query: str) -> Json:
    async with aiohttp.ClientSession() as session, session.post(url, json={"query": query}) as response:
        return await response.json()


@pytest.mark.usefixtures("node")
async def test_the_joined_query_of_the_readme_gives_its_answer(tmp_path: Path) -> None:
    async with listening_graph() as there, started(tmp_path / "example", there.url) as url:
        there.operations.clear()
        assert await post(url, block("graphql")) == json.loads(block("json"))
        assert len([each for each in there.operations if "_entities" in each.query]) <= 2
        assert sorted(there.graph.calls.values()) == [1, 1, 2, 2]


@pytest.mark.usefixtures("node")
async def test_the_query_for_curl_is_the_same(tmp_path: Path) -> None:
    body = re.search(r"-d '(.*)'", block("sh").join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)[1:]))
    assert body
    async with listening_graph() as there, started(tmp_path / "example", there.url) as url:
        assert await post(url, json.loads(body[1])["query"]) == json.loads(block("json"))


def test_the_example_pins_the_packages_that_are_tested() -> None:
    of_example, tested = (json.loads((each / "package.json").read_text()) for each in (EXAMPLE, FOLDER))
    assert of_example["dependencies"].items() <= tested["dependencies"].items()
    assert of_example["overrides"].items() <= tested["overrides"].items()


@pytest.mark.parametrize("folder", [EXAMPLE, FOLDER], ids=["example", "tests"])
def test_lock_files_name_no_registry(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = [each for name, each in lock["packages"].items() if name]
    assert all("resolved" not in each and each["integrity"] for each in packages)


def test_what_the_scripts_import_is_pinned() -> None:
    pinned = json.loads((FOLDER / "package.json").read_text())["dependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())
    wanted: set[str] = set()
    for script in (FOLDER / "scripts").glob("*.mjs"):
        wanted |= set(re.findall(r'(?:from|import\()\s*"((?:@[\w-]+/)?[a-z][\w-]*)', script.read_text()))
    assert wanted - {"node"} <= set(pinned)
