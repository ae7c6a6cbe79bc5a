"""The sandbox process: every provider's emulator and the image hosts, each on a port of its own."""

import asyncio
import os
import pkgutil
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from importlib.util import find_spec

import msgspec
from aiohttp import web

import providers
from providers.emulation.emulator import Emulator
from providers.emulation.images import create_images_app

IMAGES = "images"
"""The key of the image hosts among the ports and addresses."""


def create_emulators(images_origin: str) -> list[Emulator]:
    """Create the emulator of every provider folder that has one; a new folder is found by itself."""
    emulators = []
    for folder in pkgutil.iter_modules(providers.__path__):
        name = f"{providers.__name__}.{folder.name}.emulator"
        # This package's own `emulator` module is what the others build on, and no provider.
        if folder.ispkg and name != Emulator.__module__ and find_spec(name):
            emulators.append(import_module(name).create_emulator(images_origin))
    return emulators


async def serve_sandbox(
    images_origin: str,
    host: str = "127.0.0.1",
    ports: Mapping[str, int] | None = None,
    *,
    with_parent: bool = False,
) -> None:
    """Serve until SIGTERM or SIGINT, or with `with_parent` until standard input ends.

    `ports` are by provider and `images`; without one a free port is taken. Once all listen, one line of JSON
    on standard output tells every address. OSError where a port is taken.
    """
    wanted = ports or {}
    stop = _stop_requested(with_parent=with_parent)
    async with AsyncExitStack() as started:
        addresses = {}
        for emulator in create_emulators(images_origin):
            addresses[emulator.name] = await emulator.start(host, wanted.get(emulator.name, 0))
            started.push_async_callback(emulator.stop)
        # aiohttp waits a minute for open connections by default, and browsers keep theirs.
        runner = web.AppRunner(create_images_app(), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        started.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, wanted.get(IMAGES, 0)).start()
        addresses[IMAGES] = "http://{}:{}".format(*runner.addresses[0][:2])
        sys.stdout.write(msgspec.json.encode(addresses).decode() + "\n")
        # A pipe is buffered by blocks, and the parent waits for this line.
        sys.stdout.flush()
        await stop.wait()


def run_sandbox(
    images_origin: str,
    host: str = "127.0.0.1",
    ports: Mapping[str, int] | None = None,
    *,
    with_parent: bool = False,
) -> None:
    """Run `serve_sandbox` in an event loop of its own."""
    asyncio.run(serve_sandbox(images_origin, host, ports, with_parent=with_parent))


def _stop_requested(*, with_parent: bool) -> asyncio.Event:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        # A pipe that the parent holds ends with the parent, however it dies.
        def read() -> None:
            # os.read answers with what is there; the text layer would block until its buffer is full.
            if not os.read(sys.stdin.fileno(), 1024):
                loop.remove_reader(sys.stdin)
                stop.set()

        loop.add_reader(sys.stdin, read)
    return stop
