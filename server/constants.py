"""Answers that nothing can change while the process runs: those to what asks for types alone."""

from collections import OrderedDict
from typing import Final

import msgspec

from server.batch import Batch, Question
from server.caching import Validator
from server.edge.questions import View
from server.whole import Form

MOST_KEPT: Final = 200
LONGEST_KEPT: Final = 4 * 1024

_Key = tuple[bytes, View, bool]


class Constant(msgspec.Struct, frozen=True):
    """What was asked for, and its answer."""

    batch: Batch
    question: Question
    validator: Validator
    form: Form


class Constants:
    """The constants by body, looks, and whether the router asks; the ones asked for last are kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[_Key, Constant] = OrderedDict()

    def __len__(self) -> int:
        """Count them."""
        return len(self._known)

    def find(self, key: _Key, purges: int) -> Constant | None:
        """Find one that was made after so many purges: a client that asks whether it has changed names these too."""
        constant = self._known.get(key)
        if constant is None or constant.question.purges != purges:
            return None
        self._known.move_to_end(key)
        return constant

    def keep(self, key: _Key, constant: Constant) -> None:
        """Keep a short one."""
        # Aliases make as much of a type's name as one likes.
        if len(constant.form.body) + len(key[0]) > LONGEST_KEPT:
            return
        self._known[key] = constant
        if len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
