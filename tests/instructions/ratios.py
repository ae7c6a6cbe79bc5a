"""Instructions of one request: how many times fewer than the naive server takes."""

import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from tests.benchmarks.servers import upstream
from tests.benchmarks.workloads import COLD, Workload
from tests.instructions.callgrind import Counted, counted

# Operations are compiled, records rendered and answers told again by then.
_BEFORE: Final = 8
# So many at once that the server is never idle: what it does once in a while goes by time, and is to weigh little.
_CONNECTIONS: Final = 4
_PATIENCE_S: Final = 60
_JSON: Final = {"content-type": "application/json", "accept": "application/json"}
_BY_NAME: Final = {workload.name.split()[0]: workload for workload in COLD}
_NAIVE: Final = {"W1": 8, "W2": 8, "W3": 8}
_OURS: Final[Mapping[str, Mapping[str, int]]] = {
    "nothing": {"W1": 12, "W2": 12, "W3": 12},
    "answers": {"W1": 200, "W2": 200, "W3": 200},
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
    with ExitStack() as stack:
        clients = [
            stack.enter_context(closing(HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE_S)))
            for _ in range(_CONNECTIONS)
        ]
        asking = stack.enter_context(ThreadPoolExecutor(_CONNECTIONS))

        def ask(times: int) -> None:
            each = [asking.submit(_ask, client, path, workload, times // _CONNECTIONS) for client in clients]
            for done in each:
                done.result()

        ask(_BEFORE)
        return server.count(lambda: ask(times)) / times


def _ask(client: HTTPConnection, path: str, workload: Workload, times: int) -> None:
    for _ in range(times):
        client.request("POST", path, workload.body(0), _JSON)
        reply = client.getresponse()
        body = reply.read()
        assert reply.status == HTTPStatus.OK, body
        assert b'"errors"' not in body, body
