"""The schema on the command line, as each kind of larger graph reads it."""

import pytest
from graphql import build_schema as read_sdl

from schema.dialects import DIALECTS, dialect_sdl
from schema.graph import build_schema, build_subgraph
from schema.stitching import stitching_sdl
from server.__main__ import main, parser
from tests.graph import Graph


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_command_line_prints_every_dialect(dialect: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--dialect", dialect]) == 0
    assert capsys.readouterr().out == dialect_sdl(dialect, "2.9")


def test_the_command_line_knows_no_other_dialect(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["schema", "--dialect", "latin"])
    said = capsys.readouterr().err
    assert all(dialect in said for dialect in DIALECTS)
    assert parser().parse_args(["schema"]).dialect == "plain"


def test_the_federation_version_is_the_settings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDIAGRAPH_FEDERATION_VERSION", "2.3")
    main(["schema", "--dialect", "federation"])
    assert capsys.readouterr().out == dialect_sdl("federation", "2.3")
    monkeypatch.setenv("MEDIAGRAPH_FEDERATION_VERSION", "1.0")
    assert main(["schema", "--dialect", "federation"]) == 2
    assert "MEDIAGRAPH_FEDERATION_VERSION" in capsys.readouterr().err


async def test_what_is_printed_is_what_is_served(graph: Graph) -> None:
    reply = await graph.query("{ _sdl _service { sdl } }")
    assert reply.data["_sdl"] == dialect_sdl("stitching", "2.9")
    assert reply.data["_service"]["sdl"] == dialect_sdl("federation", "2.9")
    plain = await graph.send("GET", "/schema.graphql")
    assert plain.body.decode() == dialect_sdl("plain", "2.9")


@pytest.mark.parametrize("dialect", ["plain", "stitching", "composite"])
def test_dialects_that_define_their_directives_can_be_read_without_knowing_them(dialect: str) -> None:
    assert read_sdl(dialect_sdl(dialect, "2.9")).query_type


def test_the_stitching_dialect_is_the_same_of_the_plain_and_the_served_schema() -> None:
    assert stitching_sdl(build_schema().as_str()) == stitching_sdl(build_subgraph().as_str())
