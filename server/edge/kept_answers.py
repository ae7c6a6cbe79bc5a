"""Answers that are given again as long as they are good, within a bound of bytes."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from server.edge.outcomes import KeptAnswer
from server.edge.questions import Question

_WEIGHT_OF_ENTRY: Final = 4096
"""What an entry takes in memory beside its bytes: its key's parts, headers and times."""


class KeptAnswers:
    """The answers of this process by their questions; the ones given longest ago make room.

    ``purges`` counts the purges that are known; any of them empties it, for an answer does not tell what it is made of.
    ``clock`` tells the Unix time.
    """

    def __init__(self, most_bytes: int, purges: Callable[[], int], clock: Callable[[], float]) -> None:
        self.bytes = 0
        self._most_bytes = most_bytes
        self._purges = purges
        self._clock = clock
        self._kept: OrderedDict[Question, KeptAnswer] = OrderedDict()
        self._heeded = purges()

    def __len__(self) -> int:
        """Count the answers."""
        return len(self._kept)

    def heed_purges(self) -> int:
        """Forget everything where something was purged; return how many purges that are."""
        purges = self._purges()
        if purges != self._heeded:
            self._heeded = purges
            self._kept.clear()
            self.bytes = 0
        return purges

    def now(self) -> float:
        """Tell the Unix time in seconds."""
        return self._clock()

    def find(self, question: Question) -> KeptAnswer | None:
        """Find an answer that is good now."""
        self.heed_purges()
        kept = self._kept.get(question)
        if kept is None:
            return None
        if kept.reuse_at(self._clock()) is None:
            self._drop(question)
            return None
        self._kept.move_to_end(question)
        return kept

    def keep(self, question: Question, kept: KeptAnswer, purges: int) -> None:
        """Keep an answer that was begun after so many purges, unless there were more since."""
        weight = _weight(question, kept)
        # It may show what was purged while it was made.
        if purges != self.heed_purges() or weight > self._most_bytes:
            return
        self._drop(question)
        self._kept[question] = kept
        self.bytes += weight
        while self.bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, question: Question) -> None:
        kept = self._kept.pop(question, None)
        if kept is not None:
            self.bytes -= _weight(question, kept)


def _weight(question: Question, kept: KeptAnswer) -> int:
    return _WEIGHT_OF_ENTRY + len(question.asked) + len(kept.body)
