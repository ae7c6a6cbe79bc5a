"""The shape of JSON: which kinds of value stand at which path."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

import msgspec

_PLAIN: Final = re.compile(r"[A-Za-z_$@][A-Za-z0-9_$@-]*")
_WRITTEN: Final = re.compile(
    r"(?P<kinds>(?:array|boolean|null|number|object|string)(?:\|[a-z]+)*)(?P<rarely> \?)?(?P<free> \*)?"
)
_KINDS: Final[Mapping[type, str]] = {
    dict: "object",
    list: "array",
    str: "string",
    # A whole number is no kind of its own: a price of 12 becomes 12.5 without anything having changed.
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}


class Field(msgspec.Struct, frozen=True):
    """What stands at one path: its kinds, and whether every object that could have it has it.

    ``is_free`` where the members below are the customer's own and tell nothing of the provider.
    """

    kinds: frozenset[str]
    is_always: bool
    is_free: bool = False

    def written(self) -> str:
        """Write it as a file of shapes has it: ``string|null ?`` is a text or null that may be absent."""
        return "|".join(sorted(self.kinds)) + " ?" * (not self.is_always) + " *" * self.is_free


Shape = Mapping[str, Field]
"""Fields by their paths: ``$`` is the whole, ``$.data[].uuid`` a member of each element of an array."""


class Unreadable(Exception):
    """A file of shapes is none; the one-line message says what is wrong with it."""


def field(text: str) -> Field:
    """Read what ``Field.written`` writes; raises Unreadable."""
    found = _WRITTEN.fullmatch(text)
    if not found:
        raise Unreadable(f"wanted kinds of JSON values like 'string|null ?', got {text[:40]!r}")
    return Field(frozenset(found["kinds"].split("|")), not found["rarely"], bool(found["free"]))


def shape_of(documents: Iterable[object], free: Collection[str] = ()) -> Shape:
    """Tell the shape of all documents together; below the ``free`` paths nothing is looked at."""
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    objects: Counter[str] = Counter()
    members: Counter[str] = Counter()
    for document in documents:
        for path, value in _walked("$", document, free):
            kind = _KINDS[type(value)]
            kinds[path].add(kind)
            members[path] += 1
            objects[path] += kind == "object"
    return {
        path: Field(
            frozenset(found), path == "$" or members[path] == objects[parent_of(path)], is_free=path in free
        )
        for path, found in sorted(kinds.items())
    }


def _walked(path: str, value: object, free: Collection[str]) -> Iterator[tuple[str, object]]:
    yield path, value
    if path in free:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _walked(f"{path}.{_quoted(str(name))}", each, free)
    elif isinstance(value, list):
        for each in value:
            yield from _walked(f"{path}[]", each, free)


def _quoted(name: str) -> str:
    # A provider chooses its names: none of them may end a path, or move a terminal's cursor.
    return name if _PLAIN.fullmatch(name) else ascii(name).replace(".", "\\x2e").replace("[", "\\x5b")


def parent_of(path: str) -> str:
    """Name what a path is a member or an element of; the whole has no parent."""
    if path.endswith("[]"):
        return path[:-2]
    return path.rpartition(".")[0]


def name_of(path: str) -> str:
    """Return the last name of a path."""
    return path.rpartition(".")[2]
