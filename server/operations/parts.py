"""What was read of a document's parts, as far as its acceptance hangs on it."""

from typing import NamedTuple

from server.operations.literals import Literals
from server.operations.vocabulary import Composite, Field


class Accepted(NamedTuple):
    """A selection that was accepted: how many nodes the merging rule meets, and how many selections within it."""

    visits: int
    nested: int


class Part:
    """An operation or a fragment, on its type, with what stands in it.

    ``keys`` are the names of what it answers itself, each with its field: None for one with arguments or a selection.
    ``size`` is how many nodes the merging rule meets in its place.
    """

    def __init__(self, on: Composite) -> None:
        self.on = on
        self.literals = Literals()
        self.spreads: set[str] = set()
        self.keys: dict[str, Field | None] = {}
        self.nested = 0
        self.size = 0
