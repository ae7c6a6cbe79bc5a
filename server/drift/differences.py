"""What has changed between a shape that is known and one that came."""

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Final, Literal

import msgspec

from server.drift.shapes import Shape, name_of, parent_of

_ALIKE: Final = 0.6
_UNTOLD: Final = frozenset({"null"})


class Difference(msgspec.Struct, frozen=True):
    """One change. ``path`` is where the known shape has it, or for a new field where it came.

    ``known`` and ``came`` are kinds of values; for a renamed field ``came`` is its new path.
    """

    what: Literal["renamed", "retyped", "missing", "new"]
    path: str
    known: str
    came: str


def differences(known: Shape, came: Shape) -> list[Difference]:
    """List the changes, topmost alone: below a field that is new, gone or renamed nothing more is said.

    A field that the known shape has always is missing where no object that came has it; one that is rare is missed
    only where a field of a like name has come in its place.
    """
    new = [path for path in came if path not in known and _is_told(known, path)]
    gone = [path for path in known if path not in came and "object" in _kinds(came, parent_of(path))]
    renamed = dict(_renamed(known, came, gone, new))
    found = [Difference("renamed", old, known[old].written(), path) for old, path in renamed.items()]
    found += _missing(known, set(gone) - set(renamed))
    found += _new(came, set(new) - set(renamed.values()))
    found += _retyped(known, came)
    return sorted(found, key=lambda each: each.path)


def _missing(known: Shape, gone: Iterable[str]) -> Iterator[Difference]:
    for path in gone:
        if known[path].is_always:
            yield Difference("missing", path, known[path].written(), "nothing")


def _new(came: Shape, paths: Iterable[str]) -> Iterator[Difference]:
    return (Difference("new", path, "nothing", came[path].written()) for path in paths)


def _retyped(known: Shape, came: Shape) -> Iterator[Difference]:
    for path in known.keys() & came.keys():
        was, now = known[path], came[path]
        if now.kinds - was.kinds and was.kinds != _UNTOLD:
            yield Difference("retyped", path, was.written(), now.written())


def _is_told(known: Shape, path: str) -> bool:
    """Whether the known shape would have the field: its parent is there, and tells something of its members."""
    parent = parent_of(path)
    is_element = path.endswith("[]")
    # Of an empty object or array, and of null, nobody has seen what else may be there.
    return parent in known and any(
        parent_of(other) == parent and other.endswith("[]") == is_element for other in known
    )


def _kinds(shape: Shape, path: str) -> frozenset[str]:
    return shape[path].kinds if path in shape else frozenset()


def _renamed(known: Shape, came: Shape, gone: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Pair what is gone with what is new beside it, the most alike first."""
    pairs = [
        (likeness, old, path)
        for old in gone
        for path in new
        if parent_of(old) == parent_of(path)
        and known[old].kinds & came[path].kinds
        and (likeness := _likeness(known, came, old, path)) >= _ALIKE
    ]
    taken: set[str] = set()
    for _, old, path in sorted(pairs, reverse=True):
        if taken.isdisjoint((old, path)):
            taken |= {old, path}
            yield old, path


def _likeness(known: Shape, came: Shape, old: str, path: str) -> float:
    """Tell how alike two fields are by their names and by what is below them: 1 is the same."""
    told, now = (re.sub("[^a-z0-9]", "", name_of(each).lower()) for each in (old, path))
    below = {each.removeprefix(old) for each in known if each.startswith(f"{old}.")}
    beneath = {each.removeprefix(path) for each in came if each.startswith(f"{path}.")}
    members = len(below & beneath) / len(below | beneath) if below and beneath else 0.0
    return max(SequenceMatcher(None, told, now).ratio(), members)
