"""Apollo's subgraph compatibility checks, their products served by the same HTTP layer as the graph."""

import pytest

from tests.interop.listening import listening_graph
from tests.interop.node import Json, Node
from tests.interop.products import products_schema

pytestmark = pytest.mark.interop

CHECKS = 23


async def checked(node: Node) -> Json:
    async with listening_graph() as there:
        sdl = (await there.graph.query("{ _service { sdl } }")).data["_service"]["sdl"]
        return await node.ask("compatibility.mjs", {"url": there.url, "sdl": sdl})


async def test_every_check_passes_federated_traces_included(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.app.build_subgraph", products_schema)
    said = await checked(node)
    assert said["failed"] == {}
    assert len(said["passed"]) == CHECKS
    assert "ftv1" in said["passed"]


async def test_the_checks_fail_where_traces_are_broken_on_purpose(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.app.build_subgraph", products_schema)
    monkeypatch.setattr("server.operations.ftv1.WANTED", "ftv2")
    assert list((await checked(node))["failed"]) == ["ftv1"]
