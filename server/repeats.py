"""Requests that come again byte for byte: what was read of them once need not be read again."""

from collections.abc import Iterable
from typing import Final

import msgspec

from server.access import KEY_HEADER, ROUTER_HEADER, Caller
from server.edge.outcomes import Teller
from server.edge.questions import Question, View
from server.operations.kept import Kept

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


class Asked(msgspec.Struct, frozen=True):
    """What one request asks, who asks, and how the answer is to look; nothing of its connection or its time.

    ``sent_id`` is the id that it brings, if any.
    """

    method: str
    body: bytes
    view: View
    caller: Caller
    question: Question | None
    teller: Teller
    sent_id: str = ""


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
