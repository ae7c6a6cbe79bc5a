"""Automatic persisted queries, as clients of Apollo speak them: a hash alone, and the text where it is not known."""

import hashlib
import re
from collections import OrderedDict
from typing import Final, TypeGuard

import msgspec

from server.operations.requests import GraphQLRequest, RequestRefused

MOST_BYTES: Final = 8 * 1024 * 1024

_HASH = re.compile(r"[0-9a-f]{64}")


class PersistedQueries:
    """The texts that clients have sent with their hash, the most recently used of them kept within ``most_bytes``."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
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

    def _found(self, named: str) -> str:
        text = self._texts.get(named)
        if text is None:
            # Clients look for this very text and status, then send the query with its hash.
            raise RequestRefused(200, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        self._texts.move_to_end(named)
        return text

    def _keep(self, named: str, text: str) -> None:
        sent = text.encode("utf-8", "replace")
        if hashlib.sha256(sent).hexdigest() != named:
            raise RequestRefused(
                400, "PERSISTED_QUERY_HASH_MISMATCH", "wanted the SHA-256 of the query as sha256Hash"
            )
        if named in self._texts or len(sent) > self._most_bytes:
            return
        self._texts[named] = text
        self._bytes += len(sent)
        while self._bytes > self._most_bytes:
            _, dropped = self._texts.popitem(last=False)
            self._bytes -= len(dropped.encode("utf-8", "replace"))


def _fits(named: str | None) -> TypeGuard[str]:
    return named is not None and _HASH.fullmatch(named) is not None
