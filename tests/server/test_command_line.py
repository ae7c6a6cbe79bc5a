"""The command line, as real processes: what it starts, what it says, and that nothing outlives it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import pytest

from server.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
SANDBOX_LINE = re.compile(r"A graph finds them by MEDIAGRAPH_SANDBOX_URLS='(.*)'")


def environment(**variables: str) -> dict[str, str]:
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("MEDIAGRAPH_")}
    settings = {f"MEDIAGRAPH_{name}": text for name, text in variables.items()}
    return {**inherited, **settings, "PYTHONPATH": str(ROOT)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "server", *arguments]


def ended(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        command(*arguments),
        env=environment(**variables),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class Program:
    """A running command. All that it starts inherits its standard error, whose end is therefore the end of all."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.process = subprocess.Popen(
            command(*arguments),
            env=environment(**variables),
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        # A program that never says what a test waits for is ended, so that the test fails and does not hang.
        self.guard = threading.Timer(PATIENCE_S, self.process.kill)
        self.guard.start()

    def line(self, pattern: str) -> re.Match[str]:
        """Read until a line fits."""
        assert self.process.stdout
        said = []
        for line in self.process.stdout:
            said.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"ended without saying {pattern!r}, but {said}")

    def origin(self) -> str:
        return self.line(r"listens on (http://\S+)$")[1]

    def all_ended(self) -> tuple[int, str]:
        """Wait until it and everything that it started has ended: its exit code, and what was said of errors."""
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.guard.cancel()
        self.process.kill()
        self.process.communicate()


def status_of(url: str) -> int:
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as response:
        return int(response.status)


@contextmanager
def taken_port() -> Iterator[int]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_where_it_says_and_ends_in_order_with_all_that_it_started(number: signal.Signals) -> None:
    with Program("--port", "0") as program:
        origin = program.origin()
        assert program.line("MUSEMENT: (.+)")[1] == "emulated"
        assert status_of(f"{origin}/healthz") == 200
        program.process.send_signal(number)
        assert program.all_ended() == (0, "")


def test_nothing_outlives_a_program_that_is_killed() -> None:
    with Program("serve", "--port", "0") as program:
        program.origin()
        program.process.kill()
        assert program.all_ended() == (-signal.SIGKILL, "")


def test_a_sandbox_that_runs_already_is_used_and_left_alone() -> None:
    with Program("sandbox") as sandbox:
        urls = sandbox.line(SANDBOX_LINE.pattern)[1]
        with Program("--port", "0", SANDBOX_URLS=urls) as program:
            program.origin()
            program.process.terminate()
            assert program.all_ended() == (0, "")
        assert status_of(json.loads(urls)["forge"] + "/_emulator/hits") == 200


def test_workers_answer_and_end_together() -> None:
    with Program("--port", "0", "--workers", "2") as program:
        origin = program.origin()
        assert {status_of(f"{origin}/healthz") for _ in range(8)} == {200}
        program.process.terminate()
        assert program.all_ended() == (0, "")


def test_workers_do_not_outlive_a_parent_that_is_killed() -> None:
    with Program("--port", "0", "--workers", "2") as program:
        program.origin()
        program.process.kill()
        code, _ = program.all_ended()
        assert code == -signal.SIGKILL


def test_a_port_in_use_is_said_in_one_line() -> None:
    with taken_port() as port:
        result = ended("--port", str(port))
    assert result.returncode == 1
    assert result.stderr == f"mediagraph: port {port} of 127.0.0.1 is in use; choose another with --port\n"


def test_an_address_of_another_machine_is_said_in_one_line() -> None:
    result = ended("--port", "0", "--host", "192.0.2.1")
    assert result.returncode == 1
    assert re.fullmatch(r"mediagraph: port 0 of 192\.0\.2\.1 cannot be listened on: .+\n", result.stderr)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_wrong_setting_stops_the_start_in_one_line(workers: str) -> None:
    result = ended("--port", "0", "--workers", workers, DEADLINE_S="soon")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == "mediagraph: MEDIAGRAPH_DEADLINE_S: wanted seconds from 0.01 to 600, got 'soon'\n"


def test_an_unknown_setting_is_warned_of_at_the_start() -> None:
    with Program("--port", "0", FROGE_URL="x") as program:
        program.origin()
        program.process.terminate()
        warning = "mediagraph: MEDIAGRAPH_FROGE_URL is no setting; did you mean MEDIAGRAPH_FORGE_URL?\n"
        assert program.all_ended() == (0, warning)


def test_without_a_sandbox_each_provider_says_what_it_lacks() -> None:
    with Program("--port", "0", SANDBOX="false", FORGE_URL="https://acme.org") as program:
        program.origin()
        assert program.line("MUSEMENT: (.+)")[1] == "not configured, set MEDIAGRAPH_MUSEMENT_APPLICATION"
        assert program.line("CLUB_MED: (.+)")[1] == "not configured, set MEDIAGRAPH_CLUBMED_API_KEY"
        assert program.line("FORGE: (.+)")[1] == "configured"
        program.process.terminate()
        assert program.all_ended() == (0, "")


def test_the_sandbox_alone_says_where_it_listens_until_it_is_ended() -> None:
    with Program("sandbox") as program:
        urls = json.loads(program.line(SANDBOX_LINE.pattern)[1])
        assert sorted(urls) == ["clubmed", "forge", "images", "musement"]
        assert status_of(f"{urls['forge']}/v2/content/en-us/photos") == 200
        program.process.terminate()
        assert program.all_ended() == (0, "")


def test_a_sandbox_whose_port_is_in_use_says_so() -> None:
    with taken_port() as port:
        result = ended("sandbox", "--port", str(port))
    assert result.returncode == 1
    # The sandbox takes four ports side by side, and another of them may be in use too.
    assert any(str(port + each) in result.stderr for each in range(4))
    assert "Traceback" not in result.stderr


def test_the_schema_is_printed_as_a_document() -> None:
    result = ended("schema")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")


def test_the_settings_are_listed_with_their_defaults() -> None:
    result = ended("settings")
    assert result.returncode == 0
    assert "MEDIAGRAPH_DEADLINE_S\n    time limit of one GraphQL request\n" in result.stdout
    assert "seconds from 0.01 to 600; default 10\n" in result.stdout


def test_the_version_is_printed() -> None:
    assert ended("--version").stdout == f"mediagraph {VERSION}\n"


@pytest.mark.parametrize(
    "arguments",
    [("sevre",), ("--port", "65536"), ("--port", "http"), ("--workers", "0"), ("sandbox", "--port", "65535")],
)
def test_a_wrong_argument_is_refused(arguments: tuple[str, ...]) -> None:
    result = ended(*arguments)
    assert result.returncode == 2
    assert "error: " in result.stderr
    assert arguments[-1] in result.stderr


def test_a_package_that_shadows_ours_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "schema.py").write_text("", encoding="utf-8")
    result = subprocess.run(
        command("--port", "0"),
        env={**environment(), "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert result.returncode == 1
    assert f"the package 'schema' comes from {tmp_path / 'schema.py'}, not from {ROOT}" in result.stderr
