"""Cursors: opaque, versioned, stateless, and bound to the list that they were given for."""

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import Final

from providers.keys import shown
from resolvers.errors import BadUserInput

_VERSION: Final = b"\x01"
_SEAL_BYTES: Final = 8
_LONGEST: Final = 400


class Binding:
    """What the cursors of one list are bound to: worked out when there is a cursor to read or to write."""

    __slots__ = ("_digest", "_parts")

    def __init__(self, parts: Callable[[], tuple[object, ...]]) -> None:
        self._parts = parts
        self._digest = b""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Binding) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @property
    def digest(self) -> bytes:
        """The seal's key, the same in every process."""
        if not self._digest:
            # repr, since hash() differs in every process and a cursor must fit them all.
            text = repr(self._parts()).encode("utf-8", "surrogatepass")
            self._digest = hashlib.blake2b(text, digest_size=16).digest()
        return self._digest


def binding(*parts: object) -> Binding:
    """Bind cursors to what identifies a list: provider, filter, sort, culture, owner."""
    return Binding(lambda: parts)


def cursor(bound: Binding, *positions: int) -> str:
    """Write a cursor: one position, or one for each branch of a merged list."""
    payload = b"".join(position.to_bytes(4, "big") for position in positions)
    sealed = _VERSION + payload + _seal(bound, payload)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode("ascii")


def positions(text: str, bound: Binding, *, count: int = 1, argument: str) -> tuple[int, ...]:
    """Read the positions of a cursor; raises BadUserInput for one that was not given for this list."""
    raw = _unpacked(text)
    payload, seal = raw[1:-_SEAL_BYTES], raw[-_SEAL_BYTES:]
    if raw[:1] != _VERSION or len(payload) != 4 * count or seal != _seal(bound, payload):
        raise BadUserInput(
            f"wanted a cursor that this field gave with the same filter, sort and locale, got {shown(text)}",
            argument=argument,
        )
    return tuple(int.from_bytes(payload[at : at + 4], "big") for at in range(0, len(payload), 4))


def _unpacked(text: str) -> bytes:
    """Decode the text; empty for what no cursor was ever written as."""
    if not text.isascii() or len(text) > _LONGEST:
        return b""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
    # Spare bits at the end of base64 are dropped in decoding: an altered text could read the same.
    return raw if base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") == text else b""


def _seal(bound: Binding, payload: bytes) -> bytes:
    # Keyed by the list and by no secret: it catches mistakes; who forges one gets a window that is open to all.
    return hashlib.blake2b(_VERSION + payload, key=bound.digest, digest_size=_SEAL_BYTES).digest()
