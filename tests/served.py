"""The graph as operators run it: `serve` in processes of its own, over emulators in this one."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import aiohttp

from tests.graph import EXECUTION, SENDING, Emulators, Reply, running_emulators
from tests.log_lines import LogLines
from tests.server.test_command_line import PATIENCE_S, command, environment

LISTENS: Final = " listens on "


class Served:
    """A program that serves; ``lines`` is what its workers log."""

    def __init__(self, origin: str, lines: LogLines, session: aiohttp.ClientSession) -> None:
        self.origin = origin
        self.lines = lines
        self._session = session

    async def query(self, text: str) -> Reply:
        """Run an operation; each in a connection that no other has at the same time."""
        return await self.send("POST", "/graphql", {"query": text})

    async def send(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        async with self._session.request(method, self.origin + path, json=body, headers=headers) as answer:
            return Reply(
                status=answer.status,
                headers={name.lower(): value for name, value in answer.headers.items()},
                body=await answer.read(),
            )

    async def tells(self, line: str) -> None:
        """Read the metrics until they have a line."""
        page: list[str] = []
        while line not in page:
            page = (await self.send("GET", "/metrics")).body.decode().splitlines()

    async def at_once(self, text: str, times: int) -> list[Reply]:
        """Have so many clients ask the same at the same time."""
        return await asyncio.gather(*(self.query(text) for _ in range(times)))


@asynccontextmanager
async def served(emulators: Emulators, workers: int = 1, **settings: str) -> AsyncIterator[Served]:
    """Serve the emulators' providers on a free port with so many workers, and end in order."""
    variables = {**emulators.settings, **EXECUTION, **SENDING, "LOG_FORMAT": "json"}
    variables |= {name.upper(): value for name, value in settings.items()}
    process = await asyncio.create_subprocess_exec(
        *command("serve", "--port", "0", "--workers", str(workers)),
        env=environment(**variables),
        cwd="/",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    lines = LogLines()
    reading = asyncio.create_task(_read(process.stderr, lines))
    # Kept alive by nobody: each request may so be answered by another worker.
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    try:
        async with (
            asyncio.timeout(PATIENCE_S) as patience,
            aiohttp.ClientSession(connector=connector) as session,
        ):
            running = Served(await _origin(process.stdout), lines, session)
            # The first worker opens the port alone.
            await running.tells(f"mediagraph_workers {workers}.0")
            # What a busy machine needs to start many workers is not taken from what is tried on them.
            patience.reschedule(asyncio.get_running_loop().time() + PATIENCE_S)
            yield running
        process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await reading


@asynccontextmanager
async def serving(workers: int = 1, **settings: str) -> AsyncIterator[tuple[Emulators, Served]]:
    """Serve fresh emulators."""
    async with AsyncExitStack() as stack:
        emulators = await stack.enter_async_context(running_emulators())
        yield emulators, await stack.enter_async_context(served(emulators, workers, **settings))


async def _origin(said: asyncio.StreamReader | None) -> str:
    assert said is not None
    while line := (await said.readline()).decode():
        if LISTENS in line:
            return line.partition(LISTENS)[2].strip()
    raise AssertionError("ended without saying where it listens")


async def _read(logged: asyncio.StreamReader | None, lines: LogLines) -> None:
    assert logged is not None
    while line := await logged.readline():
        event: dict[str, Any] = json.loads(line)
        lines.note(event["event"])
