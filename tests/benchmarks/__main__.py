"""Compares servers on the same workloads: ``python -m tests.benchmarks``; ``--help`` tells more.

Every server has one process on one core, the load and the providers have the other. Servers take turns in every round,
so that what else the machine does meets all of them; what counts is the ratio inside a round.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import uvloop

from tests.benchmarks.load import load
from tests.benchmarks.serve import KINDS
from tests.benchmarks.workloads import WORKLOADS, Workload

_SERVER_CORE, _OTHER_CORE = 0, 1


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program of this folder until the block ends."""
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on {port}")


Rates = dict[tuple[str, str], list[float]]


def measured(
    ports: dict[str, int], workloads: Sequence[Workload], rounds: int, seconds: float, connections: int
) -> Rates:
    """Let the servers take turns; requests a second by workload and server."""
    rates: Rates = defaultdict(list)
    for workload in workloads:
        for turn in range(rounds + 1):
            for kind, port in ports.items():
                path = "/" if kind == "naive" else "/graphql"
                found = uvloop.run(load(port, path, workload, connections, seconds))
                if found.failures:
                    raise SystemExit(f"{kind} failed at {workload.name}: {found.failures[0]!r}")
                if turn:
                    rates[workload.name, kind].append(found.per_second)
    return rates


def table(rates: Rates, workloads: Sequence[Workload], kinds: Sequence[str]) -> Iterator[str]:
    """Write the rates, and their ratios to the first kind with their spread."""
    yield (
        "| requests a second (ratio to " + kinds[0] + ": median, least to most) | " + " | ".join(kinds) + " |"
    )
    yield "|---" * (len(kinds) + 1) + "|"
    for workload in workloads:
        first = rates[workload.name, kinds[0]]
        cells = []
        for kind in kinds:
            own = rates[workload.name, kind]
            ratios = [mine / theirs for mine, theirs in zip(own, first, strict=True)]
            spread = f"{statistics.median(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}"
            cells.append(f"{statistics.median(own):.0f} ({spread})")
        yield f"| {workload.name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of load on one server in one round")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--servers", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--workloads", nargs="+", default=[each.name.split()[0] for each in WORKLOADS])
    asked = parser.parse_args()
    os.sched_setaffinity(0, {_OTHER_CORE})
    workloads = [each for each in WORKLOADS if each.name.split()[0] in asked.workloads]
    with ExitStack() as stack:
        upstream = stack.enter_context(running("tests.benchmarks.upstream", str(_OTHER_CORE)))
        assert upstream.stdout is not None
        urls = json.dumps(json.loads(upstream.stdout.readline()))
        ports = {}
        for kind in asked.servers:
            port = ports[kind] = free_port()
            stack.enter_context(running("tests.benchmarks.serve", kind, str(port), str(_SERVER_CORE), urls))
            wait_for(port)
        rates = measured(ports, workloads, asked.rounds, asked.seconds, asked.connections)
    sys.stdout.write("\n".join(table(rates, workloads, asked.servers)) + "\n")


if __name__ == "__main__":
    main()
