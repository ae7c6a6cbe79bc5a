"""Figures as Markdown: medians of rounds, and ratios inside a round with their spread."""

import statistics
from collections.abc import Callable, Iterator, Sequence

from tests.benchmarks.rounds import Turn, Turns
from tests.benchmarks.servers import HAND_KEPT, PEERS

_FULL = 0.85


def rates(turns: Turns, workloads: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """Write requests a second by server, and how the graph compares with the naive server and the best peer."""
    by_hand = ("compiled / best +lru",) if _among(HAND_KEPT, names) else ()
    yield from _header(("requests a second", *names, "compiled / naive", "compiled / best peer", *by_hand))
    for workload in workloads:
        cells = [
            f"{_median(turns, workload, name, _per_second):,.0f}{_mark(turns, workload, name)}"
            for name in names
        ]
        bests = [best_peer(turns, workload, names), *(best_by_hand(turns, workload, names) for _ in by_hand)]
        ratios = [
            ratio(turns, workload, "naive") if "naive" in names else "",
            *(f"{ratio(turns, workload, best)} {best}" if best else "" for best in bests),
        ]
        yield row((workload, *cells, *ratios))


def costs(turns: Turns, workloads: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """Write the processor time of one request by server, and the same two ratios of it."""
    yield from _header(("CPU us a request", *names, "naive / compiled", "best peer / compiled"))
    for workload in workloads:
        used = {name: _median(turns, workload, name, _cpu_us) for name in names}
        best = min(_among(PEERS, names), key=lambda name: used[name], default="")
        ratios = [f"{used[name] / used['compiled']:.1f} {name}" if name else "" for name in ("naive", best)]
        yield row((workload, *(f"{used[name]:,.0f}" for name in names), *ratios))


def ratio(turns: Turns, workload: str, other: str) -> str:
    """Compare the graph's rates with another server's: the median, the least and the most of the rounds."""
    found = ratios(turns, workload, other)
    return f"{statistics.median(found):.1f} ({min(found):.1f} to {max(found):.1f})"


def ratios(turns: Turns, workload: str, other: str) -> list[float]:
    """Compare the graph's rates with another server's, round by round."""
    pairs = zip(turns[workload, "compiled"], turns[workload, other], strict=True)
    return [mine.per_second / theirs.per_second for mine, theirs in pairs]


def saved(turns: Turns, workload: str, other: str) -> list[float]:
    """Compare another server's processor time of one request with the graph's, round by round."""
    pairs = zip(turns[workload, "compiled"], turns[workload, other], strict=True)
    return [theirs.cpu_us / mine.cpu_us for mine, theirs in pairs]


def has_time_to_spare(turns: Turns, workload: str, name: str) -> bool:
    """Tell whether a server was idle at times: its rate then says more about the load, or about the machine."""
    used = [turn.cpu_us * turn.per_second / 1e6 for turn in turns[workload, name]]
    return statistics.median(used) < _FULL


def best_peer(turns: Turns, workload: str, names: Sequence[str]) -> str:
    """Name the peer that answers most; nothing where there is none."""
    return _most(turns, workload, _among(PEERS, names))


def best_by_hand(turns: Turns, workload: str, names: Sequence[str]) -> str:
    """Name the peer with a cache of objects that answers most; nothing where there is none."""
    return _most(turns, workload, _among(HAND_KEPT, names))


def _among(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    return [name for name in wanted if name in names]


def _most(turns: Turns, workload: str, names: Sequence[str]) -> str:
    return max(names, key=lambda name: _median(turns, workload, name, _per_second), default="")


def plain(title: str, figures: dict[str, str]) -> Iterator[str]:
    """Write one figure a server."""
    yield from _header((title, *figures))
    yield row(("", *figures.values()))


def _header(cells: Sequence[str]) -> Iterator[str]:
    yield row(cells)
    yield "|---" * len(cells) + "|"


def row(cells: Sequence[str]) -> str:
    """Write a line of a table."""
    return f"| {' | '.join(cells)} |"


def _per_second(turn: Turn) -> float:
    return turn.per_second


def _cpu_us(turn: Turn) -> float:
    return turn.cpu_us


def _median(turns: Turns, workload: str, name: str, figure: Callable[[Turn], float]) -> float:
    return statistics.median(map(figure, turns[workload, name]))


def _mark(turns: Turns, workload: str, name: str) -> str:
    return "†" if has_time_to_spare(turns, workload, name) else ""
