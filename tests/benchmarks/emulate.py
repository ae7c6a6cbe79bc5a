"""One emulated provider in a process of its own, for benchmarks that stop it: prints its URL, ends with its stdin."""

import argparse
import asyncio
import sys

from providers.clubmed.emulator import create_emulator as create_clubmed
from providers.emulation.emulator import Emulator
from providers.forge.emulator import create_emulator as create_forge
from providers.musement.emulator import create_emulator as create_musement


def created(name: str) -> Emulator:
    """Make the emulator of a provider's name."""
    return {"musement": create_musement, "clubmed": create_clubmed, "forge": create_forge}[name]()


async def emulate(name: str) -> None:
    """Serve until stdin ends."""
    emulator = created(name)
    sys.stdout.write(await emulator.start() + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await emulator.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=["musement", "clubmed", "forge"])
    asyncio.run(emulate(parser.parse_args().name))
