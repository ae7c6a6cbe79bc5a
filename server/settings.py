"""Every MEDIAGRAPH_ variable: read once, checked, frozen. The one place that sees the environment."""

import importlib.util
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from server.secret import Secret
from server.settings_kinds import (
    CACHE_URL,
    CLIENT_KEY,
    CORS_ORIGIN,
    FLAG,
    HOST,
    LOCALE,
    PATH,
    PICTURE_SOURCE,
    SECRET,
    URL,
    ClientKey,
    choice,
    integer,
    key_of,
    listed,
    seconds,
)
from server.settings_limits import LimitSettings
from server.settings_providers import (
    ClubMedSettings,
    ForgeSettings,
    ImageProxySettings,
    MusementSettings,
    ProviderSettings,
    refuse_formats,
)
from server.settings_reading import (
    PREFIX,
    SettingsError,
    Variable,
    read_group,
    refuse_alone,
    refuse_parts,
    unknown_names,
    variables,
)
from server.settings_sandbox import (
    SANDBOX_URLS,
    SandboxUrls,
    emulated_clubmed,
    emulated_forge,
    emulated_musement,
)
from server.settings_telemetry import refuse_without_sdk, telemetry_secrets

__all__ = ["Settings", "SettingsError", "load_settings", "settings_from_environment"]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator decides. An unset or empty variable means its default.

    Where ``sandbox_urls`` is set, every provider's URL and credentials are the emulator's. ``foreign_secrets`` are
    what variables of others may hold of credentials: known only so that no log line shows them.
    """

    locale: Annotated[str, LOCALE, "default locale"] = "en-US"
    locales: Annotated[
        tuple[str, ...], listed(LOCALE), "locales that are served; unset: those of Musement and Club Med"
    ] = ()
    # Two rounds of calls, one after the other, at the default limit of each.
    deadline_s: Annotated[float, seconds(0.01, 600), "time limit of one GraphQL request"] = 10.0
    max_calls: Annotated[int, integer(1, 10**9), "calls allowed to one operation, worst case"] = 2000
    max_items: Annotated[int, integer(1, 10**9), "items allowed to one operation, worst case"] = 50_000
    cache_url: Annotated[Secret, CACHE_URL, "shared cache; empty: each process has its own"] = Secret()
    cache_wait_s: Annotated[
        float, seconds(0.001, 10), "how long a request waits for the shared cache before it goes on without"
    ] = 0.1
    response_cache_bytes: Annotated[
        int,
        integer(0, 10**12),
        "finished answers that a process keeps while fresh; 0: identical requests all run",
    ] = 16 * 1024 * 1024
    public_url: Annotated[str, URL, "where clients reach the graph; empty: http://localhost and the port"] = (
        ""
    )
    metrics_token: Annotated[Secret, SECRET, "bearer token for /metrics; empty: open"] = Secret()
    admin_token: Annotated[Secret, SECRET, "bearer token for /admin/*; empty: 404"] = Secret()
    cors_origins: Annotated[tuple[str, ...], listed(CORS_ORIGIN), "origins whose pages may ask"] = ()
    client_keys: Annotated[
        tuple[ClientKey, ...],
        listed(CLIENT_KEY),
        "keys of clients as name=key or name=sha256:…; empty: anyone may ask",
    ] = ()
    router_secret: Annotated[Secret, SECRET, "what a federation router proves itself with"] = Secret()
    trusted_documents: Annotated[Path | None, PATH, "file or folder of trusted documents"] = None
    trusted_mode: Annotated[
        Literal["off", "log", "enforce"],
        choice("off", "log", "enforce"),
        "documents that are not trusted: run them, run and log them, or refuse them",
    ] = "off"
    federation_version: Annotated[
        Literal["2.9", "2.3"], choice("2.9", "2.3"), "Federation's version of the subgraph's schema"
    ] = "2.9"
    log_format: Annotated[
        Literal["auto", "json", "text"],
        choice("auto", "json", "text"),
        "form of log lines; auto: text on a terminal, else JSON",
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        choice("debug", "info", "warning", "error"),
        "least level that is logged; info: one line a request",
    ] = "info"
    traces: Annotated[
        bool, FLAG, "spans for OpenTelemetry, sent as the OTEL_ variables say; wants the extra otel"
    ] = False
    drain_s: Annotated[
        float,
        seconds(0, 600),
        "how long SIGTERM is answered by work on and /readyz 503 before the end begins",
    ] = 0.0
    explain: Annotated[bool, FLAG, "receipts for those who ask by header"] = False
    graphiql: Annotated[bool, FLAG, "GraphiQL for browsers"] = True
    # A tenant's picture host cannot be known beforehand.
    graphiql_img_src: Annotated[
        tuple[str, ...],
        listed(PICTURE_SOURCE),
        "where GraphiQL may load pictures from, besides its own origin",
    ] = ("https:",)
    introspection: Annotated[bool, FLAG, "introspection of the schema"] = True
    compile: Annotated[bool, FLAG, "operations that are asked for often run as compiled code"] = True
    compile_after: Annotated[
        int, integer(0, 10**6), "the use from which on an operation is compiled; 0: as soon as it pays"
    ] = 0
    transport: Annotated[
        Literal["pooled", "session"],
        choice("pooled", "session"),
        "how calls are sent: through aiohttp's connections alone, or through its session",
    ] = "pooled"
    image_hosts: Annotated[tuple[str, ...], listed(HOST), "hosts that image URLs may name; empty: any"] = ()
    sandbox: Annotated[
        Literal["true", "auto", "false"],
        choice("true", "auto", "false"),
        "emulated providers; auto: where no provider is configured",
    ] = "auto"
    sandbox_urls: Annotated[
        SandboxUrls | None, SANDBOX_URLS, "a running sandbox; `serve` tells its workers by it"
    ] = None
    purge_file: Annotated[
        Path | None, PATH, "file by which workers tell each other of purges; `serve` makes it"
    ] = None
    limits: LimitSettings = LimitSettings()
    image_proxy: ImageProxySettings = ImageProxySettings()
    musement: MusementSettings = MusementSettings()
    clubmed: ClubMedSettings = ClubMedSettings()
    forge: ForgeSettings = ForgeSettings()
    warnings: tuple[str, ...] = ()
    foreign_secrets: tuple[Secret, ...] = ()

    @property
    def providers(self) -> dict[str, ProviderSettings]:
        """The providers' settings by the name that clients see."""
        return {"MUSEMENT": self.musement, "CLUB_MED": self.clubmed, "FORGE": self.forge}

    @property
    def wants_sandbox(self) -> bool:
        """Whether the emulators are to stand in for the providers."""
        return self.sandbox == "true" or (self.sandbox == "auto" and not self.configured)

    @property
    def configured(self) -> bool:
        """Whether any provider is configured."""
        return not all(provider.missing for provider in self.providers.values())


_METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_GROUPS: tuple[tuple[type[msgspec.Struct], str], ...] = (
    (Settings, ""),
    (LimitSettings, ""),
    (MusementSettings, "MUSEMENT_"),
    (ClubMedSettings, "CLUBMED_"),
    (ForgeSettings, "FORGE_"),
    (ImageProxySettings, "IMAGE_PROXY_"),
)


def settings_from_environment() -> Settings:
    """Read the settings of this process; raises SettingsError."""
    return load_settings(os.environ)


def client_key(name: str) -> Secret | None:
    """Find a client's key in the environment of this process; None where its SHA-256 stands there alone, or nothing."""
    return key_of(os.environ.get(f"{PREFIX}CLIENT_KEYS", ""), name)


def hand_on_sandbox(urls: SandboxUrls) -> None:
    """Let this process and the workers that it starts find the sandbox in their settings."""
    # By the environment, since worker processes begin anew and read their own settings.
    os.environ[f"{PREFIX}SANDBOX_URLS"] = msgspec.json.encode(urls).decode()


def hand_on_purge_file(path: Path) -> None:
    """Let the workers that this process starts find the file by which they tell each other of purges."""
    os.environ[f"{PREFIX}PURGE_FILE"] = str(path)


def hand_on_metrics_folder(folder: str) -> None:
    """Let the workers that this process starts keep their metrics where each of them finds all."""
    os.environ[_METRICS_FOLDER] = folder


def metrics_folder() -> Path | None:
    """Return where several workers keep their metrics; None for a process that counts for itself.

    The name of the variable is the metrics library's own: it reads it at its import.
    """
    folder = os.environ.get(_METRICS_FOLDER, "")
    return Path(folder) if folder else None


def foreign_environment() -> dict[str, str]:
    """Return the environment without our variables, for a process that must not see credentials."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def all_variables() -> Iterator[Variable]:
    """List every variable that is read."""
    return (variable for group, segment in _GROUPS for variable in variables(group, segment))


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read every variable, check what belongs together, point at the sandbox where one runs and is wanted.

    Raises SettingsError at the first wrong value. ``warnings`` of the result name what has no effect.
    """
    musement = read_group(MusementSettings, "MUSEMENT_", environ)
    if musement.token:
        # A ready token wins, and what will not be used is not kept.
        musement = msgspec.structs.replace(musement, client_id=Secret(), client_secret=Secret())
    given = msgspec.structs.replace(
        read_group(Settings, "", environ),
        musement=musement,
        clubmed=read_group(ClubMedSettings, "CLUBMED_", environ),
        forge=read_group(ForgeSettings, "FORGE_", environ),
        limits=read_group(LimitSettings, "", environ),
        image_proxy=read_group(ImageProxySettings, "IMAGE_PROXY_", environ),
    )
    refuse_parts(environ, "MUSEMENT_CLIENT_ID", "MUSEMENT_CLIENT_SECRET")
    refuse_parts(environ, "IMAGE_PROXY_URL", "IMAGE_PROXY_KEY", "IMAGE_PROXY_SALT")
    refuse_alone(environ, "FORGE_IMAGE_STRATEGY", "named", "FORGE_IMAGE_FORMATS")
    refuse_alone(environ, "TRUSTED_MODE", "enforce", "TRUSTED_DOCUMENTS")
    # Read for its errors only: a bad file must end the start, and not the first request.
    refuse_formats(given.forge)
    _refuse_cache(given)
    if given.traces:
        refuse_without_sdk(f"{PREFIX}TRACES")
    locales = given.locales or (*given.musement.locales, *given.clubmed.locales)
    known = (variable.name for variable in all_variables())
    settings = msgspec.structs.replace(
        given,
        locales=tuple(dict.fromkeys((*locales, given.locale))),
        warnings=(*unknown_names(environ, known), *_idle(given)),
        foreign_secrets=tuple(telemetry_secrets(environ)),
    )
    if settings.sandbox_urls is None:
        return settings
    if settings.wants_sandbox:
        return pointed_at(settings, settings.sandbox_urls)
    return msgspec.structs.replace(settings, sandbox_urls=None)


def pointed_at(settings: Settings, urls: SandboxUrls) -> Settings:
    """Let all three providers be the emulators: no real credential is left, any picture host is allowed."""
    return msgspec.structs.replace(
        settings,
        sandbox_urls=urls,
        musement=emulated_musement(settings.musement, urls),
        clubmed=emulated_clubmed(settings.clubmed, urls),
        forge=emulated_forge(settings.forge, urls),
        # The made-up pictures are on this machine; the printed payloads keep the hosts of the documentation.
        image_hosts=(),
        graphiql_img_src=(*settings.graphiql_img_src, "http://localhost:*"),
    )


def _refuse_cache(settings: Settings) -> None:
    if settings.cache_url and importlib.util.find_spec("redis") is None:
        raise SettingsError(f"{PREFIX}CACHE_URL: wanted the package redis for it, which is not installed")


def _idle(settings: Settings) -> Iterator[str]:
    if settings.sandbox == "true" and settings.configured:
        yield f"{PREFIX}SANDBOX=true: every provider is emulated, the configured ones too"
    if settings.musement.missing and settings.musement.has_credentials:
        yield f"{settings.musement.missing[0]} is not set: the credentials of Musement have no effect"
    if settings.sandbox_urls and not settings.wants_sandbox:
        yield f"{PREFIX}SANDBOX_URLS has no effect: the sandbox is not wanted"
