"""What is installed: locks that are whole and current, and package names that belong to nobody else."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from server.version import VERSION

ROOT = Path(__file__).resolve().parents[1]
OURS = ("server", "schema", "resolvers", "providers")
LOCKS = ("requirements.lock", "requirements-dev.lock")
PIN = re.compile(r"([a-z0-9-]+)==([^ ;]+)(?: ; (.+))?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


class Pin(NamedTuple):
    """A package of a lock: its version, where it is wanted, and how many files it may come in."""

    name: str
    version: Version
    marker: Marker | None
    hashes: int


def pins(lock: str) -> dict[str, Pin]:
    """Read a lock; anything in it that is no pin, hash or comment is an error."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if not line or line.lstrip().startswith("#"):
            continue
        pin, *hashes = re.split(r"\s+(?=--hash)", line.strip())
        assert all(HASH.fullmatch(each) for each in hashes), line
        match = PIN.fullmatch(pin.strip())
        assert match, line
        marker = Marker(match[3]) if match[3] else None
        found[match[1]] = Pin(match[1], Version(match[2]), marker, len(hashes))
    return found


def declared(lock: str) -> Iterator[Requirement]:
    """List what pyproject.toml asks for in a lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = [project["project"]["dependencies"]]
    if lock == "requirements-dev.lock":
        groups.append(project["dependency-groups"]["dev"])
    return (Requirement(text) for group in groups for text in group)


def needed(requirement: Requirement) -> Iterator[Requirement]:
    """List what an installed package needs here, with the extras that are asked for."""
    try:
        texts = distribution(requirement.name).requires or []
    except PackageNotFoundError:
        return
    for need in map(Requirement, texts):
        extras = [{"extra": extra} for extra in requirement.extras] or [{"extra": ""}]
        if need.marker is None or any(need.marker.evaluate(extra) for extra in extras):
            yield need


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_is_pinned_with_its_hashes(lock: str) -> None:
    assert min(pin.hashes for pin in pins(lock).values()) >= 1


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_place_on_a_machine(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"(?<![\w.])/\w|--(?:extra-)?index-url[ =]|--find-links", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_satisfies_what_the_project_and_its_packages_ask_for(lock: str) -> None:
    locked = pins(lock)
    asked = [need for need in declared(lock) if need.marker is None or need.marker.evaluate()]
    seen = set()
    while asked:
        need = asked.pop()
        if str(need) not in seen:
            seen.add(str(need))
            pin = locked[canonicalize_name(need.name)]
            assert need.specifier.contains(pin.version, prereleases=True), f"{need} but {pin.version}"
            assert pin.marker is None or pin.marker.evaluate(), f"{need} but only where {pin.marker}"
            asked += needed(need)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_everything_that_the_project_declares_for_any_system(lock: str) -> None:
    locked = pins(lock)
    for need in declared(lock):
        assert need.specifier.contains(locked[canonicalize_name(need.name)].version), need


def test_the_tests_run_on_the_versions_that_the_program_runs_on() -> None:
    run, dev = (pins(lock) for lock in LOCKS)
    assert {name: pin.version for name, pin in run.items()}.items() <= {
        name: pin.version for name, pin in dev.items()
    }.items()


@pytest.mark.parametrize("name", [*OURS, "tests"])
def test_no_other_distribution_brings_a_package_of_our_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"mediagraph"}


@pytest.mark.parametrize("name", OURS)
def test_the_packages_that_are_imported_are_those_of_this_folder(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__
    assert Path(module.__file__).resolve().parent == ROOT / name


def test_the_version_is_written_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    source = (ROOT / project["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    match = re.search(project["tool"]["hatch"]["version"]["pattern"], source)
    assert match
    assert match["version"] == VERSION
