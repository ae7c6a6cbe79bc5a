"""A rehearsal of a request: nothing is sent, and every call that would be made is noted.

A call waits until nothing more is asked without its answer, and then gets a sample of the provider's answers. So the
calls of the first round are exact: they follow from the operation alone. Those of later rounds depend on data, and the
samples are made so that they are the most that can follow.
"""

import asyncio
from typing import Final

import msgspec

from providers.call_record import CallRecord

_QUIET_TICKS: Final = 40
"""Turns of the event loop without a new call after which a round has ended: a loader's batch leaves after three."""


class Predicted(msgspec.Struct, frozen=True):
    """A call that would be made; ``exact`` where it does not depend on data."""

    record: CallRecord
    exact: bool


class Rehearsal:
    """The calls of one rehearsed request."""

    def __init__(self) -> None:
        self.predicted: list[Predicted] = []
        self._round = 0
        self._waiting: asyncio.Event | None = None
        self._driver: asyncio.Task[None] | None = None

    def note_once(self, record: CallRecord) -> None:
        """Note a call that many wait for, such as a login."""
        known = {(each.record.provider, each.record.route) for each in self.predicted}
        if (record.provider, record.route) not in known:
            self.predicted.append(Predicted(record=record, exact=self._round == 0))

    def note(self, record: CallRecord) -> None:
        """Note a read that needs no call: what follows from it follows from what is kept."""
        self.predicted.append(Predicted(record=record, exact=self._round == 0))

    async def play(self, record: CallRecord) -> None:
        """Note a call, and wait for the end of its round."""
        self.note(record)
        if self._waiting is None:
            self._waiting = asyncio.Event()
            self._driver = asyncio.create_task(self._end_round(self._waiting))
        await self._waiting.wait()

    async def _end_round(self, waiting: asyncio.Event) -> None:
        noted, quiet = -1, 0
        while quiet < _QUIET_TICKS:
            quiet = 0 if len(self.predicted) != noted else quiet + 1
            noted = len(self.predicted)
            await asyncio.sleep(0)
        self._round += 1
        self._waiting = None
        waiting.set()
