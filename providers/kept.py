"""What one provider's answers are kept in: this process' memory, with a shared cache behind it where there is one."""

import zlib
from collections.abc import Iterable
from http import HTTPStatus
from typing import TypeVar

import msgspec

from providers.cache import Entry, Keeping, Memory, entry_of, keeping_of
from providers.calls import Call, CallPolicy, Decode
from providers.clock import Clock
from providers.errors import ProviderError
from providers.purging import Purging
from providers.records import Answer, Origin
from providers.shared import Share
from providers.transport import Reply

T = TypeVar("T")

_SPOILT = (ValueError, zlib.error, msgspec.DecodeError, RecursionError, ProviderError)


class Kept:
    """Finds, keeps, renews and drops the answers of one provider."""

    def __init__(self, policy: CallPolicy, clock: Clock, share: Share | None, purging: Purging) -> None:
        self.memory = Memory(policy.cache_bytes)
        self._policy = policy
        self._clock = clock
        self._purging = purging
        self._share = share if policy.fresh_s > 0 else None

    @property
    def purges(self) -> int:
        """The number of the last purge that is known; to be told along with an answer that was asked for now."""
        return self._share.cache.purges if self._share else 0

    @property
    def is_shared(self) -> bool:
        """Whether others may have what this process has not."""
        return self._share is not None

    def find(self, call: Call) -> Entry | None:
        """Find what this process has, fresh or not."""
        return self.memory.get(call)

    async def find_shared(self, call: Call, decode: Decode[T], *, if_fresh: bool) -> Entry | None:
        """Find what others have, where it may still serve, or only where it is fresh."""
        share = self._share
        if share is None:
            return None
        stored = await share.find(call)
        if stored is None:
            return None
        try:
            reply, origin = stored.reply(), stored.origin
            value = None if reply.status == HTTPStatus.NOT_FOUND else decode(reply, origin)
        except _SPOILT:
            return None
        # Last, for what it shows is not known before; looked at now, for a purge may have come while it was read.
        tags = share.cache.purged_since(stored.purges)
        if self._is_purged(tags, call, value):
            return None
        entry = entry_of(reply, value, origin, stored.keeping)
        is_good = entry.is_fresh if if_fresh else entry.may_serve
        return entry if is_good(self._clock.unix()) else None

    def _is_purged(self, tags: Iterable[str], call: Call, value: object) -> bool:
        return any(self._purging.concerns(tag, call, value) for tag in tags)

    def keep(
        self,
        call: Call,
        reply: Reply,
        value: T | None,
        origin: Origin,
        keeping: Keeping | None,
        purges: int,
    ) -> Answer[T]:
        """Keep an answer that may be kept; forget what was kept before of one that may not."""
        if keeping is None:
            self.drop(call)
            return Answer(value=value, origin=origin)
        entry = entry_of(reply, value, origin, keeping)
        self.memory.put(call, entry)
        if self._share is not None:
            self._share.keep(call, reply, keeping, origin.stored_at, purges)
        return entry.answer

    async def renew(self, call: Call, reply: Reply, entry: Entry) -> None:
        """Take note of a 304: the entry, and all records made of it, are good again."""
        told = keeping_of(reply, self._policy) if "cache-control" in reply.headers else entry.keeping
        now = self._clock.unix()
        entry.renew(now, told or Keeping(0.0, 0.0))
        if told is None:
            self.drop(call)
            return
        self.memory.put(call, entry)
        if self._share is not None:
            await self._share.renew(call, told, now)

    def purge(self, tag: str) -> int:
        """Forget what a tag names, in this process; answer how many answers that were."""
        return self.memory.purge(lambda call, value: self._purging.concerns(tag, call, value))

    def drop(self, call: Call) -> None:
        """Forget an answer here and for others."""
        self.memory.drop(call)
        if self._share is not None:
            self._share.drop(call)
