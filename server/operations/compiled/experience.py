"""What selections came to, by which new documents with the same ones are judged."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from graphql import DocumentNode, FieldNode, FragmentDefinitionNode, Node, OperationDefinitionNode

from server.operations.values import JsonObject, Value

MOST_SELECTIONS: Final = 4000
JUDGEMENTS: Final = 64
ASKED_OFTEN: Final = 2
CHEAPER: Final = 5


class Asked(NamedTuple):
    """The selections at the top of an operation, by the names of their answers, and the length of its text.

    A selection is known by a number that follows from its field and its text, whatever its arguments and its document.
    """

    selections: tuple[tuple[str, int], ...]
    characters: int


NOTHING: Final = Asked((), 0)


class _Known:
    """What a selection gave, how often it was asked for, and how often what it gave may still be relied on."""

    __slots__ = ("asked", "left", "values")

    def __init__(self, values: int) -> None:
        self.values = values
        self.left = JUDGEMENTS
        self.asked = 0


class Experience:
    """Knows how many values selections gave.

    To interpret a value takes longer than to compile a character of a document: 3.6 to 6.9 us against 3.2, as measured
    over the workloads of the benchmarks. Where its selections are compiled already, a character takes 0.6.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Known] = OrderedDict()

    def favours(self, asked: Asked) -> bool:
        """Tell whether to compile an operation at its first use: every selection is known, and they give enough."""
        found = [self._known.get(selection) for _, selection in asked.selections]
        known = [each for each in found if each is not None]
        if len(known) < len(found) or not known:
            return False
        for each in known:
            each.asked += 1
        if not _pays(known, asked.characters):
            return False
        for (_, selection), each in zip(asked.selections, known, strict=True):
            self._known.move_to_end(selection)
            each.left -= 1
        return True

    def is_due(self, asked: Asked) -> bool:
        """Tell whether to note again what an operation comes to; others rely meanwhile on what was noted before."""
        due = False
        for _, selection in asked.selections:
            known = self._known.get(selection)
            if known is not None and known.left <= 0:
                known.left = JUDGEMENTS
                due = True
        return due

    def note(self, asked: Asked, data: JsonObject) -> None:
        """Note what an operation came to."""
        for key, selection in asked.selections:
            values, known = _count(data.get(key)), self._known.get(selection)
            if known is None:
                self._known[selection] = _Known(values)
            else:
                known.values, known.left = values, JUDGEMENTS
                self._known.move_to_end(selection)
        while len(self._known) > MOST_SELECTIONS:
            self._known.popitem(last=False)


def _pays(known: Sequence[_Known], characters: int) -> bool:
    expected = sum([each.values for each in known])
    # What came often enough was compiled for others, or is so for those to come.
    if expected < characters and min([each.asked for each in known]) > ASKED_OFTEN:
        expected *= CHEAPER
    return expected >= characters


def asked_of(document: DocumentNode, name: str | None) -> Asked:
    """Tell what an operation asks for; one with fragments at its top, or not the only one, is not judged."""
    operation = _only_operation(document, name)
    if operation is None:
        return NOTHING
    parts = [_text(each) for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
    shared = "".join(parts)
    body, selections = operation.loc.source.body if operation.loc else "", []
    for node in operation.selection_set.selections:
        if not isinstance(node, FieldNode):
            return NOTHING
        below = node.selection_set
        if below is not None and below.loc is not None:
            number = hash((node.name.value, body[below.loc.start : below.loc.end], shared))
            selections.append(((node.alias or node.name).value, number))
    return Asked(tuple(selections), len(_text(operation)) + len(shared))


def _only_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if len(operations) != 1:
        return None
    own = operations[0].name
    return operations[0] if not name or (own and own.value == name) else None


def _text(node: Node) -> str:
    return node.loc.source.body[node.loc.start : node.loc.end] if node.loc else ""


def _count(data: Value) -> int:
    """Estimate how many values there are: the items of a list are taken to be like the first."""
    if data.__class__ is dict:
        return 1 + sum([_count(each) for each in data.values()])
    if data.__class__ is msgspec.Raw:
        return 1 + bytes(data).count(b":")
    return 1 + len(data) * _count(data[0]) if data.__class__ is list and data else 1
