"""Logins that a test tells when to come to an end."""

import asyncio
from collections.abc import Mapping

from providers.auth import StaticHeaders
from providers.scope import CallScope


class LoggingIn(StaticHeaders):
    """Credentials that have to be asked for while not ``is_good``: that takes until ``answered``."""

    def __init__(self) -> None:
        super().__init__({})
        self.is_good = True
        self.asked, self.answered = asyncio.Event(), asyncio.Event()

    def at_hand(self) -> Mapping[str, str] | None:  # type: ignore[override] # as others may have it
        return super().at_hand() if self.is_good else None

    async def headers(self, scope: CallScope) -> Mapping[str, str]:
        self.asked.set()
        await self.answered.wait()
        return await super().headers(scope)
