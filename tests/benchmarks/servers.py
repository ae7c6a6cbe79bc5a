"""The servers that are compared, as processes: started, asked for what they cost, and ended."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.benchmarks.serve import KINDS

SERVER_CORE: Final = 0
OTHER_CORE: Final = 1
PEERS: Final = ("apollo", "yoga", "mercurius")
_OBJECTS: Final = "+lru"
HAND_KEPT: Final = tuple(f"{name}{_OBJECTS}" for name in PEERS)
"""The peers again, which keep answers as objects in a cache written by hand, where the others use their client's."""
ALL: Final = (*KINDS, *PEERS, *HAND_KEPT)

_FOLDER = Path(__file__).parent / "peers"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_START_S = 60


class Server:
    """One running server; ``path`` is where it takes requests."""

    def __init__(self, name: str, port: int, process: int) -> None:
        self.name = name
        self.port = port
        self.path = "/" if name == "naive" else "/graphql"
        self._process = process

    @property
    def cpu_s(self) -> float:
        """How much processor time it has used, all of its threads together."""
        return cpu_s_of(self._process)

    @property
    def megabytes(self) -> float:
        """How much memory it takes now."""
        resident = Path(f"/proc/{self._process}/statm").read_text(encoding="ascii").split()[1]
        return int(resident) * _PAGE_BYTES / 2**20


def cpu_s_of(process: int) -> float:
    """Tell how much processor time the threads of a process have used."""
    threads = Path(f"/proc/{process}/task").iterdir()
    # In nanoseconds, where the process's own line counts in hundredths of a second.
    return sum(int((each / "schedstat").read_text(encoding="ascii").split()[0]) for each in threads) / 1e9


@contextmanager
def running(*command: str, core: int, folder: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a program on a core until the block ends."""
    own = os.sched_getaffinity(0)
    # Inherited by the program and every thread that it starts.
    os.sched_setaffinity(0, {core})
    # A log line a request goes where nobody waits for it.
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
    )
    os.sched_setaffinity(0, own)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def upstream(delay_ms: float = 0.0) -> Iterator[dict[str, str]]:
    """Run the providers; these are their addresses."""
    command = (sys.executable, "-m", "tests.benchmarks.upstream", str(delay_ms))
    with running(*command, core=OTHER_CORE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())


@contextmanager
def served(name: str, urls: Mapping[str, str], keeps: str) -> Iterator[Server]:
    """Run a server over the providers; ``keeps`` as in ``tests.benchmarks.serve``."""
    port, given = free_port(), json.dumps(urls)
    own = (sys.executable, "-m", "tests.benchmarks.serve", name, str(port), given, keeps)
    peer, keeps_objects, _ = name.partition(_OBJECTS)
    others = ("node", "serve.js", peer, str(port), given, "decoded" if keeps_objects else keeps)
    command, folder = (others, _FOLDER) if peer in PEERS else (own, None)
    with running(*command, core=SERVER_CORE, folder=folder) as process:
        wait_for(port, process)
        yield Server(name, port, process.pid)


def installed_peers() -> tuple[str, ...]:
    """Install the peers where that is still to be done; none where there is no Node."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return ()
    lock = _FOLDER / "package-lock.json"
    stamp = _FOLDER / "node_modules" / ".installed-lock"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock.read_text(encoding="utf-8"):
        subprocess.run([npm, "ci", "--no-progress", "--loglevel=error"], cwd=_FOLDER, check=True)
        shutil.copy(lock, stamp)
    return *PEERS, *HAND_KEPT


def versions() -> str:
    """Name what the peers are."""
    wanted: dict[str, str] = json.loads((_FOLDER / "package.json").read_text(encoding="utf-8"))[
        "dependencies"
    ]
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    shown = ("@apollo/server", "graphql-yoga", "graphql-jit", "mercurius", "undici")
    return ", ".join([f"Node {node[1:]}", *(f"{name} {wanted[name]}" for name in shown)])


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[str]) -> None:
    """Wait until somebody listens."""
    give_up = time.monotonic() + _START_S
    while time.monotonic() < give_up and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{process.args!r} does not listen")
