"""How much it takes: replicas, cache memory and provider calls for a day's requests.

``python3 docs/capacity.py --requests 1000000`` reckons with entities that are asked for as Zipf's law has it and with
caches that forget at the freshness time. ``simulate`` plays such requests one by one; a test holds the reckoning to it.
Standard library alone.
"""

import argparse
import bisect
import itertools
import math
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

DAY_S = 86_400.0
FEWEST_REPLICAS = 2
# Reads of single keys by one Redis on one core; pipelined ones go further.
REDIS_READS = 100_000.0


@dataclass(frozen=True)
class Provider:
    """One of those who are asked: its share of the reads, the calls a second that it allows, and an answer's size."""

    name: str
    share: float
    quota: float
    kilobytes: float


@dataclass(frozen=True, kw_only=True)
class Load:
    """A day: requests, each for some entities out of a catalogue, and what stands ready for them."""

    requests: int
    catalogue: int = 100_000
    entities: int = 10
    zipf: float = 1.0
    fresh_s: float = 60.0
    providers: tuple[Provider, ...] = (
        Provider("Musement", 0.4, 60.0, 6.0),
        Provider("Club Med", 0.2, 40.0, 12.0),
        Provider("Forge", 0.4, 100.0, 8.0),
    )
    replica_rate: float = 300.0
    peak: float = 2.5
    hit_rate: float | None = None

    @property
    def rate(self) -> float:
        """Requests a second in the busiest hour."""
        return self.requests / DAY_S * self.peak

    @property
    def replicas(self) -> int:
        """Replicas that answer the peak; never one alone."""
        return max(FEWEST_REPLICAS, math.ceil(self.rate / self.replica_rate))

    def read_rates(self) -> list[float]:
        """Return the reads a second of every entity, the most popular first."""
        shares = [1 / rank**self.zipf for rank in range(1, self.catalogue + 1)]
        each = self.rate * self.entities / sum(shares)
        return [each * share for share in shares]


def calls(load: Load, caches: int) -> float:
    """Reckon the calls a second that the providers see from this many caches, each with its part of the reads.

    A cache that reads an entity r times a second and keeps it for T seconds asks once in T + 1/r seconds. Where a hit
    rate was measured, the calls are what it leaves.
    """
    if load.hit_rate is not None:
        return load.rate * load.entities * (1 - load.hit_rate)
    return sum(rate / (1 + rate / caches * load.fresh_s) for rate in load.read_rates())


def hits(load: Load, caches: int) -> float:
    """Reckon the share of reads that need no call."""
    return 1 - calls(load, caches) / (load.rate * load.entities)


def kept(load: Load) -> float:
    """Reckon the entities that one shared cache holds at a time."""
    return sum(1 - 1 / (1 + rate * load.fresh_s) for rate in load.read_rates())


def simulate(load: Load, caches: int, seed: int = 1) -> float:
    """Play reads one by one and count the calls a second; the same seed plays the same reads.

    The first freshness times fill the caches and do not count.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
    popularity = list(itertools.accumulate(load.read_rates()))
    memory: list[dict[int, float]] = [{} for _ in range(caches)]
    begin, end = 3 * load.fresh_s, 9 * load.fresh_s
    at, asked = 0.0, 0
    while at < end:
        at += chance.expovariate(popularity[-1])
        entity = bisect.bisect_left(popularity, chance.random() * popularity[-1])
        one = memory[chance.randrange(caches)]
        if one.get(entity, 0.0) <= at:
            one[entity] = at + load.fresh_s
            asked += at >= begin
    return asked / (end - begin)


def megabytes(load: Load) -> float:
    """Reckon what one shared cache holds at a time."""
    return kept(load) * sum(each.share * each.kilobytes for each in load.providers) / 1024


def beyond_quota(load: Load, caches: int) -> str:
    """Name the provider whose quota is exceeded the most; empty where none is."""
    worst = max(load.providers, key=lambda each: each.share / each.quota)
    return worst.name if calls(load, caches) * worst.share > worst.quota else ""


def breaks_first(load: Load) -> str:
    """Name what gives way first when such a day comes."""
    if provider := beyond_quota(load, 1):
        return f"{provider}'s quota"
    if load.rate * load.entities > REDIS_READS:
        return "one Redis"
    if provider := beyond_quota(load, load.replicas):
        return f"{provider}'s quota, unless the cache is shared"
    return "nothing"


def table(loads: Sequence[Load]) -> str:
    """Write a Markdown table with a row for each load."""
    columns = (
        "requests a day",
        "at the peak",
        "replicas",
        "calls/s, a cache each",
        "calls/s, one cache",
        "hits",
        "Redis holds",
        "Redis reads/s",
        "gives way first",
    )
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    lines += [
        f"| {load.requests:,} | {load.rate:,.0f}/s | {load.replicas} | {calls(load, load.replicas):,.0f} |"
        f" {calls(load, 1):,.0f} | {hits(load, 1):.2%} | {megabytes(load):,.0f} MB |"
        f" {load.rate * load.entities:,.0f} | {breaks_first(load)} |"
        for load in loads
    ]
    return "\n".join(lines) + "\n"


def provider(text: str) -> Provider:
    """Read a provider from an argument such as ``Forge=0.4,80,8``; raises ValueError."""
    name, _, numbers = text.partition("=")
    share, quota, kilobytes = map(float, numbers.split(","))
    return Provider(name, share, quota, kilobytes)


def main(arguments: Sequence[str]) -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Replicas, cache memory and provider calls for a day's requests"
    )
    parser.add_argument("--requests", type=int, nargs="+", default=[1_000_000, 30_000_000, 1_000_000_000])
    parser.add_argument("--catalogue", type=int, default=100_000, help="entities that there are")
    parser.add_argument("--entities", type=int, default=10, help="entities that one request reads")
    parser.add_argument("--zipf", type=float, default=1.0, help="exponent: larger is more popular at the top")
    parser.add_argument("--fresh-s", type=float, default=60.0, help="seconds that an answer is fresh")
    parser.add_argument("--replica-rate", type=float, default=300.0, help="requests/s that one core answers")
    parser.add_argument("--peak", type=float, default=2.5, help="the busiest hour, as a multiple of the mean")
    parser.add_argument("--hit-rate", type=float, help="share of reads without a call, where it was measured")
    parser.add_argument(
        "--providers",
        type=provider,
        nargs="+",
        default=Load.providers,
        metavar="NAME=SHARE,QUOTA,KILOBYTES",
        help="each one's share of the reads, calls/s that it allows, and size of an answer",
    )
    given = vars(parser.parse_args(arguments))
    sizes = given.pop("requests")
    sys.stdout.write(
        table([Load(requests=size, **given | {"providers": tuple(given["providers"])}) for size in sizes])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
