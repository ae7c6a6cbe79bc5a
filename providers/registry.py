"""Every provider, by name: what the resolvers reach."""

from collections.abc import Mapping

import msgspec

from providers.client import ProviderClient
from providers.clubmed.client import ClubMedClient
from providers.forge.client import ForgeClient
from providers.images import ImageHost
from providers.musement.client import MusementClient
from providers.records import Provider
from providers.transport import Transport


class Providers(msgspec.Struct, frozen=True, kw_only=True):
    """One field a provider, the image host and the client beneath each, and what has to be closed at the end."""

    musement: MusementClient
    clubmed: ClubMedClient
    forge: ForgeClient
    image_hosts: Mapping[Provider, ImageHost]
    clients: Mapping[Provider, ProviderClient]
    transports: tuple[Transport, ...]

    @property
    def degraded(self) -> tuple[Provider, ...]:
        """The providers of which a route is left alone for now, after failures."""
        return tuple(provider for provider, client in self.clients.items() if client.is_degraded)

    async def close(self) -> None:
        """Stop every call and close every connection."""
        for client in self.clients.values():
            await client.close()
        for transport in self.transports:
            await transport.close()
