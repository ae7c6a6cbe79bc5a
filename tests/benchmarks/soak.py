"""A soak: a steady load on the graph while its providers fail at random.

``PYTHONPATH=. python tests/benchmarks/soak.py --seconds 600`` prints one JSON object with its figures, and exits with 1
where an answer was wrong, a request hung, or memory, tasks or sockets grew.
"""

import argparse
import asyncio
import gc
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from providers.emulation.faults import NAMED_FAULTS
from tests.failures.subjects import SUBJECTS, Subject
from tests.graph import Graph, Reply, running_graph
from tests.world import PRODUCT_IDS, UUIDS

DEADLINE_S = 2.0
LATE_S = DEADLINE_S + 1.0
KEYS = 20
SETTINGS = {"deadline_s": str(DEADLINE_S)} | {
    f"{subject.segment}_{name}": value
    for subject in SUBJECTS
    for name, value in {
        "timeout_s": "0.5",
        "max_bytes": "300000",
        "fresh_s": "1",
        "stale_s": "3",
        "breaker_open_s": "0.5",
        "concurrency": "16",
    }.items()
}
# A 404 is a right answer of its own, and what is held waits for a hand.
FAULTS = sorted(set(NAMED_FAULTS) - {"held", "not_found"})


class Size(msgspec.Struct, frozen=True):
    """What a process takes: resident bytes, tasks, open files."""

    bytes: int
    tasks: int
    files: int


def size_now() -> Size:
    """Measure this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return Size(pages * 4096, len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir())))


class Soak:
    """One run; ``outcomes`` counts how requests ended, ``wrong`` holds what should not have been."""

    def __init__(self, graph: Graph, seed: int) -> None:
        self.graph = graph
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.slowest_s = 0.0
        self.slowest_turn_s = 0.0
        self.is_over = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable run, no secret
        self._titles: dict[tuple[str, str], str] = {}
        self._keys = {
            "MUSEMENT": UUIDS[:KEYS],
            "CLUB_MED": PRODUCT_IDS[:KEYS],
            "FORGE": [str(photo["slug"]) for photo in graph.forge.world.photos["en-us"][:KEYS]],
        }

    async def learn(self) -> None:
        """Ask for every right answer while all is well."""
        for subject in SUBJECTS:
            for key in self._keys[subject.provider]:
                item = subject.item(await self.graph.query("{ " + subject.text(key) + " }"))
                # A null title would later pass for the right one of an item whose call failed.
                if item is None or item["title"] is None:
                    raise SystemExit(f"{subject.provider} does not tell the title of {key}")
                self._titles[subject.provider, key] = item["title"]

    async def client(self, pause_s: float) -> None:
        """Ask again and again; go away now and then."""
        while not self.is_over:
            await self.goes_on.wait()
            asked = [subject for subject in SUBJECTS if self._chance.random() < 0.6] or [SUBJECTS[2]]
            keys = [(subject, self._chance.choice(self._keys[subject.provider])) for subject in asked]
            leaves = asyncio.Event()
            if self._chance.random() < 0.05:
                asyncio.get_running_loop().call_later(self._chance.random() * 0.3, leaves.set)
            began = time.monotonic()
            names = ", ".join(f"${subject.provider}: ID!" for subject in asked)
            text = f"query({names}) {{ " + " ".join(subject.text() for subject in asked) + " }"
            variables = {subject.provider: key for subject, key in keys}
            try:
                async with asyncio.timeout(LATE_S):
                    reply = await self.graph.query(text, variables, leaves=leaves)
            except TimeoutError:
                self.wrong.append(f"hung: {variables}")
                continue
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self._judge(reply, keys)
            await asyncio.sleep(self._chance.random() * 2 * pause_s)

    async def pulse(self) -> None:
        """Measure how long the event loop is held up, by the emulators or by a busy machine."""
        while not self.is_over:
            began = time.monotonic()
            await asyncio.sleep(0.05)
            self.slowest_turn_s = max(self.slowest_turn_s, time.monotonic() - began - 0.05)

    async def trouble(self) -> None:
        """Strike one provider with one fault for a moment, again and again; refuse connections now and then."""
        while not self.is_over:
            await self.goes_on.wait()
            emulator = self._chance.choice(SUBJECTS).emulator(self.graph)
            emulator.response_headers = {"Cache-Control": f"max-age={self._chance.choice((0, 0, 1))}"}
            if self._chance.random() < 0.1:
                await emulator.stop()
                await asyncio.sleep(self._chance.random())
                await emulator.restart()
            else:
                emulator.faults.add(NAMED_FAULTS[self._chance.choice(FAULTS)]())
                await asyncio.sleep(self._chance.random())
                emulator.faults.clear()
            emulator.hits.clear()

    async def size_at_rest(self) -> Size:
        """Hold the load for a moment, and measure what is left."""
        self.goes_on.clear()
        # Every request has ended by then, one way or the other.
        await asyncio.sleep(LATE_S + 1)
        size = size_now()
        self.goes_on.set()
        return size

    def _judge(self, reply: Reply, keys: list[tuple[Subject, str]]) -> None:
        if reply.status == 499:
            self.outcomes["left"] += 1
            return
        if reply.status != 200:
            self.wrong.append(f"{reply.status}: {reply.body[:200]!r}")
            return
        failed = {error["path"][0]: error["extensions"]["code"] for error in reply.errors}
        for subject, key in keys:
            item = subject.item(reply)
            right = item is not None and item["title"] == self._titles[subject.provider, key]
            if item is not None and right and item["freshness"] is not None:
                self.outcomes[item["freshness"]["state"]] += 1
            elif (item is None or item["title"] is None) and subject.field in failed:
                self.outcomes[failed[subject.field]] += 1
            else:
                self.wrong.append(f"{subject.provider} {key}: {item} {reply.errors}")


async def soak(seconds: float, clients: int, pause_s: float, seed: int) -> dict[str, object]:
    """Run, and answer the figures."""
    async with running_graph(**SETTINGS) as graph:
        run = Soak(graph, seed)
        await run.learn()
        tasks = [asyncio.create_task(run.client(pause_s)) for _ in range(clients)]
        tasks += [asyncio.create_task(run.trouble()), asyncio.create_task(run.pulse())]
        await asyncio.sleep(seconds / 4)
        early = await run.size_at_rest()
        await asyncio.sleep(seconds * 3 / 4)
        late = await run.size_at_rest()
        run.is_over = True
        await asyncio.gather(*tasks)
        return {
            "seconds": seconds,
            "requests": sum(run.outcomes.values()),
            "outcomes": dict(run.outcomes),
            "slowestSeconds": round(run.slowest_s, 3),
            "slowestTurnSeconds": round(run.slowest_turn_s, 3),
            "wrong": run.wrong[:10],
            "early": msgspec.structs.asdict(early),
            "late": msgspec.structs.asdict(late),
            "grew": grew(early, late),
        }


def grew(early: Size, late: Size) -> bool:
    """Tell growth from the swing of a load: a fifth of the memory, half of the tasks and sockets again."""
    return (
        late.bytes > early.bytes * 1.2
        or late.tasks > early.tasks * 2 + 20
        or late.files > early.files * 2 + 20
    )


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Soak the graph in failing providers.")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument(
        "--pause", type=float, default=0.2, help="mean seconds between two requests of a client"
    )
    parser.add_argument("--seed", type=int, default=4)
    given = parser.parse_args()
    figures = asyncio.run(soak(given.seconds, given.clients, given.pause, given.seed))
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 1 if figures["wrong"] or figures["grew"] else 0


if __name__ == "__main__":
    sys.exit(main())
