"""The running graph: its socket, its sandbox, and the server that answers."""

import errno
import importlib
import importlib.util
import ipaddress
import math
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import msgspec
import uvicorn

from server.garbage import spare_collections
from server.sandbox import Sandbox, sandbox_command
from server.settings import (
    Settings,
    foreign_environment,
    hand_on_metrics_folder,
    hand_on_purge_file,
    hand_on_sandbox,
    pointed_at,
    settings_from_environment,
)
from server.version import VERSION
from server.workers import Workers

# Usually a second or two; this is for a cold disk on a busy machine.
_SANDBOX_START_S = 30.0
# The last request may use its whole deadline, and then has to be written.
_DRAIN_MARGIN_S = 1.0


class StartError(Exception):
    """The program cannot start here; the one-line message says why."""


def serve(host: str, port: int, workers: int) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code.

    Raises SettingsError, StartError or SandboxError.
    """
    settings = settings_from_environment()
    refuse_foreign_packages()
    for warning in settings.warnings:
        sys.stderr.write(f"mediagraph: {warning}\n")
    with interruptible(), ExitStack() as stack:
        # First of all: a taken port costs no sandbox, and the pictures' addresses need its number.
        listener = stack.enter_context(closing(bound(host, port)))
        origin = settings.public_url or local_origin(host, listener)
        if settings.wants_sandbox and settings.sandbox_urls is None:
            sandbox = stack.enter_context(Sandbox(sandbox_command(origin), foreign_environment()))
            if workers == 1:
                # The import takes as long as the emulators need to start: let both happen at once.
                importlib.import_module("server.app")
            urls = sandbox.urls(_SANDBOX_START_S)
            hand_on_sandbox(urls)
            settings = pointed_at(settings, urls)
        if workers > 1:
            purges = stack.enter_context(tempfile.NamedTemporaryFile(prefix="mediagraph-purges-"))
            hand_on_purge_file(Path(purges.name))
        return run(settings, listener, origin, workers)
    return 0


def show_sandbox(command: Sequence[str]) -> int:
    """Run the emulators and say where, until SIGINT or SIGTERM; return the exit code. Raises SandboxError."""
    with interruptible(), Sandbox(command, foreign_environment()) as sandbox:
        urls = sandbox.urls(_SANDBOX_START_S)
        for name, url in msgspec.structs.asdict(urls).items():
            sys.stdout.write(f"{name}: {url}\n")
        found_by = msgspec.json.encode(urls).decode()
        sys.stdout.write(f"A graph finds them by MEDIAGRAPH_SANDBOX_URLS='{found_by}'\n")
        sys.stdout.flush()
        return sandbox.wait()
    return 0


@contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM be what Ctrl-C is, and either of them an end in order and no failure."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        yield


def run(settings: Settings, listener: socket.socket, origin: str, workers: int) -> int:
    """Run the server on the socket, in this process or in several; return the exit code."""
    config = uvicorn.Config(
        # By name: a worker is a new process that imports it for itself.
        "server.app:app_from_environment" if workers == 1 else "server.workers:worker_app",
        factory=True,
        workers=workers,
        http="server.http_protocol:BoundedProtocol",
        lifespan="on",
        ws="none",
        server_header=False,
        # Such a line would hold the query string of a GET, variables and all.
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=math.ceil(settings.deadline_s + _DRAIN_MARGIN_S),
    )

    def announce() -> None:
        sys.stdout.write("".join(f"{line}\n" for line in greeting(settings, origin)))
        sys.stdout.flush()

    if workers == 1:
        AnnouncingServer(config, announce).run([listener])
        return 0
    with tempfile.TemporaryDirectory(prefix="mediagraph-metrics-") as folder:
        hand_on_metrics_folder(folder)
        pool = Workers(config, listener, announce)
        pool.run()
        return 0 if pool.has_started else 1


class AnnouncingServer(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then announce it."""
        await super().startup(sockets)
        spare_collections()
        self._announce()


def greeting(settings: Settings, origin: str) -> Iterator[str]:
    """Say where the graph listens, and what stands behind each provider."""
    yield f"mediagraph {VERSION} listens on {origin}"
    if settings.graphiql:
        yield f"  GraphiQL for browsers: {origin}/graphql"
    for name, provider in settings.providers.items():
        if settings.sandbox_urls:
            state = "emulated"
        elif provider.missing:
            state = f"not configured, set {' and '.join(provider.missing)}"
        else:
            state = "configured"
        yield f"  {name}: {state}"
    if settings.sandbox_urls and settings.sandbox == "auto":
        yield "  No provider is configured: all answers are made up (MEDIAGRAPH_SANDBOX=false ends that)"


def bound(host: str, port: int) -> socket.socket:
    """Return a listening socket; raise StartError where the address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        why = (
            "is in use; choose another with --port" if in_use else f"cannot be listened on: {error.strerror}"
        )
        raise StartError(f"port {port} of {host} {why}") from error


def local_origin(host: str, listener: socket.socket) -> str:
    """Return the origin under which this machine's programs reach the socket."""
    address, port = listener.getsockname()[:2]
    here = ipaddress.ip_address(address)
    name = "localhost" if here.is_loopback or here.is_unspecified else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def refuse_foreign_packages() -> None:
    """Raise StartError where a package of ours is shadowed: others may use such plain names too."""
    home = Path(__file__).resolve().parents[1]
    for name in ("schema", "resolvers", "providers"):
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None or Path(spec.origin).resolve().parents[1] != home:
            found = spec.origin if spec else "nowhere"
            raise StartError(
                f"the package {name!r} comes from {found}, not from {home}: remove what brings it"
            )
