"""Trusted documents: manifests of three makers, three modes, and a start that a stale manifest stops."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from server.operations.trusted import StaleManifest, load_trusted
from tests.graph import running_graph

QUERY = "query Trusted($n: Int = 2) { photos(first: $n) { nodes { slug } } }"
HASH = hashlib.sha256(QUERY.encode()).hexdigest()
MANIFESTS = {
    "apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": HASH, "name": "Trusted", "type": "query", "body": QUERY}],
    },
    "relay": {HASH: QUERY},
    "codegen": {f"sha256:{HASH}": QUERY},
}


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS)
def test_the_manifests_of_three_makers_are_read(tmp_path: Path, manifest: object) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(manifest))

    assert load_trusted(file) == load_trusted(tmp_path) == {HASH: QUERY}


def test_documents_of_a_folder_are_known_by_their_hash(tmp_path: Path) -> None:
    (tmp_path / "trusted.graphql").write_text(QUERY)

    assert load_trusted(tmp_path) == {HASH: QUERY}


@pytest.mark.parametrize(
    "content", ["", "[]", "7", '{"a": 1}', '{"format": "apollo-persisted-query-manifest"}']
)
def test_a_file_that_is_no_manifest_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(content)

    with pytest.raises(StaleManifest, match=r"^manifest\.json: wanted"):
        load_trusted(file)


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps(MANIFESTS["relay"]))
    return str(file)


async def test_a_document_is_asked_for_by_its_id_alone(manifest: str) -> None:
    headers = {"content-type": "application/json"}
    bodies = [
        {"documentId": f"sha256:{HASH}"},
        {"id": HASH},
        {"doc_id": HASH},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}},
    ]
    async with running_graph(trusted_documents=manifest, trusted_mode="enforce") as graph:
        answers = [
            await graph.send("POST", "/graphql", json.dumps(body).encode(), headers) for body in bodies
        ]
        answers.append(await graph.send("GET", f'/graphql/{HASH}?variables={{"n":2}}'))
        answers.append(
            await graph.send("GET", f"/graphql/{HASH}", headers={"accept": "text/html, */*;q=0.1"})
        )
        answers.append(await graph.query(QUERY))

    assert [len(answer.data["photos"]["nodes"]) for answer in answers] == [2] * 7


async def test_where_they_are_required_no_other_document_runs(manifest: str) -> None:
    other = "{ __typename }"
    persisted = {"version": 1, "sha256Hash": hashlib.sha256(other.encode()).hexdigest()}
    body = json.dumps({"query": other, "extensions": {"persistedQuery": persisted}}).encode()
    async with running_graph(trusted_documents=manifest, trusted_mode="enforce") as graph:
        refused = [
            await graph.query(other),
            await graph.send("POST", "/graphql", body, {"content-type": "application/json"}),
            await graph.send("GET", f"/graphql/{'0' * 64}"),
        ]

    assert [reply.status for reply in refused] == [400, 400, 404]
    assert {reply.errors[0]["extensions"]["code"] for reply in refused} == {"DOCUMENT_NOT_TRUSTED"}


async def test_where_they_are_logged_others_run_and_leave_their_hash(manifest: str) -> None:
    async with running_graph(trusted_documents=manifest, trusted_mode="log") as graph:
        with capture_logs() as logs:
            reply = await graph.query("{ __typename }")

    assert reply.data == {"__typename": "Query"}
    strangers = [entry for entry in logs if entry["event"] == "document_not_trusted"]
    assert [len(entry["sha256"]) for entry in strangers] == [64]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ("{ photos { nodes { gone } } }", "Cannot query field 'gone'"),
        ("{ photos(first: 500) { nodes { tags { photos { nodes { slug } } } } } }", "at most 2000 calls"),
        ("{", "Syntax Error"),
    ],
)
def test_a_stale_manifest_stops_the_start_with_one_line(tmp_path: Path, document: str, why: str) -> None:
    file = tmp_path / "manifest.json"
    file.write_text(json.dumps({"abc": document}))
    environ = {
        "MEDIAGRAPH_TRUSTED_DOCUMENTS": str(file),
        "MEDIAGRAPH_SANDBOX": "false",
        "PATH": os.environ["PATH"],
    }
    started = subprocess.run(
        [sys.executable, "-m", "server", "--port", "0"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert started.returncode == 2
    (line,) = started.stderr.splitlines()
    assert line.startswith("mediagraph: MEDIAGRAPH_TRUSTED_DOCUMENTS: document abc: ")
    assert why in line
