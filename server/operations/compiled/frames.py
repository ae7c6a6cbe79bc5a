"""Selections on a lasting record of which some fields hang on the request: what does not is read once, and kept.

What is kept is the record's frame. Its live fields run each time, and where they gave the very same things as before,
the text of the whole is copied.
"""

from collections.abc import Callable
from sys import getsizeof
from typing import Final, TypeAlias

import msgspec

from server.operations.compiled.executor import gathered
from server.operations.compiled.positions import Steps
from server.operations.compiled.renderings import WEIGHT, Rendering, Renderings, Run, Shelf
from server.operations.values import JsonObject, Value

# What nobody can change: the same object is written the same.
_UNCHANGING: Final = frozenset({msgspec.Raw, str, int, float, bool, type(None)})

Read: TypeAlias = Callable[[Value, Steps, Value], JsonObject | None]
"""Reads of a record what is fixed, with places for what is live; None where anything of it is unusual."""
RunLive: TypeAlias = Callable[[Value, Steps, Value, "Frame"], Value]
"""Runs the live fields on a record, and puts them into its frame."""


class Frame(Rendering):
    """What a record looks like under one selection, but for its live fields; nothing ``fixed`` before it is seen twice.

    ``raw`` is the text of the whole with what is in ``live``. That is held, so that nothing else can have its identity.
    """

    __slots__ = ("empty_weight", "fixed", "live", "renderings")

    fixed: JsonObject | None
    live: JsonObject
    renderings: Renderings
    empty_weight: int

    def keep(self, fixed: JsonObject | None, renderings: Renderings) -> bool:
        """Keep what was read; tell whether that can be done."""
        text = renderings.text(fixed) if fixed else b""
        self.is_unfit = not text
        if text:
            self.fixed, self.live, self.renderings = fixed, {}, renderings
            self.empty_weight = WEIGHT + getsizeof(fixed) + len(text)
            renderings.weigh(self, self.empty_weight)
        return not self.is_unfit

    def filled(self, live: JsonObject, pending: list[Value] | None) -> Value:
        """Give the whole with what live fields gave, and keep its text where it is known to be as good next time."""
        whole = {**(self.fixed or {}), **live}
        if pending is not None:
            return gathered(whole, pending)
        if self.is_unfit or not _UNCHANGING.issuperset(map(type, live.values())):
            return whole
        text = self.renderings.text(whole)
        self.is_unfit = not text
        if not text:
            return whole
        # Where a field failed, null is what it gave: it tells of the failure itself, each time.
        self.live, self.raw = live, msgspec.Raw(text)
        held = getsizeof(live) + sum(map(_size, live.values()))
        self.renderings.weigh(self, self.empty_weight + held + len(text))
        return self.raw


def framed(
    run: Run, read: Read, run_live: RunLive, shelf: Shelf, record: Value, steps: Steps, execution: Value
) -> Value:
    """Run what is live of a selection on a record, and take all else from its frame; or run all of it."""
    frame: Frame | None = shelf.held.get(id(record))
    if frame is None or frame() is not record:
        noted = shelf.renderings.note(record, shelf.held, Frame)
        if noted is not None:
            noted.fixed = None
        return run(record, steps, execution)
    if frame.fixed is None and (
        frame.is_unfit or not frame.keep(read(record, steps, execution), shelf.renderings)
    ):
        return run(record, steps, execution)
    frame.is_used = True
    return run_live(record, steps, execution, frame)


def _size(value: Value) -> int:
    return memoryview(value).nbytes if value.__class__ is msgspec.Raw else getsizeof(value)
