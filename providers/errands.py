"""One process fetches what several want; the others wait a moment for its answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from providers.agreement import Errand, SharedErrands
from providers.calls import Call
from providers.shared import Share

T = TypeVar("T")

_LONGEST_WAIT_S: Final = 2.0
_LONGEST_RENEWAL_S: Final = 10.0
_FIRST_PAUSE_S: Final = 0.005
_LONGEST_PAUSE_S: Final = 0.05


class Errands:
    """The fetches of one provider; without a share each process does its own."""

    def __init__(self, share: Share | None) -> None:
        self._share = share

    @asynccontextmanager
    async def alone(
        self, call: Call, find: Callable[[], Awaitable[T | None]], *, renews: bool
    ) -> AsyncIterator[T | None]:
        """Find an answer, where need be after another process has fetched it; None: the block is to fetch it.

        Who takes longer than two seconds is waited for no more, so that one process that hangs holds up no other; for a
        renewal no client waits.
        """
        found = await find()
        agreement = self._share.agreement if self._share else None
        if found is not None or self._share is None or agreement is None:
            yield found
            return
        key = self._share.key(call)
        errand = await _begun(agreement.errands, key, "")
        loop = asyncio.get_running_loop()
        until = loop.time() + (_LONGEST_RENEWAL_S if renews else _LONGEST_WAIT_S)
        pause_s = _FIRST_PAUSE_S
        while errand is not None and not errand.is_ours and found is None and loop.time() < until:
            if not errand.done:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            found = await find()
            if found is None:
                errand = await _begun(agreement.errands, key, errand.done)
        try:
            yield found
        finally:
            # What is written takes the claim away with it: given back before, another process would fetch once more.
            if errand is not None and errand.is_ours and not self._share.cache.is_writing(key):
                agreement.errands.finish(key)


async def _begun(errands: SharedErrands, key: str, seen: str) -> Errand | None:
    try:
        return await errands.begin(key, seen)
    except asyncio.CancelledError:
        # It may have been ours by then, and nobody would fetch.
        errands.finish(key)
        raise
