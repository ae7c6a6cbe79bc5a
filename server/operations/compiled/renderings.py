"""What a lasting record looks like under a selection: rendered once, and copied into every answer after that."""

import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

import msgspec

from server.operations.compiled.positions import Steps
from server.operations.values import Value

MOST_BYTES: Final = 16 * 1024 * 1024
_LARGEST_SHARE: Final = 8
WEIGHT: Final = 512
"""What a rendering takes beside its text: the reference to its record, and its places in two tables."""
_UNFIT: Final = (TypeError, ValueError, OverflowError, RecursionError)
"""What is raised for values that JSON cannot hold: the answer as a whole tells of them."""


def is_lasting(kind: object) -> bool:
    """Tell whether records of a class always show the same: it has the mark ``__lasting__``, which no field can be."""
    return getattr(kind, "__lasting__", False) is True


class Failing(Protocol):
    """An execution, which counts the failures of its fields."""

    failures: int


Run = Callable[[Value, Steps, Value], Value]


class Rendering(weakref.ref[Value]):
    """A record's JSON under one selection, without holding the record; no ``raw`` before it was seen twice."""

    __slots__ = ("is_unfit", "is_used", "key", "raw", "shelf", "weight")

    key: int
    shelf: dict[int, "Rendering"]
    raw: msgspec.Raw | None
    weight: int
    is_used: bool
    is_unfit: bool


R = TypeVar("R", bound=Rendering)


class Renderings:
    """The renderings of one schema's operations, in so many bytes; those that were not used lately make room.

    Each lives no longer than its record, and no longer than the operation that it was made for.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._all: OrderedDict[int, Rendering] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._all)

    def note(self, record: Value, shelf: dict[int, Any], kind: type[R]) -> R | None:
        """Take note of a record that is seen for the first time, if it is one that lasts."""
        if not is_lasting(record.__class__):
            return None
        try:
            noted = kind(record, self.forget)
        except TypeError:
            # It cannot be told when such a record is gone.
            return None
        noted.key, noted.shelf, noted.raw, noted.weight = id(record), shelf, None, WEIGHT
        noted.is_used = noted.is_unfit = False
        shelf[noted.key] = self._all[id(noted)] = noted
        self.bytes += WEIGHT
        if self.bytes > self._most_bytes:
            self._make_room()
        return noted

    def render(self, noted: Rendering, run: Run, record: Value, steps: Steps, execution: Failing) -> Value:
        """Run the selection on a record that is seen again, and keep what it looks like if nothing failed."""
        before = execution.failures
        found = run(record, steps, execution)
        if noted.is_unfit or found.__class__ is not dict or execution.failures != before:
            return found
        text = self.text(found)
        if text:
            noted.raw = msgspec.Raw(text)
            self.weigh(noted, WEIGHT + len(text))
        noted.is_unfit = not text
        return found

    def text(self, found: Value) -> bytes:
        """Write what a selection gave; nothing where JSON cannot hold it, or where it would take most of the room."""
        try:
            text = msgspec.json.encode(found)
        except _UNFIT:
            return b""
        return text if len(text) * _LARGEST_SHARE <= self._most_bytes else b""

    def weigh(self, rendering: Rendering, weight: int) -> None:
        """Take note of what one weighs now, and make room for it; one that is forgotten already weighs nothing."""
        if id(rendering) not in self._all:
            return
        self.bytes += weight - rendering.weight
        rendering.weight = weight
        self._make_room()

    def forget(self, rendering: Rendering) -> None:
        """Forget one; it is called when its record is gone."""
        if rendering.shelf.get(rendering.key) is rendering:
            del rendering.shelf[rendering.key]
        if self._all.pop(id(rendering), None) is not None:
            self.bytes -= rendering.weight

    def forget_all(self, shelf: dict[int, Rendering]) -> None:
        """Forget those of one selection: its operation is forgotten."""
        for each in list(shelf.values()):
            self.forget(each)

    def _make_room(self) -> None:
        while self.bytes > self._most_bytes and self._all:
            oldest = next(iter(self._all.values()))
            # A second chance: what was used since it was looked at last goes to the end.
            if oldest.is_used:
                oldest.is_used = False
                self._all.move_to_end(id(oldest))
            else:
                self.forget(oldest)


class Shelf:
    """The renderings of one selection, by the identity of their records."""

    def __init__(self, renderings: Renderings) -> None:
        self.renderings = renderings
        # All of them of one kind, which what looks them up knows.
        self.held: dict[int, Any] = {}
        weakref.finalize(self, renderings.forget_all, self.held).atexit = False


def rendered(run: Run, shelf: Shelf, record: Value, steps: Steps, execution: Value) -> Value:
    """Give what a selection on a record looks like, or run it."""
    known = shelf.held.get(id(record))
    if known is None or known() is not record:
        shelf.renderings.note(record, shelf.held, Rendering)
        return run(record, steps, execution)
    if known.raw is None:
        return shelf.renderings.render(known, run, record, steps, execution)
    known.is_used = True
    return known.raw
