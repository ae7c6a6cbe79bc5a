"""Serves one of the servers that are compared.

``python -m tests.benchmarks.serve KIND PORT URLS KEEPS``; KEEPS is ``nothing``, ``answers`` (of the providers) or
``responses`` (whole ones too). Where nothing is kept, no request has a part in another one's calls either, but with
``shared``.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import uvicorn

from providers.flights import Flights
from server.app import create_app
from server.garbage import spare_collections
from server.logs import configure_logs
from server.settings import load_settings
from tests.benchmarks.naive import NaiveGraph
from tests.benchmarks.raw import RawGraph

_KEEPING = {
    "nothing": {
        "MUSEMENT_FRESH_S": "0",
        "CLUBMED_FRESH_S": "0",
        "FORGE_FRESH_S": "0",
        "RESPONSE_CACHE_BYTES": "0",
    },
    "answers": {"RESPONSE_CACHE_BYTES": "0"},
    "responses": {},
}
OURS = ("interpreted", "compiled", "shared")


def _graph(urls: dict[str, str], keeps: str, **settings: str) -> Any:
    named = {
        "SANDBOX": "false",
        "MUSEMENT_URL": urls["musement"],
        "MUSEMENT_APPLICATION": "bench",
        "CLUBMED_URL": urls["clubmed"],
        "CLUBMED_API_KEY": "bench",
        "FORGE_URL": urls["forge"],
        **_KEEPING[keeps],
        **settings,
    }
    loaded = load_settings({f"MEDIAGRAPH_{name}": text for name, text in named.items()})
    # As the graph logs by itself: one line a request.
    configure_logs("json", "info", loaded)
    return create_app(loaded)


KINDS: dict[str, Callable[[dict[str, str], str], Any]] = {
    "naive": lambda urls, _: NaiveGraph(urls),
    "interpreted": lambda urls, keeps: _graph(urls, keeps, COMPILE="false"),
    "compiled": _graph,
    "shared": _graph,
    "raw": lambda urls, _: RawGraph(urls),
}


def main(kind: str, port: str, urls: str, keeps: str) -> None:
    """Serve until ended."""
    app = KINDS[kind](json.loads(urls), keeps)
    if keeps == "nothing" and kind != "shared":
        # The load asks for the same all the time, and what others are being told already would be waited for.
        Flights.find = lambda *_: None  # type: ignore[method-assign]
    if kind in OURS:
        spare_collections()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(port),
        log_level="error",
        log_config=None,
        access_log=False,
        loop="uvloop",
        http="server.http_protocol:BoundedProtocol" if kind in OURS else "httptools",
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
