"""GraphiQL's scripts, styles, fonts and workers in ``assets/``, as ``build/build.mjs`` leaves them there."""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

LICENCES = "LICENSES.txt"

_ASSETS = Path(__file__).with_name("assets")
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


class Manifest(msgspec.Struct, frozen=True):
    """What the build says of its files: names carry a hash of the content and never change their meaning."""

    script: str
    style: str
    icon: str
    preload: tuple[str, ...]
    workers: dict[str, str]
    files: tuple[str, ...]
    packages: tuple[str, ...]


class Asset(NamedTuple):
    """One file as it is stored: text and fonts that compress are kept as gzip alone."""

    content_type: str
    stored: bytes
    is_gzip: bool

    def plain(self) -> bytes:
        """Return the content for a client that takes no gzip."""
        return gzip.decompress(self.stored) if self.is_gzip else self.stored


class Bundle(NamedTuple):
    """All that the page loads, by file name, in memory: about 1.9 MB."""

    manifest: Manifest
    assets: Mapping[str, Asset]


@cache
def read_bundle() -> Bundle:
    """Read the bundle once a process; raises OSError where a file that the manifest names is not there."""
    manifest = msgspec.json.decode((_ASSETS / "manifest.json").read_bytes(), type=Manifest)
    # The licences go out with the code: that is what most of them ask for.
    return Bundle(manifest, {name: _read_asset(name) for name in (*manifest.files, LICENCES)})


def _read_asset(name: str) -> Asset:
    content_type = _CONTENT_TYPES[Path(name).suffix]
    archive = _ASSETS / f"{name}.gz"
    if archive.exists():
        return Asset(content_type, archive.read_bytes(), is_gzip=True)
    return Asset(content_type, (_ASSETS / name).read_bytes(), is_gzip=False)
