"""What examples/gallery is made of, and its command: pinned packages, the schema's types, a page with its graph."""

import asyncio
import json
import os
import re
import shlex
import shutil
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.browser.gallery import FOLDER, BuildFailed, build, install

ROOT = FOLDER.parents[1]
COMMANDS = {
    line
    for readme in (ROOT / "README.md", FOLDER / "README.md")
    for line in readme.read_text(encoding="utf-8").splitlines()
    if line.startswith("node ")
}
SCHEMA = (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")
# In the place of run.py, which would install what this environment has already.
PYTHON = """#!/bin/sh
shift
PYTHONPATH={root} exec {python} -P -m server "$@"
"""


def test_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    asked = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    versions = [*asked["dependencies"].values(), *asked["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    lock = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))
    packages = [each for name, each in lock["packages"].items() if name]
    assert all(
        "resolved" not in each and (each.get("integrity") or each.get("inBundle")) for each in packages
    )


@pytest.mark.browser
async def test_a_page_that_no_longer_fits_the_schema_is_not_built(tmp_path: Path) -> None:
    folder = tmp_path / "examples" / "gallery"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "gql"))
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (tmp_path / "schema").mkdir()
    changed = SCHEMA.replace("  neutralSlug: ID\n", "  neutralSlug: [ID!]\n")
    assert changed != SCHEMA
    (tmp_path / "schema" / "schema.graphql").write_text(changed, encoding="utf-8")
    with pytest.raises(BuildFailed, match="error TS2322"):
        await build(folder, tmp_path / "built")


@pytest.mark.browser
async def test_the_command_of_both_readmes_serves_the_page_with_its_graph(tmp_path: Path) -> None:
    [command] = COMMANDS
    await install(FOLDER)
    python = tmp_path / "python"
    python.write_text(PYTHON.format(root=shlex.quote(str(ROOT)), python=shlex.quote(sys.executable)))
    python.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command),
        *("--port", str(port)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHON": str(python)},
    )
    try:
        async with asyncio.timeout(180), aiohttp.ClientSession() as session:
            origin = await address(process)
            assert origin == f"http://localhost:{port}"
            async with session.get(origin) as page:
                assert "/src/main.tsx" in await page.text()
            query = {"query": "{ photos(first: 1) { nodes { image { url } } } }"}
            async with session.post(f"{origin}/graphql", json=query) as answer:
                [photo] = (await answer.json())["data"]["photos"]["nodes"]
            # The picture is at the page's own origin: nothing that a browser would refuse.
            assert photo["image"]["url"].startswith(f"{origin}/sandbox/images/")
            async with session.get(photo["image"]["url"]) as picture:
                assert (picture.status, picture.content_type) == (200, "image/jpeg")
    finally:
        process.terminate()
        await process.communicate()


async def address(process: asyncio.subprocess.Process) -> str:
    """Wait until the page's address is printed."""
    assert process.stdout
    async for line in process.stdout:
        if found := re.search(r"gallery is at (\S+)", line.decode()):
            return found[1]
    raise AssertionError("the gallery ended before it was served")
