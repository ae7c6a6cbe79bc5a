"""Which request goes on where several could: one after the other, so that the processor's cache holds one's data."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import Final

Work = Callable[[], object]

_STEPS: Final = 3
"""How many steps of the loop an answer usually takes to what uses it: it wakes who loads, that all who share what is
loaded, and that the operation."""
_MOST_AT_ONCE: Final = 64
_MOST_BEFORE: Final = 16
_BEGIN_TOGETHER: Final = 2
"""By so many it is seen whether requests have calls in common, which they would not if each began after the other."""


class RequestQueue:
    """Gives each request its turn to go on with the answers that came for it.

    Where many are under way, answers come for all of them at once. To decode all answers, and then to run all
    operations, would touch the data of each request twice with that of all others in between: of a hundred photos each,
    that takes twice as long. So in a turn what came for one request is decoded and used, and only then what came for
    the next. A request begins when none has an answer to go on with, but lets no more than sixteen turns go first.

    Who begins late may find that a call has landed in which it could have had a part: so once one request takes part in
    another's call, all that wait begin.

    A turn takes some steps of the loop, however much else those are full of. Whoever answers requests that take no turn
    tells so by ``let_by``: as many turns more go at once, so that nobody starves beside them.

    An ``owner`` stands for a request. Where nobody waits, nothing does: the first to come has its turn at once.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._number = 0
        self._owner: int | None = None
        self._come: dict[int, deque[Work]] = {}
        self._beginning: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._gone_first = self._let_by = 0
        # Of no request: a turn is passed on from one to the next for as long as any waits.
        self._context = Context()

    def settle(self, owner: int, work: Work) -> None:
        """Do what an answer gives rise to: now where no other request has its turn, else in the turn of its own."""
        if self._owner == owner or self._has_turn(owner):
            work()
        else:
            self._come.setdefault(owner, deque()).append(work)

    async def begin(self, owner: int) -> None:
        """Wait until a request may begin."""
        if self._has_turn(owner):
            return
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._beginning.append((owner, begun))
        await begun

    def join(self) -> None:
        """Take note that a request has a part in the call of another: those that wait to begin may have, too."""
        beginning, self._beginning = self._beginning, deque()
        for _, begun in beginning:
            if not begun.done():
                begun.set_result(None)

    def let_by(self) -> None:
        """Take note of a request that was answered without a turn."""
        self._let_by += 1

    def end(self, owner: int) -> None:
        """Let the next have its turn: the request is done with."""
        if self._owner != owner:
            return
        if self._come or self._beginning:
            # Not in this step: its answer is to leave first.
            self._soon(self._pass_on, self._number)
        else:
            self._owner = None

    def _has_turn(self, owner: int) -> bool:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # What waited for the turn of a loop that has ended will never be woken.
            self._loop, self._owner = loop, None
            self._come.clear()
            self._beginning.clear()
        if self._owner is None:
            self._let_by = 0
            self._take(owner)
        return self._owner == owner

    def _take(self, owner: int) -> None:
        self._owner = owner
        self._number += 1
        self._soon(self._step, self._number, _STEPS)

    def _step(self, number: int, left: int) -> None:
        if number != self._number:
            return
        if left:
            self._soon(self._step, number, left - 1)
        else:
            self._pass_on(number)

    def _pass_on(self, number: int) -> None:
        # It may have been passed on already, by the request's own end.
        if number != self._number:
            return
        self._owner = None
        turns, self._let_by = 1 + self._let_by, 0
        while turns and self._give_turn():
            turns -= 1

    def _give_turn(self) -> bool:
        may_begin = not self._come or self._gone_first >= _MOST_BEFORE
        if may_begin and self._begin_next():
            self._gone_first = 0
            return True
        if not self._come:
            return False
        self._gone_first = self._gone_first + 1 if self._beginning else 0
        self._go_on()
        return True

    def _go_on(self) -> None:
        owner = next(iter(self._come))
        works = self._come.pop(owner)
        self._take(owner)
        for _ in range(min(len(works), _MOST_AT_ONCE)):
            try:
                works.popleft()()
            # Of every kind: the others are to go on too.
            except Exception as fault:  # noqa: BLE001 - handed on to whoever looks after the event loop
                _report(fault)
        if works:
            # At the end of the line again: nothing else of the process runs meanwhile.
            self._come[owner] = works

    def _begin_next(self) -> bool:
        count = 0
        while self._beginning and count < _BEGIN_TOGETHER:
            owner, begun = self._beginning.popleft()
            if not begun.done():
                self._take(owner)
                begun.set_result(None)
                count += 1
        return count > 0

    def _soon(self, work: Callable[..., object], *arguments: int) -> None:
        asyncio.get_running_loop().call_soon(work, *arguments, context=self._context)


def _report(fault: Exception) -> None:
    asyncio.get_running_loop().call_exception_handler(
        {"message": "a request failed to go on with an answer", "exception": fault}
    )
