"""The documentation says what is so: its tables, links, settings and commands."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from server.__main__ import COMMANDS
from server.settings import all_variables

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PREFIX = "MEDIAGRAPH_"


def capacity_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("capacity", ROOT / "docs" / "capacity.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up there.
    sys.modules["capacity"] = module
    spec.loader.exec_module(module)
    return module


def test_the_tables_of_scaling_are_what_the_commands_above_them_print() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    shown = re.findall(r"^python3 docs/capacity.py(.*)\n```\n\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert len(shown) == 2
    for arguments, table in shown:
        command = [sys.executable, str(ROOT / "docs" / "capacity.py"), *arguments.split()]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == table


@pytest.mark.parametrize("caches", [1, 4])
def test_requests_that_are_played_come_to_what_is_reckoned(caches: int) -> None:
    capacity = capacity_module()
    load = capacity.Load(requests=2_000_000, catalogue=5_000, fresh_s=30.0)
    assert capacity.simulate(load, caches) == pytest.approx(capacity.calls(load, caches), rel=0.02)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_settings_and_commands_that_are_named_exist(page: Path) -> None:
    known = {variable.name for variable in all_variables()}
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", text)) <= known
    for ending in re.findall(rf"{PREFIX}<PROVIDER>(_[A-Z_]+)", text):
        assert f"{PREFIX}FORGE{ending}" in known
    assert set(re.findall(r"`mediagraph ([a-z]+)", text)) <= set(COMMANDS)
