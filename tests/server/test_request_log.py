"""Log lines: what each request was and cost, and nothing that is secret."""

import hashlib
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from server.logs import configure_logs
from server.settings import Settings, load_settings
from tests.graph import Graph, running_graph

QUERY = 'query Page($uuid: ID! = "planted-variable") { photos(first: 2) { nodes { title } } node(id: $uuid) { id } }'
PLANTED = {
    "MUSEMENT_APPLICATION": "planted-application",
    "MUSEMENT_TOKEN": "planted-token",
    "CLUBMED_API_KEY": "planted-clubmed-key",
    "METRICS_TOKEN": "planted-metrics-token",
    "ADMIN_TOKEN": "planted-admin-token",
    "CLIENT_KEYS": "shop=planted-client-key",
    "ROUTER_SECRET": "planted-router-secret",
    "CACHE_URL": "redis://cache:planted-password@127.0.0.1:1/0",
}


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Catch what is logged, and leave logging as it was."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    with io.StringIO() as caught:
        yield caught
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def planted_settings() -> Settings:
    return load_settings({f"MEDIAGRAPH_{name}": text for name, text in PLANTED.items()})


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


async def test_a_request_is_one_line_with_its_operation_calls_time_and_codes(
    graph: Graph, stream: io.StringIO
) -> None:
    configure_logs("json", "info", Settings(), stream)
    await graph.query(QUERY, {"uuid": "planted-variable"}, x_request_id="r-1")
    (line,) = lines(stream)
    assert line["event"] == "request"
    assert line["request_id"] == "r-1"
    assert line["operation"] == "Page"
    assert line["hash"] == hashlib.sha256(QUERY.encode()).hexdigest()
    assert line["cost"] == {"calls": 2, "items": 2}
    assert line["calls"] == {"MISS": 1}
    assert line["codes"] == ["BAD_USER_INPUT"]
    assert line["status"] == 200
    assert line["ms"] > 0


async def test_a_batch_is_one_line_with_the_cost_of_all_its_operations(
    graph: Graph, stream: io.StringIO
) -> None:
    configure_logs("json", "info", Settings(), stream)
    asked = [{"query": f"query Q{n} {{ photos(first: {n}) {{ nodes {{ title }} }} }}"} for n in (2, 3)]
    await graph.send("POST", "/graphql", json.dumps(asked).encode(), {"content-type": "application/json"})
    (line,) = lines(stream)
    assert line["operation"] == "Q2,Q3"
    assert line["cost"] == {"calls": 2, "items": 5}


async def test_the_codes_of_an_answer_in_parts_and_of_a_trusted_document_stand_in_the_line(
    stream: io.StringIO, tmp_path: Path
) -> None:
    trusted = "query Trusted { photos(first: 1) { nodes { title } } }"
    digest = hashlib.sha256(trusted.encode()).hexdigest()
    (tmp_path / "manifest.json").write_text(json.dumps({digest: trusted}), encoding="utf-8")
    async with running_graph(TRUSTED_DOCUMENTS=str(tmp_path / "manifest.json")) as graph:
        configure_logs("json", "info", Settings(), stream)
        await graph.query('{ ... @defer { node(id: "x") { id } } }', accept="multipart/mixed")
        await graph.send("GET", f"/graphql/sha256:{digest}")
    parts, document = lines(stream)
    assert parts["codes"] == ["BAD_USER_INPUT"]
    assert (document["operation"], document["status"]) == ("Trusted", 200)


async def test_variables_and_the_document_are_never_logged(graph: Graph, stream: io.StringIO) -> None:
    configure_logs("json", "debug", Settings(), stream)
    await graph.query(QUERY, {"uuid": "planted-variable"}, authorization="Bearer planted-header")
    await graph.query("query planted_broken {", {"uuid": "planted-variable"})
    assert len(lines(stream)) == 2
    assert "planted" not in stream.getvalue()


async def test_probes_and_pages_write_no_line(graph: Graph, stream: io.StringIO) -> None:
    configure_logs("json", "info", Settings(), stream)
    for path in ("/healthz", "/readyz", "/metrics", "/schema.graphql"):
        assert (await graph.send("GET", path)).status == 200
    assert stream.getvalue() == ""


async def test_a_name_that_is_no_operation_of_the_document_is_not_logged(
    graph: Graph, stream: io.StringIO
) -> None:
    configure_logs("json", "info", Settings(), stream)
    body = json.dumps({"query": "query A { __typename }", "operationName": "planted"}).encode()
    await graph.send("POST", "/graphql", body, {"content-type": "application/json"})
    (line,) = lines(stream)
    assert line["codes"] == ["OPERATION_RESOLUTION_FAILURE"]
    assert "planted" not in stream.getvalue()


def test_a_secret_in_whatever_is_logged_is_blotted_out(stream: io.StringIO) -> None:
    configure_logs("json", "info", planted_settings(), stream)
    # A client's key is not kept, so that nothing but its SHA-256 could be found.
    secrets = [text for name, text in PLANTED.items() if name != "CLIENT_KEYS"]
    log = structlog.get_logger()
    log.info("said", text=f"got {' '.join(secrets)}", deep={"a": [(secrets[0],)], secrets[1]: 1})
    try:
        int(secrets[2])
    except ValueError:
        log.exception("failed")
        logging.getLogger("aiohttp.client").exception("of a library: %s", secrets[3])
    logging.getLogger("redis").warning("refused planted-password")
    assert len(lines(stream)) == 4
    assert "planted" not in stream.getvalue()
    assert stream.getvalue().count("[secret]") >= len(secrets) + 4


def test_text_for_people_has_no_secret_either(stream: io.StringIO) -> None:
    configure_logs("text", "info", planted_settings(), stream)
    structlog.get_logger().info("said", text="planted-token")
    assert "[secret]" in stream.getvalue()
    assert "planted" not in stream.getvalue()


def test_lines_below_the_level_are_not_written(stream: io.StringIO) -> None:
    configure_logs("json", "warning", Settings(), stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


async def test_no_planted_secret_shows_in_logs_metrics_or_readiness(stream: io.StringIO) -> None:
    configure_logs("json", "debug", planted_settings(), stream)
    async with running_graph(**PLANTED) as graph:
        await graph.query("{ photos(first: 1) { nodes { title } } }", x_mediagraph_key="planted-client-key")
        graph.musement.hits.clear()
        told = [
            await graph.send("GET", "/readyz"),
            await graph.send("GET", "/metrics", headers={"authorization": "Bearer planted-metrics-token"}),
            await graph.send("GET", "/metrics", headers={"authorization": "Bearer planted-wrong"}),
        ]
    assert [reply.status for reply in told] == [200, 200, 401]
    assert "planted" not in stream.getvalue() + "".join(reply.body.decode() for reply in told)


async def test_a_requests_line_has_no_secret_however_it_is_written(graph: Graph, stream: io.StringIO) -> None:
    configure_logs("json", "info", load_settings({"MEDIAGRAPH_CLUBMED_API_KEY": "Planted"}), stream)
    await graph.query("query PlantedPage { __typename }", x_request_id="Planted-1")
    await graph.query("query Page { __typename }", x_request_id="r-1")
    hidden, plain = lines(stream)
    assert (hidden["operation"], hidden["request_id"]) == ("[secret]Page", "[secret]-1")
    assert (plain["operation"], plain["request_id"]) == ("Page", "r-1")
    assert list(hidden) == list(plain)
    assert plain["timestamp"].endswith("Z")


async def test_what_is_bound_for_every_line_stands_in_a_requests_line_too(
    graph: Graph, stream: io.StringIO
) -> None:
    configure_logs("json", "info", Settings(), stream)
    with structlog.contextvars.bound_contextvars(pod="web-1"):
        await graph.query("{ __typename }")
    await graph.query("{ __typename }")
    assert [line.get("pod") for line in lines(stream)] == ["web-1", None]
