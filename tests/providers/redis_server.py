"""A Redis of Debian's, on a port of its own, that can be killed and started again."""

import asyncio
import os
import shutil
import socket
from pathlib import Path

import pytest


class RedisServer:
    """One process; what it holds is gone when it is killed."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    async def start(self, *options: str) -> None:
        """Start, and wait until it says that it listens."""
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            *("--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"),
            *("--dir", str(self._folder), "--daemonize", "no", *options),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(10):
            while b"eady to accept connections" not in await self._process.stdout.readline():
                assert self._process.returncode is None

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.communicate()

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)


def redis_program() -> str:
    """Find the program; a test that needs it skips without it, except in CI."""
    program = shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("CI installs redis-server")
        pytest.skip("no redis-server here")
    return program
