"""Warming: every request of a list is sent once, and what failed is said by its line."""

import json
from pathlib import Path

import pytest

from server.warm import WarmError, read_requests
from tests.server.test_command_line import Program, ended

GOOD = json.dumps(
    {"query": "query P($n: Int) { photos(first: $n) { nodes { title } } }", "variables": {"n": 2}}
)
BAD = json.dumps({"query": '{ node(id: "x") { id } }'})


def test_every_request_of_a_list_is_answered(tmp_path: Path) -> None:
    good, mixed = tmp_path / "good.jsonl", tmp_path / "mixed.jsonl"
    good.write_text("\n\n".join([GOOD] * 20), encoding="utf-8")
    mixed.write_text(f"{GOOD}\n\n{BAD}\n", encoding="utf-8")
    with Program("--port", "0", LOG_FORMAT="json") as program:
        url = f"{program.origin()}/graphql"
        well = ended("warm", str(good), "--url", url)
        ill = ended("warm", str(mixed), "--url", url, "--at-once", "1")
        program.process.terminate()
        _, log = program.all_ended()
    assert (well.returncode, well.stdout) == (0, "20 of 20 answered without an error\n")
    assert ill.returncode == 1
    assert ill.stdout == "line 3: BAD_USER_INPUT\n1 of 2 answered without an error\n"
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["request"] * 22


def test_a_graph_that_is_not_there_is_said_of_each_line(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(GOOD, encoding="utf-8")
    result = ended("warm", str(tmp_path / "list.jsonl"), "--url", "http://127.0.0.1:9/graphql")
    assert result.returncode == 1
    assert result.stdout.startswith("line 1: no answer (ClientConnectorError)\n")


def test_a_list_that_cannot_be_read_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(f"{GOOD}\nnonsense", encoding="utf-8")
    result = ended("warm", str(tmp_path / "list.jsonl"))
    assert result.returncode == 2
    assert result.stderr.endswith("list.jsonl: line 2: wanted a JSON body, got what is none\n")
    assert ended("warm", str(tmp_path / "none.jsonl")).returncode == 2


def test_a_line_is_named_by_its_number() -> None:
    assert [number for number, _ in read_requests(f"\n{GOOD}\n\n{GOOD}".encode())] == [2, 4]
    with pytest.raises(WarmError, match="line 1"):
        read_requests(b"[]")
