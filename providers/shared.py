"""Answers shared between processes: kept as they came over the wire, so that every version of the graph reads them."""

import hashlib
import zlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Final, Protocol

import msgspec

from providers.agreement import Agreement
from providers.cache import Keeping, plain_header
from providers.calls import Call
from providers.records import Origin, Provider
from providers.transport import Reply

_NEEDED: Final = ("content-type", "content-range", "etag", "last-modified")
_WORTH_PACKING: Final = 512
_LARGEST_BODY: Final = 64 * 1024 * 1024


class Stored(msgspec.Struct, frozen=True, array_like=True):
    """An answer with its times (Unix seconds) and the number of the last purge that was known when it was asked for."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_packed: bool
    stored_at: float
    fresh_s: float
    stale_s: float
    purges: int

    @property
    def keeping(self) -> Keeping:
        """How long it is fresh, and how long it may serve."""
        return Keeping(self.fresh_s, self.stale_s)

    @property
    def origin(self) -> Origin:
        """Where records made of it come from."""
        return Origin(stored_at=self.stored_at, fresh_until=self.stored_at + self.fresh_s)

    def reply(self) -> Reply:
        """Make the reply that it was; raises ValueError or zlib.error for a spoilt one."""
        body = self.body
        if self.is_packed:
            unpacker = zlib.decompressobj()
            body = unpacker.decompress(body, _LARGEST_BODY)
            if not unpacker.eof:
                raise ValueError("cut short")
        return Reply(status=self.status, headers=self.headers, body=body)


class Herald(Protocol):
    """Tells other processes of purges, and is told of theirs."""

    @property
    def is_down(self) -> bool:
        """Whether the others are out of reach at present."""
        ...

    @property
    def failures(self) -> int:
        """How often they were."""
        ...

    def when_purged(self, forget: Callable[[str], object]) -> None:
        """Have ``forget`` called with each tag that any process purges."""
        ...

    async def open(self) -> None:
        """Begin to listen."""
        ...

    async def purge(self, tag: str) -> bool:
        """Tell every process to forget what a tag names; False where they could not be told."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


class SharedCache(Herald, Protocol):
    """A cache that other processes see too. None of its methods raises or waits long: it may be gone at any time."""

    @property
    def purges(self) -> int:
        """The number of the last purge that is known here, 0 where none is. Numbers only grow."""
        ...

    async def get(self, key: str) -> Stored | None:
        """Find an answer."""
        ...

    def put(self, key: str, stored: Stored) -> None:
        """Keep an answer, soon."""
        ...

    def drop(self, key: str) -> None:
        """Forget an answer, soon."""
        ...

    def is_writing(self, key: str) -> bool:
        """Tell whether something under a key will be kept or forgotten soon."""
        ...

    def purged_since(self, number: int) -> Iterable[str]:
        """List the tags of the purges after that one; all providers where that cannot be told."""
        ...


class Share:
    """One provider's part of the shared cache. ``identity`` tells its base URL and credentials from all others.

    ``agreement`` is what its processes agree on beside its answers.
    """

    def __init__(
        self, provider: Provider, identity: str, cache: SharedCache, agreement: Agreement | None = None
    ) -> None:
        self.cache = cache
        self.agreement = agreement
        self._provider = provider
        self._identity = identity

    async def find(self, call: Call) -> Stored | None:
        """Find an answer; whether a purge concerns it is for the caller to tell."""
        return await self.cache.get(self.key(call))

    def keep(self, call: Call, reply: Reply, keeping: Keeping, stored_at: float, purges: int) -> None:
        """Keep an answer; ``purges`` is the number of the last that was known when it was asked for."""
        packs = len(reply.body) > _WORTH_PACKING
        stored = Stored(
            status=reply.status,
            headers={name: value for name in _NEEDED if (value := plain_header(reply, name))},
            body=zlib.compress(reply.body, 1) if packs else reply.body,
            is_packed=packs,
            stored_at=stored_at,
            fresh_s=keeping.fresh_s,
            stale_s=keeping.stale_s,
            purges=purges,
        )
        self.cache.put(self.key(call), stored)

    async def renew(self, call: Call, keeping: Keeping, stored_at: float) -> None:
        """Take note that an answer has not changed."""
        stored = await self.find(call)
        if stored is not None and stored.status != HTTPStatus.NOT_FOUND:
            renewed = msgspec.structs.replace(
                stored, stored_at=stored_at, fresh_s=keeping.fresh_s, stale_s=keeping.stale_s
            )
            self.cache.put(self.key(call), renewed)

    def drop(self, call: Call) -> None:
        """Forget an answer."""
        self.cache.drop(self.key(call))

    def key(self, call: Call) -> str:
        """Name an answer in the shared cache."""
        # Without the variant: what differs by it is made of the same answer.
        wire = msgspec.json.encode((self._identity, call.path, call.query, call.headers))
        return f"{self._provider.value}:{hashlib.blake2b(wire, digest_size=16).hexdigest()}"
