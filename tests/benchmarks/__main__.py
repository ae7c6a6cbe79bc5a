"""Compares servers on the same workloads: ``python -m tests.benchmarks``; ``--help`` tells more.

Every server has one process on one core, the load and the providers have the other. It prints the tables of
docs/performance.md; ``--write`` puts them there, and the short one into the README.
"""

import argparse
import platform
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks import tables
from tests.benchmarks.rounds import (
    Turns,
    loaded,
    on_one_core,
    play,
    refuse_fewer_calls,
    refuse_other_answers,
)
from tests.benchmarks.serve import KINDS
from tests.benchmarks.servers import (
    ALL,
    HAND_KEPT,
    OTHER_CORE,
    PEERS,
    Server,
    installed_peers,
    served,
    upstream,
    versions,
)
from tests.benchmarks.verdicts import Findings, short
from tests.benchmarks.workloads import COLD, PAGE_OF_ALL, REPEATED, WARM, Workload

_DELAY_MS = 20.0
_ROOT = Path(__file__).resolve().parents[2]
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
_COLUMNS: dict[str, tuple[str, str, tuple[Workload, ...], tuple[str, ...]]] = {
    "cold": ("Every call made", "nothing", COLD, (*KINDS, *PEERS)),
    "warm": (
        "Providers' answers kept",
        "answers",
        WARM,
        ("naive", "interpreted", "compiled", *PEERS, *HAND_KEPT),
    ),
    "repeated": ("Whole answers kept", "responses", REPEATED, ("naive", "compiled", *PEERS)),
}


class Bench:
    """What was asked for on the command line."""

    def __init__(self, asked: argparse.Namespace, names: Sequence[str]) -> None:
        self._asked = asked
        self._names = names
        self.findings = Findings()

    def column(self, name: str) -> Iterator[str]:
        """Measure one of the columns, and write its tables."""
        title, keeps, workloads, possible = _COLUMNS[name]
        names = [each for each in possible if each in self._names]
        chosen = [each for each in workloads if each.name.split()[0] in self._asked.workloads]
        if not chosen or not names:
            return
        turns, sizes = self._turns(keeps, chosen, names)
        self.findings.turns[name] = turns
        self.findings.megabytes |= {
            f"{name} {each}": size for each, size in sizes.items() if each == "compiled"
        }
        shown = [each.name for each in chosen]
        yield f"### {title}"
        yield ""
        yield from tables.rates(turns, shown, names)
        yield ""
        yield from tables.costs(turns, shown, names)
        yield ""
        yield from tables.plain("memory after it, MB", {each: f"{size:.0f}" for each, size in sizes.items()})
        yield ""

    def latency(self) -> Iterator[str]:
        """Measure one page alone over providers that take their time, and write the table."""
        medians = self.findings.page_ms
        with upstream(_DELAY_MS) as urls:
            for name in self._names:
                if name in ("interpreted", "shared", *HAND_KEPT):
                    continue
                with served(name, urls, "nothing") as server:
                    loaded(server, PAGE_OF_ALL, 1.0, 1)
                    medians[name] = loaded(server, PAGE_OF_ALL, self._asked.seconds * 2, 1).median_ms
        yield f"### One page alone, providers that take {_DELAY_MS:.0f} ms"
        yield ""
        yield from tables.plain("p50, ms", {name: f"{found:.1f}" for name, found in medians.items()})

    def _turns(
        self, keeps: str, workloads: Sequence[Workload], names: Sequence[str]
    ) -> tuple[Turns, dict[str, float]]:
        asked = self._asked
        with ExitStack() as stack:
            urls = stack.enter_context(upstream())
            servers: list[Server] = [stack.enter_context(served(name, urls, keeps)) for name in names]
            refuse_other_answers(sorted(servers, key=lambda server: server.name != "compiled"), workloads)
            if keeps == "nothing":
                strict = [server for server in servers if server.name != "shared"]
                refuse_fewer_calls(strict, workloads, [*urls.values()])
            turns = play(servers, workloads, asked.rounds, asked.seconds, asked.connections)
            return turns, {server.name: server.megabytes for server in servers}


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.2, help="of load on one server in one round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--servers", nargs="+", choices=ALL, help="all that can run here, where not given")
    parser.add_argument(
        "--columns", nargs="+", default=[*_COLUMNS, "latency"], choices=[*_COLUMNS, "latency"]
    )
    parser.add_argument(
        "--workloads", nargs="+", default=[each.name.split()[0] for each in (*COLD, *REPEATED)]
    )
    parser.add_argument("--write", action="store_true", help="put the tables into the pages that show them")
    asked = parser.parse_args()
    on_one_core(OTHER_CORE)
    peers = installed_peers()
    wanted = asked.servers or ALL
    bench = Bench(asked, [name for name in wanted if name in peers or name not in (*PEERS, *HAND_KEPT)])
    told = [
        f"{asked.rounds} rounds of {asked.seconds:g} s, {asked.connections} connections, one core a server.",
        f"Python {platform.python_version()}.",
    ]
    if peers:
        told.append(f"Peers: {versions()}.")
    full = [" ".join(told) + " † marks servers that had time to spare: compare their CPU time.", ""]
    for name in asked.columns:
        for line in bench.latency() if name == "latency" else bench.column(name):
            sys.stderr.write(f"{line}\n")
            full.append(line)
    brief = list(short(bench.findings))
    sys.stdout.write("\n".join([*full, "", *brief, ""]))
    if asked.write:
        put(_ROOT / "docs" / "performance.md", full)
        put(_ROOT / "README.md", brief)


def put(page: Path, lines: Sequence[str]) -> None:
    """Put figures where a page has them, between its two marks."""
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    figures = "\n".join(lines).strip()
    page.write_text(f"{before}{_BEGIN}\n\n{figures}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
