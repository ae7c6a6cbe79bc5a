"""Workers of one machine tell each other of purges through a file."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from providers.purge_file import PurgeFile


class Told:
    """A reader, and what it was told."""

    def __init__(self, path: Path) -> None:
        self.tags: list[str] = []
        self._came = asyncio.Event()
        self.file = PurgeFile(path)
        self.file.when_purged(self._note)

    def _note(self, tag: str) -> None:
        self.tags.append(tag)
        self._came.set()

    async def hears(self, *tags: str) -> None:
        """Wait a second at the most until all of it has come."""
        async with asyncio.timeout(1.0):
            while len(self.tags) < len(tags):
                await self._came.wait()
                self._came.clear()
        assert self.tags == list(tags)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[tuple[Told, Told]]:
    path = tmp_path / "purges"
    path.write_text("of a worker before\n", encoding="utf-8")
    readers = (Told(path), Told(path))
    for reader in readers:
        await reader.file.open()
    yield readers
    for reader in readers:
        await reader.file.close()


async def test_every_worker_hears_of_a_purge_within_a_second(two: tuple[Told, Told]) -> None:
    first, second = two
    assert await first.file.purge("FORGE")
    await second.hears("FORGE")
    assert await second.file.purge("Activity:x")
    for reader in two:
        await reader.hears("FORGE", "Activity:x")


async def test_a_line_that_is_not_whole_yet_is_read_when_it_is(
    two: tuple[Told, Told], tmp_path: Path
) -> None:
    with (tmp_path / "purges").open("ab", buffering=0) as file:
        file.write(b"MUSEMENT\nFOR")
        await two[0].hears("MUSEMENT")
        file.write(b"GE\n")
        await two[0].hears("MUSEMENT", "FORGE")


async def test_a_line_that_is_no_text_hides_none(two: tuple[Told, Told], tmp_path: Path) -> None:
    with (tmp_path / "purges").open("ab") as file:
        file.write(b"\xff\n")
    assert await two[0].file.purge("FORGE:Tag:a b")
    await two[1].hears("\ufffd", "FORGE:Tag:a b")


async def test_a_place_that_is_gone_tells_nobody(two: tuple[Told, Told], tmp_path: Path) -> None:
    shutil.rmtree(tmp_path)
    assert not await two[0].file.purge("FORGE")
    assert two[1].tags == []
    assert two[0].file.is_down
    assert two[0].file.failures >= 1
