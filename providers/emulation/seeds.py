"""Identities and numbers that are the same in every run: made from names, never drawn."""

import hashlib
import re
import unicodedata
from uuid import UUID


def number_for(name: str, below: int) -> int:
    """Make a number in `range(below)`."""
    return int.from_bytes(_digest(name)[:8], "big") % below


def uuid_for(name: str, version: int = 4) -> str:
    """Make an identity in the shape of a UUID of that version."""
    return str(UUID(bytes=_digest(name)[:16], version=version))


def hex_for(name: str, length: int) -> str:
    """Make up to 64 hexadecimal digits."""
    return _digest(name).hex()[:length]


def slugify(title: str) -> str:
    """Join the words by hyphens, in lower-case ASCII."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _digest(name: str) -> bytes:
    # Not hash(): for text it differs in every process.
    return hashlib.sha256(name.encode()).digest()
