"""Compiled code, kept for other operations whose source differs in nothing but the names of objects."""

import re
from collections import OrderedDict
from types import CodeType, FunctionType
from typing import Final, NamedTuple

from server.operations.values import Value

MARK: Final = "ø"
"""How names of objects begin. No name of a schema or a document has it, so that whatever does is one of them."""
MOST_CHARACTERS: Final = 2_000_000

_MARKED = re.compile(MARK + r"(\w+)")
_Key = tuple[str, tuple[int, ...]]


class _Known(NamedTuple):
    """The code of a function, and where it names objects: what stands before the mark, and the how manieth object."""

    code: CodeType
    places: tuple[tuple[int, str, int], ...]
    within: tuple[tuple[int, "_Known"], ...]
    size: int


class Codes:
    """Code of functions, the most recently used of it kept. What Python's compiler does takes most of a compilation."""

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_characters = most_characters
        self._characters = 0
        self._known: OrderedDict[_Key, _Known] = OrderedDict()
        self.compiled = 0

    def define(self, source: str, objects: dict[str, Value]) -> None:
        """Define the function of a source among the objects that it names."""
        pieces = _MARKED.split(source)
        places: dict[str, int] = {}
        order = tuple([places.setdefault(name, len(places)) for name in pieces[1::2]])
        names = tuple(places)
        key = (MARK.join(pieces[::2]), order)
        known = self._known.get(key)
        if known is None:
            known = self._compiled(key, source, names)
        else:
            self._known.move_to_end(key)
        defined = f"{MARK}{names[0]}"
        objects[defined] = FunctionType(_renamed(known, names), objects, defined)

    def _compiled(self, key: _Key, source: str, names: tuple[str, ...]) -> _Known:
        self.compiled += 1
        module = compile(source, "<operation>", "exec")
        code = next(each for each in module.co_consts if isinstance(each, CodeType))
        known = self._known[key] = _examined(code, {name: at for at, name in enumerate(names)}, len(source))
        self._characters += known.size
        while self._characters > self._most_characters:
            self._characters -= self._known.popitem(last=False)[1].size
        return known


def _examined(code: CodeType, order: dict[str, int], size: int) -> _Known:
    parted = [(at, *name.partition(MARK)) for at, name in enumerate(code.co_names)]
    places = tuple((at, before, order[name]) for at, before, mark, name in parted if mark)
    nested = [(at, each) for at, each in enumerate(code.co_consts) if isinstance(each, CodeType)]
    within = [(at, _examined(each, order, 0)) for at, each in nested]
    return _Known(code, places, tuple((at, each) for at, each in within if each.places or each.within), size)


def _renamed(known: _Known, names: tuple[str, ...]) -> CodeType:
    # A copy even where all names are the same: what the interpreter learns while it runs is of one operation's objects.
    code = known.code
    found = list(code.co_names)
    for at, before, index in known.places:
        found[at] = before + MARK + names[index]
    if not known.within:
        return code.replace(co_names=tuple(found))
    constants = list(code.co_consts)
    for at, each in known.within:
        constants[at] = _renamed(each, names)
    return code.replace(co_names=tuple(found), co_consts=tuple(constants))
