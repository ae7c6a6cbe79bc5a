"""The servers that are compared, as processes: started, asked for what they cost, and ended."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.benchmarks import tailcall
from tests.benchmarks.serve import KINDS
from tests.benchmarks.workloads import Workload

SERVER_CORE: Final = 0
OTHER_CORE: Final = 1
_IN_NODE: Final = ("apollo", "yoga", "mercurius")
PEERS: Final = (*_IN_NODE, "tailcall")
_OBJECTS: Final = "+lru"
HAND_KEPT: Final = tuple(f"{name}{_OBJECTS}" for name in _IN_NODE)
"""The peers again, which keep answers as objects in a cache written by hand, where the others use their client's."""
ALL: Final = (*KINDS, *PEERS, *HAND_KEPT)

_FOLDER = Path(__file__).parent / "peers"
_PACKAGES = _FOLDER / "node_modules"
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
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
    )
    os.sched_setaffinity(0, own)
    # Leaving it closes the pipe and waits.
    with started as process:
        try:
            yield process
        finally:
            process.terminate()


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
    peer, keeps_objects, _ = name.partition(_OBJECTS)
    folder = None
    with tempfile.TemporaryDirectory() as written:
        if name == "tailcall":
            command = _tailcall(Path(written) / "graph.graphql", port, urls, keeps)
        elif peer in PEERS:
            command = ("node", "serve.js", peer, str(port), given, "decoded" if keeps_objects else keeps)
            folder = _FOLDER
        else:
            command = (sys.executable, "-m", "tests.benchmarks.serve", name, str(port), given, keeps)
        with running(*command, core=SERVER_CORE, folder=folder) as process:
            wait_for(port, process)
            yield Server(name, port, process.pid)


def _tailcall(written: Path, port: int, urls: Mapping[str, str], keeps: str) -> tuple[str, ...]:
    program = tailcall.program(_PACKAGES)
    assert program is not None
    configuration = tailcall.configuration(port, urls, keeps=keeps != "nothing")
    written.write_text(configuration, encoding="utf-8")
    # It logs more than a line a request otherwise.
    return "env", "TAILCALL_LOG_LEVEL=error", str(program), "start", str(written)


def asked_of(name: str, workload: Workload) -> Workload:
    """Write a workload as a server takes it."""
    return tailcall.aliased(workload) if name == "tailcall" else workload


def installed_peers() -> tuple[str, ...]:
    """Install the peers where that is still to be done; none where there is no Node."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return ()
    lock = _FOLDER / "package-lock.json"
    stamp = _PACKAGES / ".installed-lock"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != lock.read_text(encoding="utf-8"):
        subprocess.run([npm, "ci", "--no-progress", "--loglevel=error"], cwd=_FOLDER, check=True)
        shutil.copy(lock, stamp)
    rest = ("tailcall",) if tailcall.program(_PACKAGES) else ()
    return *_IN_NODE, *HAND_KEPT, *rest


def versions() -> str:
    """Name what the peers are."""
    package = json.loads((_FOLDER / "package.json").read_text(encoding="utf-8"))
    wanted: dict[str, str] = package["dependencies"] | package["optionalDependencies"]
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    shown = (
        "@apollo/server",
        "graphql-yoga",
        "graphql-jit",
        "mercurius",
        "undici",
        "@tailcallhq/core-linux-x64-gnu",
    )
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
