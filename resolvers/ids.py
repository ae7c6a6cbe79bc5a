"""Global ids: opaque, versioned, without a locale."""

import base64
import binascii
import hashlib
from typing import Final

import msgspec

from providers.keys import shown
from providers.records import Image, ImageRole, Media, Owner, Provider, Video
from resolvers.errors import BadUserInput

_VERSION: Final = "1"
_LONGEST: Final = 1000
_PARTS = msgspec.json.Decoder(list[str])

ACTIVITY: Final = "activity"
RESORT: Final = "resort"
PHOTO: Final = "photo"
VIDEO: Final = "video"
OTHER: Final = "other"
IMAGE: Final = {role: f"image-{role.value}" for role in ImageRole}


class GlobalId(msgspec.Struct, frozen=True):
    """What an id names: a kind of thing and its key; for a media item, the owner's key and a digest of its URL."""

    kind: str
    parts: tuple[str, ...]


def written(kind: str, *parts: str) -> str:
    """Write an id."""
    packed = msgspec.json.encode([_VERSION, kind, *parts])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def read(text: str) -> GlobalId:
    """Read an id; raises BadUserInput for what this graph has not written."""
    if not text.isascii() or len(text) > _LONGEST:
        raise _malformed(text)
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        version, kind, *parts = _PARTS.decode(packed)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise _malformed(text) from None
    wanted = _PART_COUNTS.get(kind)
    # Written again and compared: base64 and JSON have several spellings of the same parts, and caches want one.
    if version != _VERSION or wanted is None or len(parts) not in wanted or written(kind, *parts) != text:
        raise _malformed(text)
    return GlobalId(kind=kind, parts=tuple(parts))


def _malformed(text: str) -> BadUserInput:
    return BadUserInput(f"wanted an id that this graph gave, got {shown(text)}", argument="id")


def media_id(item: Media) -> str:
    """Write the id of a media item: its provider, owner and kind, and its URL without query."""
    return written(media_kind(item), item.provider.value, *item.owner.key, digest(item))


def media_kind(item: Media) -> str:
    """Name the kind of id that a media item has."""
    if isinstance(item, Image):
        return IMAGE[item.role]
    return VIDEO if isinstance(item, Video) else OTHER


def digest(item: Media) -> str:
    """Digest the provider's raw URL without its query, which says the size and not the picture."""
    url = item.source_url.partition("?")[0]
    # 96 bits, compared within the list of one owner only.
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def owner_of(parts: tuple[str, ...]) -> Owner | None:
    """Read whose media item an id names; None for a provider that does not exist."""
    try:
        return Owner(provider=Provider(parts[0]), key=parts[1:-1])
    except ValueError:
        return None


# Media: provider, key and digest, where Forge's key is in two parts.
_PART_COUNTS: Final = {
    ACTIVITY: {1},
    RESORT: {1},
    PHOTO: {2},
    VIDEO: {3, 4},
    OTHER: {3, 4},
    **{kind: {3, 4} for kind in IMAGE.values()},
}
