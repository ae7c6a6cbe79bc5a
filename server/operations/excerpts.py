"""Selections by their texts: what follows from the text of one alone needs to be found once for all documents."""

from collections.abc import Hashable
from typing import Final, Generic, TypeVar

from graphql import SelectionSetNode

from server.operations.kept import Kept

V = TypeVar("V")

SHORTEST: Final = 48
"""What is shorter is looked at as quickly as found."""
MOST_CHARACTERS: Final = 128 * 1024
ENTRY_CHARACTERS: Final = 64


class Excerpts(Generic[V]):
    """What is known of selections by their texts, and by whatever else it hangs on."""

    def __init__(self) -> None:
        self._known: Kept[tuple[str, Hashable], V] = Kept(MOST_CHARACTERS)

    def __len__(self) -> int:
        return len(self._known)

    def find(self, text: str, beside: Hashable) -> V | None:
        """Find what is known."""
        return self._known.find((text, beside))

    def keep(self, text: str, beside: Hashable, value: V) -> None:
        """Keep what was not found."""
        self._known.keep((text, beside), value, len(text) + ENTRY_CHARACTERS)


def excerpt(selections: SelectionSetNode) -> str:
    """Give the text of a selection; nothing where it is short, or names variables, directives or fragments."""
    location = selections.loc
    if location is None or location.end - location.start < SHORTEST:
        return ""
    text = location.source.body[location.start : location.end]
    return "" if "$" in text or "..." in text or "@" in text else text
