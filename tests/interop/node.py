"""Node.js with the packages of this folder: their installation, and scripts that are asked by JSON."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

# Scripts answer with JSON of as many shapes as there are tests; each test names the one that it asked for.
Json = Any

FOLDER = Path(__file__).parent
PATIENCE_S = 120
_INSTALLING_S = 900


class NodeFailed(Exception):
    """A program of Node ended with an error; the message is what it printed."""


class Node:
    """Runs the programs of this folder. Make it with ``installed``."""

    def __init__(self, executable: str) -> None:
        self._executable = executable

    async def ask(self, script: str, question: Json) -> Json:
        """Run a script of this folder: the question goes to its standard input, its last line is the answer."""
        printed = await self.run(FOLDER / "scripts" / script, text=json.dumps(question))
        return json.loads(printed.splitlines()[-1])

    async def run(self, *words: str | Path, text: str = "", cwd: Path = FOLDER) -> str:
        """Run a JavaScript file with its arguments; return what it printed. Raises NodeFailed."""
        return await _run([self._executable, *map(str, words)], text, cwd, PATIENCE_S)


def found() -> str | None:
    """Find Node and npm; None where one of them is missing."""
    return shutil.which("node") if shutil.which("npm") else None


async def installed(executable: str) -> Node:
    """Install the packages of the lock file, unless that has been done; they run no scripts of their own."""
    lock = (FOLDER / "package-lock.json").read_bytes()
    stamp = FOLDER / "node_modules" / ".installed-lock"
    if not stamp.exists() or stamp.read_bytes() != lock:
        npm = shutil.which("npm") or "npm"
        await _run([npm, "ci", "--no-progress", "--loglevel=error"], "", FOLDER, _INSTALLING_S)
        stamp.write_bytes(lock)
    return Node(executable)


async def _run(words: list[str], text: str, cwd: Path, patience_s: float) -> str:
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NODE_ENV": "production", "DO_NOT_TRACK": "1"},
    )
    try:
        async with asyncio.timeout(patience_s):
            out, err = await process.communicate(text.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise NodeFailed(f"{' '.join(words)} ended with {process.returncode}:\n{err.decode()}{out.decode()}")
    return out.decode()
