"""Automatic persisted queries, as clients of Apollo speak them: a hash alone, and the text where it is not known."""

import asyncio
import hashlib
import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, Protocol, TypeGuard

import msgspec

from server.operations.requests import GraphQLRequest, RequestRefused

MOST_BYTES: Final = 8 * 1024 * 1024
ENTRY_BYTES: Final = 512
"""What a text takes beside itself: its hash, its place in the table."""

_HASH = re.compile(r"[0-9a-f]{64}")


class SharedTexts(Protocol):
    """Texts that all processes know. Neither method raises or waits long: the place may be gone at any time."""

    async def find(self, name: str) -> str | None:
        """Find a text."""
        ...

    def keep(self, name: str, text: str) -> None:
        """Keep a text, soon."""
        ...


class PersistedQueries:
    """The texts that clients have sent with their hash, the most recently used of them kept within ``most_bytes``.

    With ``shared`` those that were sent to another process are known too.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, shared: SharedTexts | None = None) -> None:
        self._most_bytes = most_bytes
        self._shared = shared
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._bytes = 0

    def completed(self, asked: GraphQLRequest) -> GraphQLRequest:
        """Put in the text that a hash stands for, and keep one that comes with its hash; raises RequestRefused."""
        persisted = (asked.extensions or {}).get("persistedQuery")
        if persisted is None:
            return asked
        named = asked.persisted_hash
        if not isinstance(persisted, dict) or persisted.get("version") != 1 or not _fits(named):
            wanted = (
                "wanted extensions.persistedQuery with version 1 and a sha256Hash of 64 hexadecimal digits"
            )
            raise RequestRefused(
                400, "PERSISTED_QUERY_NOT_SUPPORTED", f"PersistedQueryNotSupported: {wanted}"
            )
        if asked.query:
            self._keep(named, asked.query)
            return asked
        return msgspec.structs.replace(asked, query=self._found(named))

    async def learn(self, asked: Iterable[GraphQLRequest]) -> None:
        """Find what other processes were sent, of the hashes that are not known here; to be done before."""
        if self._shared is None:
            return
        alone = {each.persisted_hash for each in asked if not each.query}
        unknown = [named for named in alone if _fits(named) and named not in self._texts]
        await asyncio.gather(*(self._learn_one(self._shared, named) for named in unknown))

    async def _learn_one(self, shared: SharedTexts, named: str) -> None:
        text = await shared.find(named)
        # Whoever writes there could otherwise have a client run what it did not name.
        if text and _hash(text.encode("utf-8", "replace")) == named:
            self._remember(named, text)

    def _found(self, named: str) -> str:
        text = self._texts.get(named)
        if text is None:
            # Clients look for this very text and status, then send the query with its hash.
            raise RequestRefused(200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        self._texts.move_to_end(named)
        return text

    def _keep(self, named: str, text: str) -> None:
        if _hash(text.encode("utf-8", "replace")) != named:
            raise RequestRefused(
                400, "PERSISTED_QUERY_HASH_MISMATCH", "wanted the SHA-256 of the query as sha256Hash"
            )
        self._remember(named, text)
        # Told also where it is known here: the place may have forgotten it.
        if self._shared is not None:
            self._shared.keep(named, text)

    def _remember(self, named: str, text: str) -> None:
        size = _size(text)
        if named in self._texts or size > self._most_bytes:
            return
        self._texts[named] = text
        self._bytes += size
        while self._bytes > self._most_bytes:
            _, dropped = self._texts.popitem(last=False)
            self._bytes -= _size(dropped)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace")) + ENTRY_BYTES


def _hash(sent: bytes) -> str:
    return hashlib.sha256(sent).hexdigest()


def _fits(named: str | None) -> TypeGuard[str]:
    return named is not None and _HASH.fullmatch(named) is not None
