"""Rounds: all servers take turns at each workload, so that what else the machine does meets all of them."""

import json
import os
import re
import urllib.request
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import uvloop

from tests.benchmarks.load import Load, load
from tests.benchmarks.servers import Server, asked_of
from tests.benchmarks.tailcall import essence
from tests.benchmarks.upstream import COUNT
from tests.benchmarks.workloads import Workload

_COUNTED_S = 0.3
_COUNTED_AT_ONCE = 4
_SEVENTH_DIGIT = re.compile(r"(?<=\.\d{6})\dZ$")


class Turn(msgspec.Struct, frozen=True):
    """What one server did in one round: requests a second, and the processor time of one."""

    per_second: float
    cpu_us: float


Turns = dict[tuple[str, str], list[Turn]]
"""By workload and server, one for each round."""


def play(
    servers: Sequence[Server],
    workloads: Sequence[Workload],
    rounds: int,
    seconds: float,
    connections: int,
) -> Turns:
    """Measure; the first round only warms up."""
    turns: Turns = {(workload.name, server.name): [] for workload in workloads for server in servers}
    for workload in workloads:
        for number in range(rounds + 1):
            for server in servers:
                turn = _turn(server, workload, seconds, connections)
                if number:
                    turns[workload.name, server.name].append(turn)
    return turns


def _turn(server: Server, workload: Workload, seconds: float, connections: int) -> Turn:
    used = server.cpu_s
    found = loaded(server, workload, seconds, connections)
    return Turn(found.per_second, (server.cpu_s - used) / found.count * 1e6)


def refuse_fewer_calls(
    servers: Sequence[Server], workloads: Sequence[Workload], providers: Sequence[str]
) -> None:
    """End the program where a server, while it has many requests at once, makes fewer calls than all for each."""
    for workload in workloads:
        for server in servers:
            before = _calls(providers)
            found = loaded(server, workload, _COUNTED_S, _COUNTED_AT_ONCE)
            made = _calls(providers) - before
            if made < workload.calls * found.count:
                raise SystemExit(f"{server.name} made {made} calls for {found.count} of {workload.name}")


def _calls(providers: Sequence[str]) -> int:
    total = 0
    for url in providers:
        with urllib.request.urlopen(url + COUNT) as reply:
            total += int(reply.read())
    return total


def loaded(server: Server, workload: Workload, seconds: float, connections: int) -> Load:
    """Load a server for a while; ends the program where an answer is no good one."""
    asked = asked_of(server.name, workload)
    found = uvloop.run(load(server.port, server.path, asked, connections, seconds))
    if found.failures:
        raise SystemExit(f"{server.name} failed at {workload.name}: {found.failures[0]!r}")
    return found


def refuse_other_answers(servers: Sequence[Server], workloads: Sequence[Workload]) -> None:
    """End the program where two servers answer a workload differently."""
    for workload in workloads:
        # The raw handler reads no document, and so knows no new one.
        asked = [server for server in servers if not (workload.fresh and server.name == "raw")]
        answers = {server.name: _asked(server, workload) for server in asked}
        first, *others = answers
        for name in others:
            one, other = answers[first], answers[name]
            if name == "tailcall":
                one, other = essence(one), essence(other)
            difference = _difference(one, other, workload.name)
            if difference:
                raise SystemExit(f"{first} and {name} answer differently: {difference}")


def _asked(server: Server, workload: Workload) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.port}{server.path}",
        asked_of(server.name, workload).body(0),
        {"content-type": "application/json", "accept": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return json.loads(reply.read())["data"]


def _difference(one: Any, other: Any, where: str) -> str:
    if isinstance(one, Mapping) and isinstance(other, Mapping) and one.keys() == other.keys():
        found = (_difference(one[name], other[name], f"{where}.{name}") for name in one)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = (_difference(*pair, f"{where}.{n}") for n, pair in enumerate(zip(one, other, strict=True)))
    else:
        # Forge writes seven digits of a second here and there, the graph six as the contract has it.
        return (
            ""
            if one == other or _SEVENTH_DIGIT.sub("Z", str(other)) == one
            else f"{where}: {str(one)[:200]} and {str(other)[:200]}"
        )
    return next(filter(None, found), "")


def on_one_core(core: int) -> None:
    """Keep this process, which loads, away from the servers."""
    os.sched_setaffinity(0, {core})
