"""Node programs that ask the graph, with the packages that the lock beside this file names."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def installed() -> None:
    """Install the packages where they are not yet; skip without Node, unless in CI, where that fails."""
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("CI needs Node and npm")
        pytest.skip("needs Node and npm")
    if not (FOLDER / "node_modules" / ".package-lock.json").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=FOLDER, check=True, capture_output=True)


async def run_node(script: str, *arguments: str) -> str:
    """Run a script of this folder beside the event loop; returns what it printed, fails where it failed."""
    installed()
    process = await asyncio.create_subprocess_exec(
        "node",
        script,
        *arguments,
        cwd=FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    printed, complaint = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode == 0, complaint.decode() + printed.decode()
    return printed.decode()
