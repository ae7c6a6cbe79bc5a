"""Every provider, by name: what the resolvers reach."""

from collections.abc import Mapping

import msgspec

from providers.clubmed.client import ClubMedClient
from providers.forge.client import ForgeClient
from providers.images import ImageHost
from providers.musement.client import MusementClient
from providers.records import Provider
from providers.transport import Transport


class Providers(msgspec.Struct, frozen=True, kw_only=True):
    """One field a provider, the image host of each, and what has to be closed at the end."""

    musement: MusementClient
    clubmed: ClubMedClient
    forge: ForgeClient
    image_hosts: Mapping[Provider, ImageHost]
    transports: tuple[Transport, ...]

    async def close(self) -> None:
        """Close every connection."""
        for transport in self.transports:
            await transport.close()
