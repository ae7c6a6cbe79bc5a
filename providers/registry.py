"""Every provider, by name: what the resolvers reach."""

from collections.abc import Iterable, Mapping

import msgspec
import structlog

from providers.agreement import Board
from providers.client import ProviderClient
from providers.clubmed.client import ClubMedClient
from providers.forge.client import ForgeClient
from providers.images import ImageHost
from providers.musement.client import MusementClient
from providers.records import Provider
from providers.request_queue import RequestQueue
from providers.shared import Herald
from providers.transport import Transport

_log = structlog.get_logger()


class Providers(msgspec.Struct, frozen=True, kw_only=True):
    """One field a provider, the image host and the client beneath each, and what has to be closed at the end."""

    musement: MusementClient
    clubmed: ClubMedClient
    forge: ForgeClient
    image_hosts: Mapping[Provider, ImageHost]
    clients: Mapping[Provider, ProviderClient]
    transports: tuple[Transport, ...]
    queue: RequestQueue
    herald: Herald | None = None
    board: Board | None = None

    async def open(self) -> None:
        """Get ready to send, and begin to listen for what other processes purge, and for circuits that they open."""
        for transport in self.transports:
            await transport.open()
        if self.herald is not None:
            self.herald.when_purged(self._hear)
            await self.herald.open()
        if self.board is not None:
            await self.board.open()

    @property
    def degraded(self) -> tuple[Provider, ...]:
        """The providers of which a route is left alone for now, after failures."""
        return tuple(provider for provider, client in self.clients.items() if client.is_degraded)

    @property
    def purges(self) -> int:
        """How many purges are known of, this process' own and those that the herald told."""
        return sum([client.purges for client in self.clients.values()])

    async def purge(self, tags: Iterable[str]) -> tuple[int, bool]:
        """Forget every answer that one of the tags names, here and in every process that the herald reaches.

        Answers how many were here, and whether all others could be told.
        """
        count, everywhere = 0, True
        for tag in tags:
            count += self._forget(tag)
            if self.herald is not None:
                everywhere = await self.herald.purge(tag) and everywhere
        return count, everywhere

    def _forget(self, tag: str) -> int:
        return sum(client.purge(tag) for client in self.clients.values())

    def _hear(self, tag: str) -> None:
        # The process that was told says so too: one line each shows an operator that all have heard.
        _log.info("purge_heard", tag=tag, count=self._forget(tag))

    async def close(self) -> None:
        """Stop every call and close every connection."""
        for client in self.clients.values():
            await client.close()
        for transport in self.transports:
            await transport.close()
        if self.board is not None:
            await self.board.close()
        if self.herald is not None:
            await self.herald.close()
