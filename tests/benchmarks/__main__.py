"""Compares servers on the same workloads: ``python -m tests.benchmarks``; ``--help`` tells more.

Every server has one process on one core, the load and the providers have the other. It prints the tables of
docs/performance.md.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from tests.benchmarks import tables
from tests.benchmarks.rounds import Turns, loaded, on_one_core, play, refuse_other_answers
from tests.benchmarks.servers import (
    ALL,
    OTHER_CORE,
    PEERS,
    Server,
    installed_peers,
    served,
    upstream,
    versions,
)
from tests.benchmarks.workloads import COLD, PAGE_OF_ALL, REPEATED, WARM, Workload

_DELAY_MS = 20.0
_COLUMNS: dict[str, tuple[str, str, tuple[Workload, ...], tuple[str, ...]]] = {
    "cold": ("Every call made", "nothing", COLD, ALL),
    "warm": ("Providers' answers kept", "answers", WARM, ("naive", "interpreted", "compiled", *PEERS)),
    "repeated": ("Whole answers kept", "responses", REPEATED, ("naive", "compiled", *PEERS)),
}


class Bench:
    """What was asked for on the command line."""

    def __init__(self, asked: argparse.Namespace, names: Sequence[str]) -> None:
        self._asked = asked
        self._names = names

    def column(self, name: str) -> Iterator[str]:
        """Measure one of the columns, and write its tables."""
        title, keeps, workloads, possible = _COLUMNS[name]
        names = [each for each in possible if each in self._names]
        chosen = [each for each in workloads if each.name.split()[0] in self._asked.workloads]
        if not chosen or not names:
            return
        turns, sizes = self._turns(keeps, chosen, names)
        shown = [each.name for each in chosen]
        yield f"### {title}"
        yield ""
        yield from tables.rates(turns, shown, names)
        yield ""
        yield from tables.costs(turns, shown, names)
        yield ""
        yield from tables.plain("memory after it, MB", sizes)
        yield ""

    def latency(self) -> Iterator[str]:
        """Measure one page alone over providers that take their time, and write the table."""
        medians = {}
        with upstream(_DELAY_MS) as (urls, _):
            for name in self._names:
                if name == "interpreted":
                    continue
                with served(name, urls, "nothing") as server:
                    loaded(server, PAGE_OF_ALL, 1.0, 1)
                    medians[name] = f"{loaded(server, PAGE_OF_ALL, self._asked.seconds * 2, 1).median_ms:.1f}"
        yield f"### One page alone, providers that take {_DELAY_MS:.0f} ms"
        yield ""
        yield from tables.plain("p50, ms", medians)

    def _turns(
        self, keeps: str, workloads: Sequence[Workload], names: Sequence[str]
    ) -> tuple[Turns, dict[str, str]]:
        asked = self._asked
        with ExitStack() as stack:
            urls, providers = stack.enter_context(upstream())
            servers: list[Server] = [stack.enter_context(served(name, urls, keeps)) for name in names]
            refuse_other_answers(sorted(servers, key=lambda server: server.name != "compiled"), workloads)
            turns = play(servers, workloads, asked.rounds, asked.seconds, asked.connections, providers)
            return turns, {server.name: f"{server.megabytes:.0f}" for server in servers}


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.5, help="of load on one server in one round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--servers", nargs="+", choices=ALL, help="all that can run here, where not given")
    parser.add_argument(
        "--columns", nargs="+", default=[*_COLUMNS, "latency"], choices=[*_COLUMNS, "latency"]
    )
    parser.add_argument(
        "--workloads", nargs="+", default=[each.name.split()[0] for each in (*COLD, *REPEATED)]
    )
    asked = parser.parse_args()
    on_one_core(OTHER_CORE)
    peers = installed_peers()
    wanted = asked.servers or ALL
    bench = Bench(asked, [name for name in wanted if name not in PEERS or name in peers])
    lines = [
        f"{asked.rounds} rounds of {asked.seconds:g} s, {asked.connections} connections, one core a server."
    ]
    if peers:
        lines.append(f"Peers: {versions()}.")
    sys.stdout.write(" ".join(lines) + " † marks rates that the load limits.\n\n")
    for name in asked.columns:
        for line in bench.latency() if name == "latency" else bench.column(name):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
