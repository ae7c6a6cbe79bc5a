"""What OpenTelemetry's own variables concern us: that its SDK is there, and that no credential of theirs is shown."""

import importlib.util
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Final
from urllib.parse import unquote, urlsplit

from server.secret import Secret
from server.settings_reading import SettingsError

_PACKAGES: Final = ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http")
_EXPORTERS: Final = "OTEL_EXPORTER_"


def refuse_without_sdk(variable: str) -> None:
    """Raise SettingsError, in the variable's name, where the SDK or its exporter is not installed."""
    try:
        missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    except ModuleNotFoundError as error:
        missing = [error.name or _PACKAGES[0]]
    if missing:
        raise SettingsError(
            f"{variable}: wanted {missing[0]} of the extra otel for it, which is not installed"
        )


def telemetry_secrets(environ: Mapping[str, str]) -> Iterator[Secret]:
    """Find what the variables of exporters hold of credentials: the values of headers, and a URL's password."""
    for name, text in environ.items():
        if name.startswith(_EXPORTERS) and name.endswith("_HEADERS"):
            yield from map(Secret, _values(text))
        elif name.startswith(_EXPORTERS) and name.endswith("_ENDPOINT"):
            yield Secret(_password(text))


def _values(headers: str) -> Iterator[str]:
    """Find the values of ``name=value,name=value``, as they are written and as they are sent."""
    values = [pair.partition("=")[2].strip() for pair in headers.split(",")]
    return chain((headers,), values, map(unquote, values))


def _password(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""
