"""Tools of client developers read the schema: generated types, a linter, and a guard against breaking changes."""

import shutil
from pathlib import Path

import pytest

from schema.graph import build_schema
from tests.interop.node import FOLDER, Node, NodeFailed

pytestmark = pytest.mark.interop

ROOT = FOLDER.parents[1]
COMMITTED = (ROOT / "schema" / "schema.graphql").read_text()
CONTRACT = (ROOT / "tests" / "schema" / "contract.graphql").read_text()
TSC = FOLDER / "node_modules" / "typescript" / "lib" / "tsc.js"


async def checked(node: Node, folder: Path, schema: str) -> None:
    """Generate types for codegen/app.ts and let the TypeScript compiler check it; raises NodeFailed."""
    shutil.copytree(FOLDER / "codegen", folder, dirs_exist_ok=True)
    (folder / "schema.graphql").write_text(schema)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    files = await node.ask("codegen.mjs", {"folder": str(folder)})
    assert len(files) == 4
    await node.run(TSC, "--project", ".", cwd=folder)


async def test_generated_types_compile_with_a_client(node: Node, tmp_path: Path) -> None:
    await checked(node, tmp_path, build_schema().as_str())


@pytest.mark.parametrize(
    ("part", "broken", "said"),
    [
        ("): PhotoConnection", "): PhotoConnection!", r"error TS2578: Unused '@ts-expect-error'"),
        ("  title: String\n", "  title: Int\n", "error TS2322"),
        ("  reason: CoverReason!\n", "  why: CoverReason!\n", "Cannot query field .?reason"),
    ],
)
async def test_a_client_that_no_longer_fits_does_not_compile(
    node: Node, tmp_path: Path, part: str, broken: str, said: str
) -> None:
    schema = build_schema().as_str()
    assert part in schema
    with pytest.raises(NodeFailed, match=said):
        await checked(node, tmp_path, schema.replace(part, broken))


async def test_graphql_eslint_finds_nothing(node: Node) -> None:
    assert await node.ask("lint.mjs", {"schema": build_schema().as_str()}) == []


@pytest.mark.parametrize(
    ("part", "broken", "rule"),
    [
        ("  totalCount: Int!", "  total_count: Int!", "naming-convention"),
        ('"""Where a window stands in its list."""\n', "", "require-description"),
        ("  node: Photo!", "  photo: Photo!", "relay-edge-types"),
        ("  hasNextPage: Boolean!\n", "  hasNextPage: Boolean\n", "relay-page-info"),
    ],
)
async def test_graphql_eslint_sees_what_is_broken_on_purpose(
    node: Node, part: str, broken: str, rule: str
) -> None:
    schema = build_schema().as_str()
    assert part in schema
    wounded = schema.replace(part, broken)
    assert any(rule in finding for finding in await node.ask("lint.mjs", {"schema": wounded}))


@pytest.mark.parametrize("baseline", [CONTRACT, COMMITTED], ids=["contract", "committed SDL"])
async def test_nothing_breaks_clients_that_know_an_earlier_schema(node: Node, baseline: str) -> None:
    changes = await node.ask("inspect.mjs", {"old": baseline, "new": build_schema().as_str()})
    assert [change for change in changes if change["criticality"] == "BREAKING"] == []


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("  templateUrl: String\n", "  templateUrl: Int\n"),
        ("  isCover: Boolean!\n", "  isCover: Boolean\n"),
        ("  ids: [ID!]!\n", "  ids: [ID!]!, strict: Boolean!\n"),
        ("  dpr: Int = 1\n", "  dpr: Int = 1\n  strict: Boolean!\n"),
    ],
)
async def test_a_breaking_change_is_seen(node: Node, part: str, broken: str) -> None:
    schema = build_schema().as_str()
    assert part in schema
    changes = await node.ask("inspect.mjs", {"old": COMMITTED, "new": schema.replace(part, broken)})
    assert "BREAKING" in [change["criticality"] for change in changes]
