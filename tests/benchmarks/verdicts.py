"""What was wanted of the graph beside what was found, as Markdown that says where it does not hold."""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from tests.benchmarks.rounds import Turns
from tests.benchmarks.servers import HAND_KEPT, PEERS
from tests.benchmarks.tables import best_by_hand, best_peer, has_time_to_spare, ratios, row, saved

# By column and workload: how many times the naive server, and the best peer; none where none is wanted.
WANTED: Final[Mapping[tuple[str, str], tuple[float | None, float | None]]] = {
    ("warm", "W1 page"): (14, 3),
    ("warm", "W2 100 photos"): (20, 4),
    ("warm", "W3 50 activities"): (12, 3),
    ("cold", "W1 page"): (10, 1.4),
    ("cold", "W2 100 photos"): (15, 2.5),
    ("cold", "W3 50 activities"): (7, 1.5),
    ("cold", "W5 __typename"): (25, None),
    ("cold", "W6 new documents"): (2.5, None),
    ("repeated", "W4 page again"): (None, 4),
}
MOST_MS: Final = 24.0
MOST_MEGABYTES: Final = 90.0
_TITLES: Final = {
    "warm": "answers of providers kept",
    "cold": "every call made",
    "repeated": "whole answers kept",
}


class Findings(msgspec.Struct):
    """What a run found: the turns of each column, memory in MB and the latency of one page in ms by server."""

    turns: dict[str, Turns] = {}
    megabytes: dict[str, float] = {}
    page_ms: dict[str, float] = {}


def short(findings: Findings) -> Iterator[str]:
    """Write a line for each thing that was wanted and measured."""
    yield row(("", "against naive Strawberry", "wanted", "against the best peer", "wanted"))
    yield "|---|---|---|---|---|"
    for (column, workload), (naive, peer) in WANTED.items():
        turns = findings.turns.get(column, {})
        if (workload, "compiled") in turns:
            names = [name for _, name in turns]
            best, by_hand = best_peer(turns, workload, names), best_by_hand(turns, workload, names)
            cells = (*_held(turns, workload, "naive", naive), *_held(turns, workload, best, peer))
            yield row((f"{workload}, {_TITLES[column]}", *cells))
            if by_hand:
                yield row(("... by the peers as objects", "", "", *_held(turns, workload, by_hand, peer)))
    if "compiled" in findings.page_ms:
        found = findings.page_ms["compiled"]
        shown = _marked(f"{found:.1f} ms", holds=found <= MOST_MS)
        peers = sorted((ms, name) for name, ms in findings.page_ms.items() if name in PEERS)
        best = f"{peers[0][0]:.1f} ms {peers[0][1]}" if peers else ""
        yield row((f"one page alone, p50: {shown}", "", f"{MOST_MS:.0f} ms", best, ""))
    if findings.megabytes:
        found = max(findings.megabytes.values())
        shown = _marked(f"{found:.0f} MB", holds=found <= MOST_MEGABYTES)
        yield row((f"memory of a worker after load: {shown}", "", f"{MOST_MEGABYTES:.0f} MB", "", ""))
    yield ""
    yield (
        "Ratios of requests a second inside one run, with their spread; of CPU time where the graph was faster than "
        "its load. **Bold** is what does not hold."
    )


def _held(turns: Turns, workload: str, other: str, wanted: float | None) -> tuple[str, str]:
    if (workload, other) not in turns:
        return "", ""
    spared = has_time_to_spare(turns, workload, "compiled")
    found = (saved if spared else ratios)(turns, workload, other)
    middle = sorted(found)[len(found) // 2]
    shown = f"{middle:.1f} ({min(found):.1f} to {max(found):.1f})"
    named = (f" {other}" if other in (*PEERS, *HAND_KEPT) else "") + (" in CPU time" if spared else "")
    return _marked(shown, holds=wanted is None or middle >= wanted) + named, f"{wanted:g}" if wanted else ""


def _marked(text: str, *, holds: bool) -> str:
    return text if holds else f"**{text}**"
