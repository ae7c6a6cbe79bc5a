"""Serves one of the servers that are compared, on one core.

``python -m tests.benchmarks.serve KIND PORT CORE URLS``
"""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from server.app import create_app
from server.logs import configure_logs
from server.service import spare_collections
from server.settings import load_settings
from tests.benchmarks.naive import NaiveGraph
from tests.benchmarks.raw import RawGraph


def _graph(urls: dict[str, str], **settings: str) -> Any:
    loaded = load_settings(
        {
            "MEDIAGRAPH_SANDBOX": "false",
            "MEDIAGRAPH_MUSEMENT_URL": urls["musement"],
            "MEDIAGRAPH_MUSEMENT_APPLICATION": "bench",
            "MEDIAGRAPH_CLUBMED_URL": urls["clubmed"],
            "MEDIAGRAPH_CLUBMED_API_KEY": "bench",
            "MEDIAGRAPH_FORGE_URL": urls["forge"],
            "MEDIAGRAPH_MUSEMENT_FRESH_S": "0",
            "MEDIAGRAPH_CLUBMED_FRESH_S": "0",
            "MEDIAGRAPH_FORGE_FRESH_S": "0",
            **settings,
        }
    )
    # Nobody reads this process's output: a line for each request would fill the pipe, and then wait.
    configure_logs("json", "warning", loaded)
    return create_app(loaded)


_OURS = ("interpreted", "compiled")
KINDS: dict[str, Callable[[dict[str, str]], Any]] = {
    "naive": NaiveGraph,
    "interpreted": lambda urls: _graph(urls, MEDIAGRAPH_COMPILE="false"),
    "compiled": _graph,
    "raw": RawGraph,
}


def main(kind: str, port: str, core: str, urls: str) -> None:
    """Serve until ended."""
    os.sched_setaffinity(0, {int(core)})
    app = KINDS[kind](json.loads(urls))
    if kind in _OURS:
        spare_collections()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        log_level="error",
        access_log=False,
        loop="uvloop",
        http="httptools",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
