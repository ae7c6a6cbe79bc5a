"""A server under callgrind, which counts the processor's instructions: as many on a busy machine as on an idle one."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from unittest.mock import patch

from tests.benchmarks.servers import SERVER_CORE, free_port, running, wait_for

PROGRAMS: Final = ("valgrind", "vgdb")
"""What is needed, both in Debian's package valgrind."""

_TOTAL: Final = re.compile(r"^totals: (\d+)$", re.MULTILINE)
_PATIENCE_S: Final = 60
# What a dictionary of text costs hangs on the hashes, which are others in each process.
_SAME_EACH_TIME: Final = {"PYTHONHASHSEED": "0"}


class Counted:
    """A server that listens on ``port``; what is written of it goes into ``folder``."""

    def __init__(self, port: int, process: int, folder: Path) -> None:
        self.port = port
        self._process = process
        self._folder = folder

    def count(self, work: Callable[[], object]) -> int:
        """Count the server's instructions while some work is done, without those of the kernel.

        At other times it is not counted, by which it is seven times as fast.
        """
        self._tell("instrumentation on")
        work()
        self._tell("dump")
        self._tell("instrumentation off")
        newest = max(self._folder.glob("counted.*"), key=lambda path: int(path.suffix[1:]))
        total = _TOTAL.search(newest.read_text(encoding="utf-8"))
        assert total is not None, f"no total in {newest}"
        return int(total[1])

    def _tell(self, command: str) -> None:
        told = ("vgdb", f"--pid={self._process}", *_meeting(self._folder), *command.split())
        subprocess.run(told, check=True, capture_output=True, timeout=_PATIENCE_S)


@contextmanager
def counted(kind: str, urls: Mapping[str, str], keeps: str, folder: Path) -> Iterator[Counted]:
    """Run one of the servers of ``tests.benchmarks.serve``; ``folder`` is an empty one."""
    port = free_port()
    serve = (sys.executable, "-m", "tests.benchmarks.serve", kind, str(port), json.dumps(urls), keeps)
    valgrind = (
        *("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", *_meeting(folder)),
        f"--callgrind-out-file={folder / 'counted'}",
    )
    with patch.dict(os.environ, _SAME_EACH_TIME), running(*valgrind, *serve, core=SERVER_CORE) as process:
        wait_for(port, process)
        yield Counted(port, process.pid, folder)


def _meeting(folder: Path) -> tuple[str, ...]:
    """Say where the counted process and whoever tells it what to do find each other."""
    return (f"--vgdb-prefix={folder / 'vgdb'}",)
