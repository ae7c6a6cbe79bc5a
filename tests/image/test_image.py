"""The container image: linted, built from Debian's packages, and run as it would be in front of customers."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = str(ROOT / ".ci" / "image")
PATIENCE_S = 900.0
BESIDE_THIS_PYTHON = str(Path(sys.executable).parent)

pytestmark = [
    pytest.mark.image,
    pytest.mark.skipif(
        "CI" not in os.environ and not (shutil.which("buildah") and shutil.which("mmdebstrap")),
        reason="wants Debian's buildah and mmdebstrap",
    ),
]


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{BESIDE_THIS_PYTHON}{os.pathsep}{os.environ['PATH']}"}


def image(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def _built() -> None:
    result = image("build")
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    described = json.loads(image("config").stdout)
    found: dict[str, Any] = described["Docker"]["config"]
    return found


@contextmanager
def running(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the image's own command, on a free port of this machine, until the block ends."""
    on_a_free_port = ["0" if word == "8000" else word for word in command]
    with subprocess.Popen(
        [SCRIPT, "run", *on_a_free_port],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout
            line = next(line for line in process.stdout if "listens on" in line)
            found = re.search(r":(\d+)$", line.strip())
            assert found, line
            yield process, found[1]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.communicate()


def test_the_dockerfile_has_no_finding() -> None:
    result = image("lint")
    assert (result.returncode, result.stdout) == (0, "")


def test_it_answers_by_its_own_command_and_is_healthy_by_its_own_check(config: dict[str, Any]) -> None:
    with running(config["Cmd"]) as (_, port):
        query = json.dumps({"query": '{ photos(first: 2, locale: "en-US") { nodes { title } } }'}).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{port}/graphql", query, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=60) as response:
            answer = json.load(response)
        assert len(answer["data"]["photos"]["nodes"]) == 2
        check = [word.replace(":8000/", f":{port}/") for word in config["Healthcheck"]["Test"]]
        assert check[0] == "CMD"
        assert image("run", *check[1:]).returncode == 0


def test_its_health_check_fails_where_nothing_answers(config: dict[str, Any]) -> None:
    # Port 9 is discard's, which no machine of today serves.
    check = [word.replace(":8000/", ":9/") for word in config["Healthcheck"]["Test"]]
    assert image("run", *check[1:]).returncode != 0


def test_it_runs_as_nobody_in_particular_and_cannot_change_itself(config: dict[str, Any]) -> None:
    assert config["User"] == "10001:10001"
    result = image("run", "sh", "-c", "id -u; touch /opt/venv/x || touch /etc/x || touch /x")
    assert result.stdout == "10001\n"
    assert result.returncode != 0


def test_nothing_of_the_build_and_no_test_is_left_in_it() -> None:
    result = image("run", "sh", "-c", "command -v uv pip cc; find / -xdev -name 'test_image*' 2>/dev/null")
    assert result.stdout == ""


def test_what_enters_a_build_is_named() -> None:
    rules = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [rule for rule in rules if rule and not rule.startswith("#")]
    assert rules[0] == "*"
    entering = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE))
    assert entering == {name for words in copied for name in words.split()}


def test_it_has_what_its_commands_read_and_import() -> None:
    drift = image("run", "mediagraph", "drift")
    assert drift.returncode == 2
    assert "FORGE is not configured" in drift.stdout
    extras = image("run", "python", "-c", "import redis, server.opentelemetry_traces, server.warm")
    assert (extras.returncode, extras.stderr) == (0, "")
