"""The bootstrap: what it installs and when, and that it becomes the program. Nothing here reaches the network."""

import ast
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 60.0

# A uv that makes a real environment of the Python at hand and installs nothing. It notes each call, and does what the
# file "told" beside it says when it is asked to install.
UV = """#!{python}
import json, os, signal, sys, venv
from pathlib import Path
here = Path(__file__).resolve().parent
with (here / "calls").open("a") as calls:
    calls.write(json.dumps(sys.argv[1:]) + "\\n")
if sys.argv[1] == "venv":
    venv.create(sys.argv[-1], symlinks=True)
else:
    told = (here / "told").read_text() if (here / "told").exists() else ""
    if told == "fail":
        sys.exit(2)
    if told == "kill":
        os.kill(os.getppid(), signal.SIGKILL)
    if told == "wait":
        (here / "asked").write_bytes(b"?")
        (here / "answered").open("rb").read(1)
    if told == "lend":
        python = Path(sys.argv[sys.argv.index("--python") + 1])
        (folder,) = python.parents[1].glob("lib/python3*/site-packages")
        (folder / "lent.pth").write_text({packages!r})
"""
PROGRAM = """
import json, os, sys
seen = {"argv": sys.argv[1:], "cwd": os.getcwd(), "pid": os.getpid(), "prefix": sys.prefix, "ci": os.getenv("CI")}
print(json.dumps(seen))
"""


class Checkout:
    """A project of its own, in a folder with a space: the real run.py, a program that tells how it was started."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a check out"
        self.bin = folder / "bin"
        for made in (self.root / "server", self.bin):
            made.mkdir(parents=True)
        shutil.copy(ROOT / "run.py", self.root)
        (self.root / "server" / "__main__.py").write_text(PROGRAM, encoding="utf-8")
        (self.root / "pytest.py").write_text(PROGRAM, encoding="utf-8")
        for lock in ("requirements.lock", "requirements-dev.lock"):
            (self.root / lock).write_text("# nothing\n", encoding="utf-8")

    def with_uv(self, told: str = "") -> None:
        text = UV.format(python=sys.executable, packages=sysconfig.get_path("purelib"))
        (self.bin / "uv").write_text(text, encoding="utf-8")
        (self.bin / "uv").chmod(0o755)
        (self.bin / "told").write_text(told, encoding="utf-8")

    def installations(self) -> list[list[str]]:
        """Tell uv's calls that install."""
        notes = self.bin / "calls"
        calls = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
        return [call for call in map(json.loads, calls) if call[0] == "pip"]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "PATH": str(self.bin), "CI": "true", "PYTHONPATH": "/nowhere"}

    def started(self, *arguments: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(self.root / "run.py"), *arguments],
            env=self.environment(),
            cwd=cwd or self.bin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ran(self, *arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
        """Run to the end; answers the exit code, the output and the errors."""
        process = self.started(*arguments, cwd=cwd)
        output, errors = process.communicate(timeout=PATIENCE_S)
        return process.returncode, output, errors

    def pretended(self, preparation: str, *arguments: Sequence[str]) -> tuple[int, str]:
        """Run it in a Python that is made to look different; answers the exit code and the errors."""
        path = str(self.root / "run.py")
        script = f"import runpy, sys; {preparation}; sys.argv = {[path, *arguments]!r}; "
        script += f"runpy.run_path({path!r}, run_name='__main__')"
        result = subprocess.run(
            [sys.executable, "-c", script],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return result.returncode, result.stderr


def pipe(path: Path) -> int:
    """Make a named pipe and open it for both ends, which never waits for the other."""
    os.mkfifo(path)
    return os.open(path, os.O_RDWR)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_it_installs_once_and_becomes_the_program_in_the_callers_folder(checkout: Checkout) -> None:
    checkout.with_uv()
    process = checkout.started("serve", "--port", "8001")
    output, errors = process.communicate(timeout=PATIENCE_S)
    environment = checkout.root / ".mediagraph" / "run"
    assert errors == f"run.py: installing requirements.lock into {environment}, once\n"
    assert json.loads(output) == {
        "argv": ["serve", "--port", "8001"],
        "cwd": str(checkout.bin),
        "pid": process.pid,
        "prefix": str(environment),
        "ci": "true",
    }
    (call,) = checkout.installations()
    assert call[:2] == ["pip", "sync"]
    assert "--require-hashes" in call
    assert call[-1] == str(checkout.root / "requirements.lock")


def test_a_second_start_installs_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.with_uv()
    checkout.ran()
    code, output, errors = checkout.ran()
    assert (code, json.loads(output)["argv"], errors) == (0, [], "")
    assert len(checkout.installations()) == 1


def test_a_changed_lock_is_installed_anew(checkout: Checkout) -> None:
    checkout.with_uv()
    checkout.ran()
    (checkout.root / "requirements.lock").write_text("# other\n", encoding="utf-8")
    checkout.ran()
    assert len(checkout.installations()) == 2


def test_the_tests_have_an_environment_of_their_own_and_run_in_the_project(checkout: Checkout) -> None:
    checkout.with_uv()
    (checkout.bin / "test_here.py").touch()
    code, output, _ = checkout.ran("test", "-q", "test_here.py", "-k", "name")
    seen = json.loads(output)
    assert code == 0
    assert seen["argv"] == ["-q", str(checkout.bin / "test_here.py"), "-k", "name"]
    assert seen["cwd"] == str(checkout.root)
    assert seen["prefix"] == str(checkout.root / ".mediagraph" / "test")
    assert checkout.installations()[0][-1] == str(checkout.root / "requirements-dev.lock")


def test_an_installation_that_was_cut_off_is_never_used(checkout: Checkout) -> None:
    checkout.with_uv(told="kill")
    assert checkout.ran()[:2] == (-signal.SIGKILL, "")
    checkout.with_uv()
    code, output, _ = checkout.ran("after")
    assert (code, json.loads(output)["argv"]) == (0, ["after"])
    assert len(checkout.installations()) == 2


def test_of_two_starts_at_once_one_installs_and_the_other_waits(checkout: Checkout) -> None:
    checkout.with_uv(told="wait")
    asked, answered = (pipe(checkout.bin / name) for name in ("asked", "answered"))
    first = checkout.started("first")
    # Something can be read when the first start is in the middle of its installation.
    assert select.select([asked], [], [], PATIENCE_S)[0]
    second = checkout.started("second")
    assert second.stderr
    assert second.stderr.readline() == "run.py: another start is installing; waiting for it\n"
    os.write(answered, b"!")
    answers = [process.communicate(timeout=PATIENCE_S)[0] for process in (first, second)]
    assert [json.loads(answer)["argv"] for answer in answers] == [["first"], ["second"]]
    assert len(checkout.installations()) == 1
    os.close(asked)
    os.close(answered)


@pytest.mark.parametrize("has_uv", [True, False])
def test_where_uv_is_absent_or_fails_venv_and_pip_do_it(checkout: Checkout, *, has_uv: bool) -> None:
    if has_uv:
        checkout.with_uv(told="fail")
    code, output, errors = checkout.ran("x")
    assert (code, json.loads(output)["argv"]) == (0, ["x"])
    assert ("run.py: uv could not do it; trying venv and pip\n" in errors) is has_uv


def test_packages_that_cannot_be_installed_are_said_in_a_line_and_leave_nothing_usable(
    checkout: Checkout,
) -> None:
    # Without a hash pip refuses it before it asks anyone for it.
    (checkout.root / "requirements.lock").write_text("aiodataloader==0.0.0\n", encoding="utf-8")
    code, output, errors = checkout.ran()
    assert (code, output) == (1, "")
    assert errors.endswith("run.py: the packages of requirements.lock could not be installed\n")
    assert not (checkout.root / ".mediagraph" / "run" / "stamp").exists()


def test_a_python_without_venv_is_told_what_to_install(checkout: Checkout) -> None:
    code, errors = checkout.pretended("sys.modules['ensurepip'] = None")
    assert code == 1
    last = errors.splitlines()[-1]
    assert last == ("run.py: this Python cannot make environments: apt install python3-venv (or install uv)")


def test_a_folder_that_cannot_be_written_is_said_in_a_line(checkout: Checkout) -> None:
    (checkout.root / ".mediagraph").write_text("in the way", encoding="utf-8")
    code, _, errors = checkout.ran()
    assert code == 1
    assert re.fullmatch(r"run\.py: .*\.mediagraph.*\n", errors)


def test_an_old_python_can_read_the_file_and_is_told_why_it_cannot_run_it(checkout: Checkout) -> None:
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))
    code, errors = checkout.pretended("sys.version_info = (3, 10, 13)")
    assert (code, errors) == (1, "run.py: Python 3.11 or newer is needed, this is 3.10.13\n")


def test_the_real_program_starts_in_an_environment_made_so(checkout: Checkout) -> None:
    checkout.with_uv(told="lend")
    shutil.rmtree(checkout.root / "server")
    for package in ("server", "schema", "resolvers", "providers"):
        (checkout.root / package).symlink_to(ROOT / package)
    (checkout.root / "pytest.py").unlink()
    process = checkout.started("--port", "0")
    assert process.stdout
    match = re.search(r"http://\S+", process.stdout.readline())
    assert match
    with urllib.request.urlopen(f"{match[0]}/healthz", timeout=PATIENCE_S) as answer:
        assert answer.status == 200
    process.terminate()
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
