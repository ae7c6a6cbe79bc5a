"""Start mediagraph with nothing but Python: ``python3 run.py``, ``python3 run.py test``.

Installs the locked packages into ``.mediagraph/`` once, then becomes the program. Arguments are the program's own
(``serve --port 8001``, ``schema``, ``sandbox``); those after ``test`` are pytest's.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

# Older Pythons read this file as far as here, so all of it keeps to a syntax that they can parse.
if sys.version_info < (3, 11):
    sys.exit("run.py: Python 3.11 or newer is needed, this is {}.{}.{}".format(*sys.version_info))

ROOT = Path(__file__).resolve().parent
HOME = ROOT / ".mediagraph"


class CannotStart(Exception):
    """Something is missing on this machine; the one-line message says what."""


def main(arguments: Sequence[str]) -> int:
    """Install what is missing and become the program; return an exit code only where that is not possible."""
    try:
        if arguments[:1] == ["test"]:
            python = installed("test", ROOT / "requirements-dev.lock")
            paths = [str(Path(each).resolve()) if Path(each).exists() else each for each in arguments[1:]]
            # pytest takes its configuration from where it is started.
            os.chdir(ROOT)
            return become(python, ["-m", "pytest", *paths])
        return become(installed("run", ROOT / "requirements.lock"), ["-m", "server", *arguments])
    except (CannotStart, OSError) as reason:
        say(str(reason))
        return 1
    except KeyboardInterrupt:
        say("interrupted; the next start begins the installation anew")
        return 130


def installed(name: str, lock: Path) -> Path:
    """Return the interpreter of an environment that holds what the lock lists, made now where there is none."""
    environment = HOME / name
    stamp = environment / "stamp"
    wanted = stamp_of(lock)
    if not has(stamp, wanted):
        HOME.mkdir(exist_ok=True)
        with alone(HOME / "lock"):
            # Another start may have made it while this one waited.
            if not has(stamp, wanted):
                say(f"installing {lock.name} into {environment}, once")
                install(environment, lock)
                # Written last: an environment without its stamp is never used, and made anew.
                stamp.write_text(wanted, encoding="utf-8")
    return interpreter_of(environment)


def stamp_of(lock: Path) -> str:
    """Name what an environment depends on: the lock, the Python behind it, and its place, which its scripts hold."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    return f"{digest} {sys.version.split()[0]} {sys.base_prefix} {ROOT}\n"


def has(stamp: Path, wanted: str) -> bool:
    """Tell whether an environment is complete and up to date."""
    with contextlib.suppress(OSError):
        return stamp.read_text(encoding="utf-8") == wanted
    return False


def install(environment: Path, lock: Path) -> None:
    """Make the environment anew, with uv where that is here and works, else with venv and pip."""
    uv = shutil.which("uv")
    if uv is not None:
        python = str(interpreter_of(environment))
        made = ["venv", "--quiet", "--no-project", "--python", sys.executable, str(environment)]
        filled = [
            "pip",
            "sync",
            "--quiet",
            "--require-hashes",
            "--compile-bytecode",
            "--python",
            python,
            str(lock),
        ]
        remove(environment)
        if succeeds([uv, *made]) and succeeds([uv, *filled]):
            return
        say("uv could not do it; trying venv and pip")
    # Debian keeps them in a package of its own, and venv without ensurepip fails only half-way.
    if not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        raise CannotStart("this Python cannot make environments: apt install python3-venv (or install uv)")
    remove(environment)
    python = str(interpreter_of(environment))
    # --no-deps: the lock lists all there is; anything that is resolved beyond it would be unchecked.
    filled = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps"]
    if not succeeds([sys.executable, "-m", "venv", str(environment)]):
        raise CannotStart(f"no environment could be made in {environment}")
    if not succeeds([python, *filled, "--require-hashes", "--requirement", str(lock)]):
        raise CannotStart(f"the packages of {lock.name} could not be installed")


def interpreter_of(environment: Path) -> Path:
    """Return where an environment has its interpreter."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def remove(environment: Path) -> None:
    """Remove an environment, stamp first, so that a half-removed one is not taken for a whole one."""
    (environment / "stamp").unlink(missing_ok=True)
    shutil.rmtree(environment, ignore_errors=True)


def succeeds(command: Sequence[str]) -> bool:
    """Run a command from the project's folder; tell whether it succeeded."""
    return subprocess.run(command, cwd=ROOT, env=clean_environment(), check=False).returncode == 0


def clean_environment() -> Mapping[str, str]:
    """Return the environment without what would lead a Python elsewhere."""
    leading = {
        "PYTHONHOME",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "VIRTUAL_ENV",
        "PIP_USER",
        "PIP_TARGET",
        "PIP_PREFIX",
    }
    return {name: value for name, value in os.environ.items() if name not in leading}


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Wait until no other start installs, and keep them waiting meanwhile."""
    with lock.open("a+") as held:
        if sys.platform == "win32":
            # Tries for ten seconds and then raises OSError, which ends this start with a line.
            msvcrt.locking(held.fileno(), msvcrt.LK_LOCK, 1)
        else:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another start is installing; waiting for it")
                fcntl.flock(held, fcntl.LOCK_EX)
        # Closing the file lets go of it, also where this process is killed.
        yield


def become(python: Path, arguments: Sequence[str]) -> int:
    """Replace this process by the program; where a system cannot, run it and return its exit code."""
    # -P: a folder that happens to hold a `server` or `schema` must not come before ours.
    command = [str(python), "-P", *arguments]
    environ = {**clean_environment(), "PYTHONPATH": str(ROOT)}
    if sys.platform != "win32":
        os.execve(python, command, environ)
    return subprocess.run(command, env=environ, check=False).returncode


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(f"run.py: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
