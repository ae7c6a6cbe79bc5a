"""Requests that come again byte for byte: what was read of them once need not be read again."""

from collections.abc import Iterable
from typing import Final

import msgspec

from server.access import KEY_HEADER, ROUTER_HEADER, Caller
from server.edge.outcomes import KeptAnswer
from server.edge.questions import Question, Told, View
from server.operations.kept import Kept
from server.whole import Form

MOST_BYTES: Final = 256 * 1024
LONGEST_KEPT: Final = 16 * 1024
_WEIGHT: Final = 512
"""What an entry takes beside the bytes of the request, which stand in it twice."""
_OWN: Final = frozenset(
    {
        b"authorization",
        b"cookie",
        b"traceparent",
        b"x-request-id",
        KEY_HEADER.encode(),
        ROUTER_HEADER.encode(),
    }
)
"""What is one client's secret, or no other request's."""


class Formed(msgspec.Struct, frozen=True):
    """What a kept answer looks like for as long as it is so old."""

    kept: KeptAnswer
    age_s: int
    form: Form


class Asked(msgspec.Struct):
    """What one request asks, who asks, and how the answer is to look; nothing of its connection or its time."""

    method: str
    body: bytes
    told: Told
    view: View
    caller: Caller
    question: Question | None = None
    formed: Formed | None = None


class Repeats:
    """What was asked by whole requests, head and body; those that come again are kept."""

    def __init__(self) -> None:
        self._known: Kept[bytes, Asked] = Kept(MOST_BYTES)

    def __len__(self) -> int:
        """Count them."""
        return len(self._known)

    def find(self, request: bytes) -> Asked | None:
        """Find what the same bytes asked."""
        return self._known.find(request)

    def keep(self, request: bytes, asked: Asked, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep what a request asked that was not found, unless it has a header that is its own."""
        if len(request) <= LONGEST_KEPT and all(name not in _OWN for name, _ in headers):
            self._known.keep(request, asked, 2 * len(request) + _WEIGHT)
