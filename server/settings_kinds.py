"""What the text of an environment variable can mean: each kind says what it wants and reads it."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from providers.errors import InvalidKey
from providers.locales import culture_tag, language_tag
from server.secret import Secret

T = TypeVar("T")
N = TypeVar("N", int, float)

_SHOWN = 80
# Above every bound: longer text is refused before int() has to read it.
_LONGEST_INTEGER = 15
_BETWEEN_ITEMS = re.compile(r"[,\s]+")
# float() alone would also take nan, 1e9 and 1_000.
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{0,9})?|\.[0-9]{1,9}")
# No host name has an underscore, but names in container networks do.
_HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
_HEX = re.compile(r"([0-9a-fA-F]{2})+")
_VISIBLE = re.compile(r"[!-~]+")
# Every visible character but the comma, which ends an item of the list.
_CLIENT_KEY = re.compile(r"([A-Za-z0-9_.-]{1,64})=([!-+\--~]{16,})")
_HASHED = "sha256:"
_SHA_256 = re.compile(r"[0-9a-fA-F]{64}")


class Kind(NamedTuple, Generic[T]):
    """How one setting is read: ``read`` raises ValueError for anything but what ``wanted`` says."""

    wanted: str
    read: Callable[[str], T]
    is_secret: bool = False


class ClientKey(NamedTuple):
    """A client that may call the graph: the name that logs and limits use, and the SHA-256 of its key in hex.

    The key itself is not kept, wherever it came from.
    """

    name: str
    sha256: str


def shown(text: str) -> str:
    """Quote a value for a message: escaped, and cut to a readable length."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def matching(pattern: str, wanted: str, change: Callable[[str], str] = str) -> Kind[str]:
    """Read text that fits a pattern as a whole once it is changed."""
    compiled = re.compile(pattern)

    def read(text: str) -> str:
        changed = change(text)
        if not compiled.fullmatch(changed):
            raise ValueError(text)
        return changed

    return Kind(wanted, read)


def choice(*allowed: str) -> Kind[str]:
    """Read one of a few words, in any case."""
    return matching("|".join(map(re.escape, allowed)), " or ".join(allowed), str.lower)


def integer(least: int, most: int) -> Kind[int]:
    """Read a whole number within bounds."""

    def read(text: str) -> int:
        # isdigit() alone takes `²` and the digits of other scripts.
        if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_INTEGER):
            raise ValueError(text)
        return within(int(text), least, most)

    return Kind(f"a whole number from {least} to {most}", read)


def seconds(least: float, most: float) -> Kind[float]:
    """Read a time in seconds within bounds, fractions allowed."""
    return number(least, most, "seconds")


def number(least: float, most: float, what: str = "a number") -> Kind[float]:
    """Read a number within bounds, fractions allowed."""

    def read(text: str) -> float:
        if not _DECIMAL.fullmatch(text):
            raise ValueError(text)
        return within(float(text), least, most)

    return Kind(f"{what} from {least:g} to {most:.15g}", read)


def within(number: N, least: N, most: N) -> N:
    """Return the number; raise ValueError where it lies outside."""
    if not least <= number <= most:
        raise ValueError(number)
    return number


def listed(item: Kind[T]) -> Kind[tuple[T, ...]]:
    """Read several of one kind, between them commas, spaces or both; repeated ones count once."""

    def read(text: str) -> tuple[T, ...]:
        parts = [part for part in _BETWEEN_ITEMS.split(text) if part]
        if not parts:
            raise ValueError(text)
        return tuple(dict.fromkeys(item.read(part) for part in parts))

    return Kind(f"a list (commas or spaces between) of: {item.wanted}", read, item.is_secret)


def ascending(item: Kind[int]) -> Kind[tuple[int, ...]]:
    """Read several numbers, smallest first however they were given."""
    numbers = listed(item)

    def read(text: str) -> tuple[int, ...]:
        return tuple(sorted(numbers.read(text)))

    return Kind(numbers.wanted, read)


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "1", "false", "0"}:
        raise ValueError(text)
    return text.lower() in {"true", "1"}


def _tag(spelling: Callable[[str], str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            return spelling(text)
        except InvalidKey as error:
            raise ValueError(text) from error

    return read


def _secret(text: str) -> Secret:
    stripped = text.strip()
    # Raised without the text, here and below, for whatever prints the error would print the secret.
    if not _VISIBLE.fullmatch(stripped):
        raise ValueError
    return Secret(stripped)


def _hex_secret(text: str) -> Secret:
    if not _HEX.fullmatch(text.strip()):
        raise ValueError
    return Secret(text.strip().lower())


def _client_key(text: str) -> ClientKey:
    match = _CLIENT_KEY.fullmatch(text)
    if not match:
        raise ValueError
    name, text = match.groups()
    if not text.startswith(_HASHED):
        return ClientKey(name, hashlib.sha256(text.encode()).hexdigest())
    hashed = text.removeprefix(_HASHED)
    if not _SHA_256.fullmatch(hashed):
        raise ValueError
    return ClientKey(name, hashed.lower())


def key_of(setting: str, name: str) -> Secret | None:
    """Find the key of a client in a setting that holds it as it is; None where it is hashed or not there."""
    pairs = (_CLIENT_KEY.fullmatch(part) for part in _BETWEEN_ITEMS.split(setting))
    keys = (pair[2] for pair in pairs if pair and pair[1] == name)
    return next((Secret(key) for key in keys if not key.startswith(_HASHED)), None)


def checked_url(text: str) -> str:
    """Return an http or https URL without its trailing slashes.

    Raises ValueError where it has a user, a query or a fragment, or no host.
    """
    parts = urlsplit(text)
    plain = _VISIBLE.fullmatch(text) and not any(mark in text for mark in '@?#\\"<>^`{|}')
    host = parts.netloc.lower().removesuffix(f":{parts.port}")
    if parts.scheme not in {"http", "https"} or not plain or not _HOST.fullmatch(host) or parts.port == 0:
        raise ValueError(text)
    return text.rstrip("/")


def _origin(text: str) -> str:
    origin = checked_url(text)
    if urlsplit(origin).path:
        raise ValueError(text)
    return origin.lower()


def _cors_origin(text: str) -> str:
    return text if text == "*" else _origin(text)


def _host(text: str) -> str:
    if not _HOST.fullmatch(text.lower()):
        raise ValueError(text)
    return text.lower()


def _picture_source(text: str) -> str:
    return text.lower() if text.lower() in {"https:", "http:"} else _origin(text)


def _cache_url(text: str) -> Secret:
    parts = urlsplit(text)
    if parts.scheme not in {"redis", "rediss", "unix"} or not _VISIBLE.fullmatch(text) or parts.port == 0:
        raise ValueError
    if not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise ValueError
    return Secret(text)


def _path(text: str) -> Path:
    path = Path(text)
    if not path.exists():
        raise ValueError(text)
    return path


FLAG = Kind("true or false", _flag)
LOCALE = Kind("a language tag like en-US", _tag(language_tag))
CULTURE = Kind("a culture like en-us", _tag(culture_tag))
SECRET = Kind("printable ASCII characters without spaces", _secret, is_secret=True)
HEX_SECRET = Kind("pairs of hexadecimal digits", _hex_secret, is_secret=True)
CLIENT_KEY = Kind(
    "name=key with a key of at least 16 characters, or name=sha256: with 64 hexadecimal digits",
    _client_key,
    is_secret=True,
)
URL = Kind("an http or https URL with a host and without user, query and fragment", checked_url)
CORS_ORIGIN = Kind("an origin like https://shop.example, or *", _cors_origin)
HOST = Kind("a host name", _host)
PICTURE_SOURCE = Kind("https:, http: or an origin like https://images.example", _picture_source)
CACHE_URL = Kind("a redis://, rediss:// or unix:// URL", _cache_url, is_secret=True)
PATH = Kind("the path of something that exists", _path)
