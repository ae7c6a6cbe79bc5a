"""Providers and rules out of settings: the one place where they meet."""

from collections.abc import Mapping

from providers.auth import Credentials, StaticHeaders
from providers.client import CallPolicy, ProviderClient
from providers.clubmed.client import ClubMedClient
from providers.clubmed.images import ClubMedImages
from providers.forge.client import Cultures, ForgeClient
from providers.forge.images import ForgeImages, ImageStrategy
from providers.forge.named_formats import load_named_formats
from providers.images import ImageHost
from providers.imgproxy import ImageProxy
from providers.musement.auth import ClientCredentials
from providers.musement.client import MusementClient
from providers.musement.images import MusementImages
from providers.records import Provider
from providers.registry import Providers
from providers.transport import SessionTransport, Transport
from resolvers.context import GraphRules
from server.settings import Settings
from server.settings_providers import MusementSettings, ProviderSettings


def build_providers(settings: Settings) -> Providers:
    """Build every provider's client with a connection pool of its own. Opens no connection."""
    # A pool each: a provider that hangs must not sit on the connections of the others.
    transports = tuple(
        SessionTransport(provider.concurrency)
        for provider in (settings.musement, settings.clubmed, settings.forge)
    )
    musement, clubmed, forge = transports
    hosts = image_hosts(settings)
    forge_images = hosts[Provider.FORGE]
    assert isinstance(forge_images, ForgeImages)  # noqa: S101 - made below
    return Providers(
        musement=MusementClient(_musement(settings, musement), settings.musement.locales, settings.locale),
        clubmed=ClubMedClient(_clubmed(settings, clubmed), settings.clubmed.locales, settings.locale),
        forge=ForgeClient(
            _forge(settings, forge),
            forge_images,
            Cultures(settings.forge.cultures, settings.locales, settings.locale, settings.forge.absent_s),
            settings.forge.context_parameter,
        ),
        image_hosts=hosts,
        transports=transports,
    )


def graph_rules(settings: Settings) -> GraphRules:
    """Read what the operator decides about the graph."""
    return GraphRules(
        default_locale=settings.locale,
        allow_unlisted=settings.forge.allow_unlisted,
        musement_source=settings.musement.source_name,
        clubmed_source=settings.clubmed.source_name,
        federation_version=settings.federation_version,
    )


def image_hosts(settings: Settings) -> Mapping[Provider, ImageHost]:
    """Build what writes the picture URLs of each provider."""
    proxy = settings.image_proxy
    formats = settings.forge.image_formats
    return {
        Provider.MUSEMENT: MusementImages(),
        Provider.CLUB_MED: ClubMedImages(
            ImageProxy(proxy.url, proxy.key.reveal(), proxy.salt.reveal()) if proxy.url else None
        ),
        Provider.FORGE: ForgeImages(
            ImageStrategy(settings.forge.image_strategy),
            settings.forge.image_ladder,
            load_named_formats(formats) if formats else (),
            frozenset(settings.image_hosts),
        ),
    }


def _policy(settings: ProviderSettings) -> CallPolicy:
    return CallPolicy(
        timeout_s=settings.timeout_s,
        concurrency=settings.concurrency,
        max_bytes=settings.max_bytes,
        fresh_s=settings.fresh_s,
    )


def _musement(settings: Settings, transport: Transport) -> ProviderClient:
    musement = settings.musement
    headers = _musement_headers(musement)
    policy = _policy(musement)
    credentials: Credentials = StaticHeaders(headers)
    if musement.client_id:
        credentials = ClientCredentials(
            musement.url,
            musement.client_id.reveal(),
            musement.client_secret.reveal(),
            headers,
            transport,
            policy,
        )
    return ProviderClient(
        Provider.MUSEMENT, musement.url, credentials, transport, policy, missing=musement.missing
    )


def _musement_headers(musement: MusementSettings) -> dict[str, str]:
    headers = {
        "x-musement-application": musement.application.reveal(),
        "x-musement-version": musement.version,
        "x-musement-market": musement.market,
        "x-musement-currency": musement.currency,
        "authorization": f"Bearer {musement.token.reveal()}" if musement.token else "",
    }
    # Left out where empty, for Musement refuses a market that it does not know (provider's guide).
    return {name: value for name, value in headers.items() if value}


def _clubmed(settings: Settings, transport: Transport) -> ProviderClient:
    clubmed = settings.clubmed
    return ProviderClient(
        Provider.CLUB_MED,
        clubmed.url,
        StaticHeaders({"x-api-key": clubmed.api_key.reveal()}),
        transport,
        _policy(clubmed),
        missing=clubmed.missing,
    )


def _forge(settings: Settings, transport: Transport) -> ProviderClient:
    forge = settings.forge
    return ProviderClient(
        Provider.FORGE, forge.url, StaticHeaders({}), transport, _policy(forge), missing=forge.missing
    )
