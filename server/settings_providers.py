"""The settings of each provider, and what a provider is without them."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from providers.forge.named_formats import NamedFormatsError, load_named_formats
from server.secret import Secret
from server.settings_kinds import (
    CULTURE,
    FLAG,
    HEX_SECRET,
    LOCALE,
    PATH,
    SECRET,
    URL,
    ascending,
    choice,
    integer,
    listed,
    matching,
    number,
    seconds,
)
from server.settings_reading import PREFIX, SettingsError

# Above it a value is a mistake in the unit.
_YEAR_S = 366 * 86400.0
_SOURCE_NAME = matching(r"[A-Za-z0-9_.-]{1,64}", "letters, digits, dots, dashes and underscores")

# The tags that the providers' own documentation and clients were seen with.
_MUSEMENT_LOCALES = "en-US en-GB es-ES de-DE fr-FR ru-RU it-IT pt-PT pt-BR nl-NL pl-PL"
_CLUBMED_LOCALES = "fr-FR en-US es-ES ja-JP en-SG"


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every provider has: bounds of its calls, freshness of its answers, its circuit breaker."""

    # No provider publishes limits or times for its clients: all of these bounds are ours.
    timeout_s: Annotated[float, seconds(0.001, 600), "time limit of one call"] = 5.0
    concurrency: Annotated[int, integer(1, 10_000), "calls in flight at once"] = 64
    retries: Annotated[int, integer(0, 10), "how often a failed call is repeated"] = 2
    fresh_s: Annotated[
        float, seconds(0, _YEAR_S), "freshness where the provider sends no Cache-Control; 0 keeps nothing"
    ] = 60.0
    stale_s: Annotated[float, seconds(0, _YEAR_S), "how long an expired answer may still serve"] = 86400.0
    absent_s: Annotated[float, seconds(0, _YEAR_S), "how long a 404 is remembered"] = 30.0
    rate: Annotated[float, number(0, 1_000_000), "calls a second; 0 sets no bound"] = 0.0
    wait_s: Annotated[float, seconds(0, 600), "how long a call may wait to be sent"] = 5.0
    cache_bytes: Annotated[int, integer(0, 2**40), "memory for kept answers, in each process"] = 64 * 2**20
    # The largest answer that is known is Club Med's whole catalogue, some 3.5 MB (observed).
    max_bytes: Annotated[int, integer(1024, 2**30), "largest body, decompressed"] = 10 * 2**20
    breaker_failures: Annotated[
        int, integer(0, 10_000), "failures in a row that open the circuit; 0 = never"
    ] = 5
    breaker_open_s: Annotated[
        float, seconds(0.001, 86400), "how long an open circuit waits for its probe"
    ] = 10.0

    @property
    def missing(self) -> tuple[str, ...]:
        """The variables without which the provider is not configured; none where it is."""
        raise NotImplementedError


class MusementSettings(ProviderSettings, frozen=True, kw_only=True):
    """Musement, with a ready bearer token or with client credentials, never both, or with neither.

    ``client_id`` and ``client_secret`` are both set or both unset.
    """

    url: Annotated[str, URL, "base URL"] = "https://api.musement.com/api/v3"
    application: Annotated[Secret, SECRET, "value of X-Musement-Application"] = Secret()
    # Always sent: without it the newest version answers, which need not be a stable one (provider's guide).
    version: Annotated[
        str, matching(r"[0-9]{1,4}(\.[0-9]{1,4}){2}", "a version like 3.4.0"), "value of X-Musement-Version"
    ] = "3.4.0"
    market: Annotated[
        str, matching(r"[A-Za-z0-9_-]{1,64}", "a market code like us"), "value of X-Musement-Market"
    ] = ""
    currency: Annotated[
        str, matching(r"[A-Z]{3}", "a currency code like EUR", str.upper), "value of X-Musement-Currency"
    ] = ""
    token: Annotated[Secret, SECRET, "a ready bearer token"] = Secret()
    client_id: Annotated[Secret, SECRET, "client credentials for POST /login"] = Secret()
    client_secret: Annotated[Secret, SECRET, "client credentials for POST /login"] = Secret()
    locales: Annotated[tuple[str, ...], listed(LOCALE), "the locales that it speaks"] = tuple(
        _MUSEMENT_LOCALES.split()
    )
    source_name: Annotated[str, _SOURCE_NAME, "external source name of the photos of an activity"] = (
        "musement"
    )

    @property
    def missing(self) -> tuple[str, ...]:
        """The application value is what it cannot do without."""
        return () if self.application else ("MEDIAGRAPH_MUSEMENT_APPLICATION",)

    @property
    def has_credentials(self) -> bool:
        """Whether calls are to carry a bearer token."""
        return bool(self.token or self.client_id)


class ClubMedSettings(ProviderSettings, frozen=True, kw_only=True):
    """Club Med."""

    url: Annotated[str, URL, "base URL"] = "https://api.clubmed.com"
    api_key: Annotated[Secret, SECRET, "value of x-api-key"] = Secret()
    locales: Annotated[tuple[str, ...], listed(LOCALE), "the locales that its key may use"] = tuple(
        _CLUBMED_LOCALES.split()
    )
    source_name: Annotated[str, _SOURCE_NAME, "external source name of the photos of a resort product"] = (
        "clubmed"
    )

    @property
    def missing(self) -> tuple[str, ...]:
        """The key is what it cannot do without."""
        return () if self.api_key else ("MEDIAGRAPH_CLUBMED_API_KEY",)


class ForgeSettings(ProviderSettings, frozen=True, kw_only=True):
    """Forge: no credentials, a tenant's URL. Without ``cultures`` what it speaks is found out by asking."""

    url: Annotated[str, URL, "base URL of a tenant, without /v2/content"] = ""
    cultures: Annotated[tuple[str, ...], listed(CULTURE), "the cultures that the tenant has"] = ()
    allow_unlisted: Annotated[bool, FLAG, "whether lists may ask for unlisted photos"] = False
    # The provider page prints `content.slug`; every client sends `context.slug` (observed).
    context_parameter: Annotated[
        str, matching(r"[A-Za-z][A-Za-z0-9._-]{0,63}", "a parameter's name"), "filter of a photo's context"
    ] = "context.slug"
    # The default fits any size and needs no file; a tenant whose Cloudinary is strict has to choose another way.
    image_strategy: Annotated[
        Literal["dynamic", "named", "thumbnail"],
        choice("dynamic", "named", "thumbnail"),
        "how the placeholder of an image URL is filled",
    ] = "dynamic"
    image_formats: Annotated[
        Path | None, PATH, "JSON file of named formats: name, instructions, width, height"
    ] = None
    image_ladder: Annotated[
        tuple[int, ...], ascending(integer(1, 8192)), "sizes in pixels that are asked for, each billed"
    ] = (208, 416, 624, 832, 1280, 1920)

    @property
    def missing(self) -> tuple[str, ...]:
        """The tenant's URL is what it cannot do without."""
        return () if self.url else ("MEDIAGRAPH_FORGE_URL",)


class ImageProxySettings(msgspec.Struct, frozen=True, kw_only=True):
    """An imgproxy in front of hosts that cannot resize: all three are set, or none."""

    url: Annotated[str, URL, "base URL of an imgproxy"] = ""
    key: Annotated[Secret, HEX_SECRET, "its key in hex"] = Secret()
    salt: Annotated[Secret, HEX_SECRET, "its salt in hex"] = Secret()


def refuse_formats(forge: ForgeSettings) -> None:
    """Raise SettingsError where the file of named formats cannot be used."""
    if forge.image_formats is None:
        return
    try:
        load_named_formats(forge.image_formats)
    except NamedFormatsError as error:
        raise SettingsError(f"{PREFIX}FORGE_IMAGE_FORMATS: {error}") from error
