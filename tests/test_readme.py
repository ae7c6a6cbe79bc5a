"""The README: its query has its answer, its commands are the program's, its settings exist."""

import json
import re
import shlex
from pathlib import Path

import pytest

from server.__main__ import main, parser
from server.settings import all_variables
from tests.graph import Graph, running_graph

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


COMMANDS = [line for block in _blocks("sh") for line in block.splitlines() if line]


async def test_the_query_has_the_answer_that_stands_below_it_and_costs_six_calls(graph: Graph) -> None:
    [query], [answer] = _blocks("graphql"), _blocks("json")
    reply = await graph.query(query)
    assert reply.json == json.loads(answer)
    assert sum(graph.calls.values()) == 6


async def test_the_calls_of_the_query_are_those_that_are_predicted() -> None:
    [query] = _blocks("graphql")
    async with running_graph(explain="true") as graph:
        dry = await graph.query(query, x_mediagraph_explain="dry")
        assert graph.calls == {}
        real = await graph.query(query, x_mediagraph_explain="1")
    predicted = dry.json["extensions"]["upstream"]["predicted"]
    made = real.json["extensions"]["upstream"]["calls"]
    assert all(call["exact"] for call in predicted)
    assert sorted(call["route"] for call in predicted) == sorted(call["route"] for call in made)


async def test_the_curl_command_is_answered() -> None:
    [command] = [shlex.split(each) for each in COMMANDS if each.startswith("curl")]
    headers = dict([command[command.index("-H") + 1].split(": ")])
    async with running_graph() as graph:
        reply = await graph.send("POST", "/graphql", command[command.index("-d") + 1].encode(), headers)
    assert command[2] == "http://localhost:8000/graphql"
    assert len(reply.data["photos"]["nodes"]) == 2


# The gallery's own command is run in tests/browser.
@pytest.mark.parametrize("command", [each for each in COMMANDS if not each.startswith(("curl", "node"))])
def test_a_command_is_one_that_the_program_knows(command: str) -> None:
    python, script, *arguments = shlex.split(command)
    assert (python, script) == ("python3", "run.py")
    # `test` is the bootstrap's own and runs this; a bare start serves.
    if arguments and arguments != ["test"]:
        assert parser().parse_args(arguments).command == arguments[0]


def test_the_commands_that_end_by_themselves_succeed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    ran = [shlex.split(each)[2:] for each in COMMANDS if "budget" in each or "settings" in each]
    assert [main(arguments) for arguments in ran] == [0, 0]
    assert "ThreeProviders: 5 calls, 5 allowed" in capsys.readouterr().out


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "python3 run.py test" in COMMANDS
    assert "python3 run.py test" in (ROOT / ".ci" / "run").read_text()


def test_every_setting_that_is_named_exists() -> None:
    known = {variable.name for variable in all_variables()}
    assert set(re.findall(r"MEDIAGRAPH_\w+", README)) <= known


@pytest.mark.parametrize("path", re.findall(r"\]\((?!http)([^)]+)\)", README))
def test_every_file_that_is_linked_exists(path: str) -> None:
    assert (ROOT / path).exists()
