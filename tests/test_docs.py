"""The documentation says what is so: its tables, links, settings and commands."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from server.__main__ import COMMANDS
from server.drift.replays import REPLAYS
from server.settings import all_variables
from tests.graph import Graph
from tests.parts import ACCEPT, parts_in

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PREFIX = "MEDIAGRAPH_"
GUIDE = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```graphql\n(.*?)```\n\n```json\n(.*?)```", GUIDE, re.DOTALL)


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


def test_every_query_of_the_guide_has_an_answer() -> None:
    assert len(QUERIES) == GUIDE.count("```graphql") > 8


@pytest.mark.parametrize(("query", "answer"), QUERIES)
async def test_a_query_of_the_guide_is_answered_as_it_says(query: str, answer: str, graph: Graph) -> None:
    if "@defer" in query:
        parts = parts_in((await graph.query(query, accept=ACCEPT)).body)
        assert parts == json.loads(answer)
        return
    reply = await graph.query(query, x_request_id="guide")
    assert reply.json == json.loads(answer)


def test_the_provider_notes_name_every_route_that_is_asked_and_no_other() -> None:
    notes = (ROOT / "docs" / "providers.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| [^|]+ \| `((?:GET|POST) [^`]+)` \|", notes, re.MULTILINE))
    replayed = {route for each in REPLAYS.values() for route, _ in (each.listing, *each.others)}
    assert named == replayed | {"POST /login"}


def test_what_contributors_are_told_to_run_and_to_look_at_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL)).splitlines()
    assert blocks == ["python3 run.py test tests/server", ".ci/run"]
    for path in re.findall(r"`((?:server|schema|providers|tests)/[\w/*.]+)`", text):
        assert list(ROOT.glob(path)), path
    for module in re.findall(r"`python3 -m ([\w.]+)`", text):
        assert importlib.util.find_spec(module), module
