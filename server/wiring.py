"""Providers and rules out of settings: the one place where they meet."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec

from providers.agreement import Agreement
from providers.auth import Credentials, StaticHeaders, digest
from providers.client import CallPolicy, ProviderClient
from providers.clock import Clock
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
from providers.process import Process
from providers.purge_file import PurgeFile
from providers.records import Provider
from providers.registry import Providers
from providers.sending import TriedTransport
from providers.shared import Herald, Share
from providers.transport import SessionTransport, Transport
from providers.trial import Trial
from resolvers.context import GraphRules
from server.settings import Settings, SettingsError
from server.settings_providers import MusementSettings, ProviderSettings
from server.sharing import Sharing
from server.traced_requests import Traces

_TRIAL: Final = Trial()


def build_providers(
    settings: Settings,
    clock: Clock | None = None,
    shared: Sharing | None = None,
    connect: Callable[[int], Transport] | None = None,
) -> Providers:
    """Build every provider's client with a connection pool of its own. Opens no connection.

    ``clock`` tells the time of caches, circuits and pauses; the machine's own where none is given. ``shared`` is what
    other processes see too. ``connect`` makes the pool of each provider, in the order of ``Settings.providers``, out of
    its number of connections; the settings choose where none is given.
    """
    make = connect or partial(transport_of, settings)
    means = Means(Process(clock or Clock()), shared)
    # A pool each: a provider that hangs must not sit on the connections of the others.
    # One connection more than calls in flight: a login waits behind no call that waits for it.
    musement, clubmed, forge = transports = tuple(
        make(provider.concurrency + 1) for provider in (settings.musement, settings.clubmed, settings.forge)
    )
    photo_images = forge_images(settings)
    hosts = frozenset(settings.image_hosts)
    clients = {
        Provider.MUSEMENT: _musement(settings, musement, means),
        Provider.CLUB_MED: _clubmed(settings, clubmed, means),
        Provider.FORGE: _forge(settings, forge, means),
    }
    cultures = Cultures(settings.forge.cultures, settings.locales, settings.locale, settings.forge.absent_s)
    return Providers(
        musement=MusementClient(
            clients[Provider.MUSEMENT], settings.musement.locales, settings.locale, hosts
        ),
        clubmed=ClubMedClient(clients[Provider.CLUB_MED], settings.clubmed.locales, settings.locale, hosts),
        forge=ForgeClient(clients[Provider.FORGE], photo_images, cultures, settings.forge.context_parameter),
        image_hosts=image_hosts(settings, photo_images),
        clients=clients,
        transports=transports,
        queue=means.process.queue,
        herald=_herald(settings, shared),
        board=shared.board if shared else None,
    )


def transport_of(settings: Settings, connections: int) -> Transport:
    """Build what sends calls over so many connections, the way that the operator chose. Opens none."""
    if settings.transport == "session":
        return SessionTransport(connections)
    return TriedTransport(connections, _TRIAL)


class Means(msgspec.Struct, frozen=True):
    """What all providers have in common."""

    process: Process
    shared: Sharing | None


def build_traces() -> Traces:
    """Build what sends spans on by OTLP; raises SettingsError where an OTEL_ variable cannot be used."""
    # The SDK comes with an extra, and takes long to import.
    from server.opentelemetry_traces import OpenTelemetryTraces

    try:
        return OpenTelemetryTraces()
    except ValueError:
        # What it says holds the value, which may be a credential.
        raise SettingsError(
            "an OTEL_ variable: wanted what OpenTelemetry's SDK reads, got something else"
        ) from None


def graph_rules(settings: Settings) -> GraphRules:
    """Read what the operator decides about the graph."""
    return GraphRules(
        default_locale=settings.locale,
        allow_unlisted=settings.forge.allow_unlisted,
        musement_source=settings.musement.source_name,
        clubmed_source=settings.clubmed.source_name,
        federation_version=settings.federation_version,
    )


def forge_images(settings: Settings) -> ForgeImages:
    """Build what writes the picture URLs of Forge, and knows which pictures can stand."""
    formats = settings.forge.image_formats
    return ForgeImages(
        ImageStrategy(settings.forge.image_strategy),
        settings.forge.image_ladder,
        load_named_formats(formats) if formats else (),
        frozenset(settings.image_hosts),
    )


def image_hosts(settings: Settings, photo_images: ForgeImages) -> Mapping[Provider, ImageHost]:
    """Build what writes the picture URLs of each provider."""
    proxy = settings.image_proxy
    return {
        Provider.MUSEMENT: MusementImages(),
        Provider.CLUB_MED: ClubMedImages(
            ImageProxy(proxy.url, proxy.key.reveal(), proxy.salt.reveal()) if proxy.url else None
        ),
        Provider.FORGE: photo_images,
    }


def _herald(settings: Settings, shared: Sharing | None) -> Herald | None:
    if shared is not None:
        return shared.cache
    return PurgeFile(settings.purge_file) if settings.purge_file else None


def _share(provider: Provider, identity: str, shared: Sharing) -> Share:
    agreement = Agreement(f"{provider.value}:{identity}", shared.rates, shared.board, shared.errands)
    return Share(provider, identity, shared.cache, agreement)


def _policy(settings: ProviderSettings) -> CallPolicy:
    return CallPolicy(
        timeout_s=settings.timeout_s,
        concurrency=settings.concurrency,
        retries=settings.retries,
        max_bytes=settings.max_bytes,
        fresh_s=settings.fresh_s,
        stale_s=settings.stale_s,
        absent_s=settings.absent_s,
        breaker_failures=settings.breaker_failures,
        breaker_open_s=settings.breaker_open_s,
        rate=settings.rate,
        wait_s=settings.wait_s,
        cache_bytes=settings.cache_bytes,
    )


def _client(
    provider: Provider,
    url: str,
    settings: ProviderSettings,
    credentials: Credentials,
    transport: Transport,
    means: Means,
) -> ProviderClient:
    identity = digest({"url": url, "credentials": credentials.identity})
    return ProviderClient(
        provider,
        url,
        credentials,
        transport,
        _policy(settings),
        missing=settings.missing,
        process=means.process,
        share=_share(provider, identity, means.shared) if means.shared else None,
    )


def _musement(settings: Settings, transport: Transport, means: Means) -> ProviderClient:
    musement = settings.musement
    headers = _musement_headers(musement)
    credentials: Credentials = StaticHeaders(headers)
    if musement.client_id:
        credentials = ClientCredentials(
            musement.url,
            musement.client_id.reveal(),
            musement.client_secret.reveal(),
            headers,
            transport,
            _policy(musement),
            clock=means.process.clock.monotonic,
        )
    return _client(Provider.MUSEMENT, musement.url, musement, credentials, transport, means)


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


def _clubmed(settings: Settings, transport: Transport, means: Means) -> ProviderClient:
    clubmed = settings.clubmed
    credentials = StaticHeaders({"x-api-key": clubmed.api_key.reveal()})
    return _client(Provider.CLUB_MED, clubmed.url, clubmed, credentials, transport, means)


def _forge(settings: Settings, transport: Transport, means: Means) -> ProviderClient:
    forge = settings.forge
    return _client(Provider.FORGE, forge.url, forge, StaticHeaders({}), transport, means)
