"""The three emulated providers and their pictures, as one child process."""

import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from server.settings_sandbox import SandboxUrls, sandbox_urls

# The emulators are no part of the program, so nothing of it imports them: another interpreter does.
_RUN = """
import json, sys
from providers.emulation.sandbox import run_sandbox
try:
    run_sandbox(**json.loads(sys.argv[1]), with_parent=True)
except OSError as error:
    sys.exit(f"mediagraph: {error}")
"""
_ROOT = Path(__file__).resolve().parents[1]


class SandboxError(Exception):
    """The emulators could not be started; the one-line message says why."""


def sandbox_command(images_origin: str, host: str = "127.0.0.1", port: int = 0) -> list[str]:
    """Return the command that runs the emulators until its standard input ends.

    ``images_origin`` is where clients will load the pictures from. ``port`` is the first of four in a row,
    in the order of SandboxUrls; 0 means free ones.
    """
    names = SandboxUrls.__struct_fields__
    ports = {name: port + offset for offset, name in enumerate(names)} if port else {}
    asked = {"images_origin": images_origin, "host": host, "ports": ports}
    # -P: a `providers` folder where the program was started must not come before ours.
    return [sys.executable, "-P", "-c", _RUN, msgspec.json.encode(asked).decode()]


class Sandbox:
    """The emulators' process, from its making to the end of the ``with`` block.

    It holds the other end of the child's standard input, so the child also ends where this process is killed. A child
    that has not ended ``stop_s`` after it was asked to is ended.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], stop_s: float = 5.0) -> None:
        self._stop_s = stop_s
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environ, "PYTHONPATH": str(_ROOT)},
            # Ctrl-C is for us alone: the emulators serve until the last request has been answered.
            start_new_session=True,
        )
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def urls(self, timeout_s: float) -> SandboxUrls:
        """Wait for the line that tells where the child listens; raise SandboxError where none comes."""
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            raise SandboxError(f"the sandbox was not ready after {timeout_s:g} s") from None
        if not line:
            raise SandboxError(f"the sandbox ended with code {self._process.wait()} before it was ready")
        try:
            return sandbox_urls(line)
        except ValueError as error:
            raise SandboxError(f"the sandbox did not tell its URLs but {line[:200]!r}") from error

    def wait(self) -> int:
        """Wait until the child has ended; return its exit code."""
        return self._process.wait()

    def stop(self) -> None:
        """Ask the child to end, and end it where it does not."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(self._stop_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        if self._process.stdout:
            with self._process.stdout as stream:
                # Read on after the first line, so that a talkative child never waits for us.
                for line in stream:
                    self._lines.put(line)
        self._lines.put(b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
