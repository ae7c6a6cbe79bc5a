"""The sandbox as a process: what it prints, what listens, and how it ends."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from providers.emulation.sandbox import create_emulators
from tests.providers.emulation.wire import ask

PROGRAM = """
import sys
from providers.emulation.sandbox import run_sandbox
run_sandbox("http://graph.test", ports={ports}, with_parent={with_parent})
"""


@asynccontextmanager
async def running(
    ports: dict[str, int] | None = None, *, with_parent: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    program = PROGRAM.format(ports=ports or {}, with_parent=with_parent)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=pipe, stdout=pipe)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def addresses(process: asyncio.subprocess.Process) -> dict[str, str]:
    assert process.stdout is not None
    return msgspec.json.decode(await process.stdout.readline(), type=dict[str, str])


def test_the_emulator_of_every_provider_folder_is_found() -> None:
    assert sorted(emulator.name for emulator in create_emulators("")) == ["clubmed", "forge", "musement"]


async def test_one_line_tells_where_everything_listens() -> None:
    async with running() as process:
        told = await addresses(process)
        assert sorted(told) == ["clubmed", "forge", "images", "musement"]
        assert told["musement"].endswith("/api/v3")
        photos = await ask(told["forge"], "/v2/content/en-us/photos?$limit=1")
        picture = await ask(told["images"], "/sandbox/images/clubmed/pm_7001_61_4-c4-swhr.jpg")
        products = await ask(
            told["clubmed"], "/v2/products/PALM", {"x-api-key": "a", "accept-language": "en-US"}
        )
    assert (photos.status, picture.status, products.status) == (200, 200, 200)
    assert b"http://graph.test/sandbox/images/" in photos.body


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_good_order(number: signal.Signals) -> None:
    async with running() as process:
        told = await addresses(process)
        process.send_signal(number)
        assert await process.wait() == 0
        with pytest.raises(ConnectionRefusedError):
            await ask(told["forge"], "/")


async def test_with_its_parent_it_ends_when_standard_input_does() -> None:
    async with running(with_parent=True) as process:
        await addresses(process)
        assert process.stdin is not None
        process.stdin.write(b"still here\n")
        await process.stdin.drain()
        assert process.returncode is None
        process.stdin.close()
        assert await process.wait() == 0


async def test_ports_can_be_chosen_and_a_taken_one_ends_the_start() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        async with running({"forge": port}) as process:
            assert await process.wait() == 1
    async with running({"forge": port}) as process:
        assert (await addresses(process))["forge"] == f"http://127.0.0.1:{port}"
