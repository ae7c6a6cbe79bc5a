"""How a provider knows who calls."""

import hashlib
from collections.abc import Mapping
from typing import Protocol

import msgspec

from providers.scope import CallScope


def digest(parts: Mapping[str, str]) -> str:
    """Tell apart what must not be seen."""
    return hashlib.sha256(msgspec.json.encode(sorted(parts.items()))).hexdigest()[:32]


class Credentials(Protocol):
    """Headers that every call of a provider carries.

    ``identity`` differs for those who may be shown different answers; no secret can be read from it.
    """

    @property
    def identity(self) -> str:
        """Who calls, as a digest."""
        ...

    async def headers(self, scope: CallScope) -> Mapping[str, str]:
        """Return the headers; may have to fetch a token first, and raises ProviderError where that fails."""
        ...

    def at_hand(self) -> Mapping[str, str] | None:
        """Return the headers where they cost no call."""
        ...

    def pending_route(self) -> str | None:
        """Name the call that the next headers would cost; None where they are at hand."""
        ...

    def refuse(self, headers: Mapping[str, str]) -> bool:
        """Take note that the provider answered 401 to these headers; True where new ones can be had."""
        ...


class StaticHeaders:
    """Headers that never change: a key, or a ready token."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)
        self.identity = digest(headers)

    async def headers(self, scope: CallScope) -> Mapping[str, str]:
        """Return the headers that were given."""
        del scope
        return self._headers

    def at_hand(self) -> Mapping[str, str]:
        """Return the headers that were given."""
        return self._headers

    def pending_route(self) -> str | None:
        """Need no call."""
        return None

    def refuse(self, headers: Mapping[str, str]) -> bool:
        """Nothing newer can be had."""
        del headers
        return False
