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
        share = self._share
        if found is not None or share is None or share.agreement is None:
            yield found
            return
        errands, key = share.agreement.errands, share.key(call)
        longest_s = _LONGEST_RENEWAL_S if renews else _LONGEST_WAIT_S
        found, errand = await _found_or_ours(errands, key, find, longest_s)
        try:
            yield found
        finally:
            # What is written takes the claim away with it: given back before, another process would fetch once more.
            if errand is not None and errand.is_ours and not share.cache.is_writing(key):
                errands.finish(key)


async def _found_or_ours(
    errands: SharedErrands, key: str, find: Callable[[], Awaitable[T | None]], longest_s: float
) -> tuple[T | None, Errand | None]:
    """Wait for what another process fetches, until it is found, or is ours to fetch, or waiting has been too long."""
    found: T | None = None
    errand = await _begun(errands, key, "")
    clock = asyncio.get_running_loop().time
    until, pause_s = clock() + longest_s, _FIRST_PAUSE_S
    while errand is not None and not errand.is_ours and clock() < until:
        if not errand.done:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        found = await find()
        if found is not None:
            break
        errand = await _begun(errands, key, errand.done)
    return found, errand


async def _begun(errands: SharedErrands, key: str, seen: str) -> Errand | None:
    try:
        return await errands.begin(key, seen)
    except asyncio.CancelledError:
        # It may have been ours by then, and nobody would fetch.
        errands.finish(key)
        raise
