"""The Relay compiler accepts the schema, and the Relay runtime pages both ways and refetches by ids."""

import json
from pathlib import Path

import pytest

from schema.graph import build_schema
from tests.interop.listening import listening_graph
from tests.interop.node import FOLDER, Node, NodeFailed

pytestmark = pytest.mark.interop

COMPILER = FOLDER / "node_modules" / "relay-compiler" / "cli.js"


async def compiled(node: Node, folder: Path, language: str, schema: str) -> Path:
    """Compile the operations of relay/app.js against a schema; return where the artifacts are."""
    (folder / "src").mkdir()
    (folder / "artifacts").mkdir()
    (folder / "package.json").write_text('{"type": "commonjs"}')
    (folder / "schema.graphql").write_text(schema)
    source = (FOLDER / "relay" / "app.js").read_text()
    (folder / "src" / ("app.ts" if language == "typescript" else "app.js")).write_text(source)
    config = {
        "src": "./src",
        "schema": "./schema.graphql",
        "artifactDirectory": "./artifacts",
        "language": language,
        "eagerEsModules": language == "typescript",
    }
    (folder / "relay.config.json").write_text(json.dumps(config))
    await node.run(COMPILER, "relay.config.json", cwd=folder)
    return folder / "artifacts"


async def test_the_runtime_pages_forward_and_back_and_refetches_by_node(node: Node, tmp_path: Path) -> None:
    artifacts = await compiled(node, tmp_path, "javascript", build_schema().as_str())
    async with listening_graph() as there:
        listed = await there.graph.query("{ photos(first: 20) { nodes { slug } } }")
        steps = await node.ask("relay.mjs", {"url": there.url, "artifacts": str(artifacts)})

    slugs = [each["slug"] for each in listed.data["photos"]["nodes"]]
    assert steps["first"]["slugs"] == slugs[10:15]
    assert steps["first"]["pageInfo"]["hasNextPage"]
    assert steps["forward"]["slugs"] == slugs[10:20]
    assert steps["back"]["slugs"] == slugs[5:20]
    assert steps["back"]["pageInfo"]["hasPreviousPage"]
    assert len(set(steps["back"]["ids"])) == 15

    assert len(steps["card"]["gallery"]["nodes"]) == 1
    assert len(steps["refetched"]["gallery"]["nodes"]) == 2
    assert steps["refetched"]["title"] == steps["card"]["title"]
    assert [each["__typename"] for each in steps["again"].values()] == ["Photo", "Image"]
    assert all(found["id"] == asked for asked, found in steps["again"].items())
    assert steps["requests"] == 6


async def test_types_are_not_null_where_null_only_means_an_error(node: Node, tmp_path: Path) -> None:
    artifacts = await compiled(node, tmp_path, "typescript", build_schema().as_str())
    types = (artifacts / "app_activity.graphql.ts").read_text()
    assert "readonly gallery: {" in types
    assert "readonly title: string | null | undefined;" in types


@pytest.mark.parametrize(
    ("part", "broken", "said"),
    [
        ("  pageInfo: PageInfo!", "  about: PageInfo!", "pageInfo"),
        ("  ): PhotoConnection", "  ): [Photo]", "app_photos"),
        ("  endCursor: String", "  lastCursor: String", "endCursor"),
        ("  node(", "  anything(", "node"),
    ],
)
async def test_the_compiler_refuses_what_is_broken_on_purpose(
    node: Node, tmp_path: Path, part: str, broken: str, said: str
) -> None:
    schema = build_schema().as_str()
    assert part in schema
    with pytest.raises(NodeFailed, match=said):
        await compiled(node, tmp_path, "javascript", schema.replace(part, broken))
