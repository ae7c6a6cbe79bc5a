"""Instructions of one request: how many times fewer than the naive server takes."""

import http.client
import tempfile
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final

from tests.benchmarks.servers import upstream
from tests.benchmarks.workloads import COLD, Workload
from tests.instructions.callgrind import Counted, counted

# Operations are compiled, records rendered and answers told again by then.
_BEFORE: Final = 8
_PATIENCE_S: Final = 60
_JSON: Final = {"content-type": "application/json", "accept": "application/json"}
_BY_NAME: Final = {workload.name.split()[0]: workload for workload in COLD}
# How often each is asked: what a server does once in a while is to weigh little beside it.
_NAIVE: Final = {"W1": 5, "W2": 5, "W3": 5, "W5": 40}
_OURS: Final[Mapping[str, Mapping[str, int]]] = {
    "nothing": {"W1": 10, "W2": 10, "W3": 10, "W5": 400},
    "answers": {"W1": 100, "W2": 100, "W3": 100},
    "responses": {"W1": 400},
}


def fewer() -> dict[tuple[str, str], float]:
    """Compare the graph with the naive server: by workload and what is kept, as ``tests.benchmarks.serve`` names it."""
    found = {}
    with upstream() as urls:
        naive = instructions("naive", urls, "nothing", _NAIVE)
        for keeps, times in _OURS.items():
            for name, taken in instructions("compiled", urls, keeps, times).items():
                found[name, keeps] = naive[name] / taken
    return found


def instructions(
    kind: str, urls: Mapping[str, str], keeps: str, times: Mapping[str, int]
) -> dict[str, float]:
    """Count the instructions of one request of each workload; each is asked ``times`` over."""
    path = "/" if kind == "naive" else "/graphql"
    with tempfile.TemporaryDirectory() as folder, counted(kind, urls, keeps, Path(folder)) as server:
        return {name: _of_one(server, path, _BY_NAME[name], asked) for name, asked in times.items()}


def _of_one(server: Counted, path: str, workload: Workload, times: int) -> float:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE_S)
    try:
        _ask(client, path, workload, _BEFORE)
        return server.count(lambda: _ask(client, path, workload, times)) / times
    finally:
        client.close()


def _ask(client: http.client.HTTPConnection, path: str, workload: Workload, times: int) -> None:
    for _ in range(times):
        client.request("POST", path, workload.body(0), _JSON)
        reply = client.getresponse()
        body = reply.read()
        assert reply.status == HTTPStatus.OK, body
        assert b'"errors"' not in body, body
