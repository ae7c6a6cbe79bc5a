"""What the image hosts share: which URLs may stand, and what a transformation comes to in pixels."""

import re
from functools import lru_cache
from typing import NamedTuple, Protocol
from urllib.parse import unquote_plus, urlsplit

from providers.records import Image, ImageFit, ImageFormat, ImageTransformStep, Rendition, Transform

LARGEST_SIDE = 8192
"""Pixels: the most that any host is asked for on one side. imgix documents it as the cap of its output."""

UNCHANGED = Transform()
"""The transformation that asks for nothing."""

# The same pictures come again and again, and taking their URLs apart costs more than all else that is done to them.
_MOST_REMEMBERED = 8192
_LONGEST_REMEMBERED = 1024
_EXACT_FITS = frozenset({ImageFit.COVER, ImageFit.PAD, ImageFit.STRETCH})
# A brace is a placeholder that nobody filled, browsers read a backslash as a slash, and a lone surrogate cannot be
# written as UTF-8.
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff{}\\]")
_SIGNATURE_KEYS = frozenset({"s", "sig", "signature", "x-amz-signature", "x-goog-signature"})
_SIGNATURE_SEGMENT = re.compile(r"/s--[^/]+--(?:/|$)")


class ImageHost(Protocol):
    """How the pictures of one provider are addressed; nothing waits, both run for each picture of a page."""

    def url(self, image: Image, transform: Transform | None) -> str:
        """Give the URL of the picture, transformed as far as the host can; None asks for nothing."""
        ...

    def rendition(self, image: Image, transform: Transform) -> Rendition:
        """Give the same URL with the size that comes and the steps that the host honours.

        A step is in ``applied`` where the request gave it a value and the host goes by it: WIDTH, HEIGHT and
        QUALITY when given, FIT when both sides are given, DPR above 1 when a side is given, FORMAT when it is
        not AUTO, or AUTO where the host chooses by what the browser accepts. A side that the host rounds or
        caps is honoured; the rendition's sizes tell what came of it.
        """
        ...


class PixelSize(NamedTuple):
    """Sides in pixels; None where a side is not asked for, or not known."""

    width: int | None
    height: int | None


UNKNOWN_SIZE = PixelSize(None, None)


def device_pixels(transform: Transform) -> PixelSize:
    """Multiply ``dpr`` into the sides that are asked for."""
    return PixelSize(
        transform.width and transform.width * transform.dpr,
        transform.height and transform.height * transform.dpr,
    )


def bounded(size: PixelSize) -> PixelSize:
    """Shrink both sides together, so that neither is above LARGEST_SIDE and none falls below 1."""
    longest = max(size.width or 0, size.height or 0)
    if longest <= LARGEST_SIDE:
        return size
    return PixelSize(
        size.width and max(1, round(size.width * LARGEST_SIDE / longest)),
        size.height and max(1, round(size.height * LARGEST_SIDE / longest)),
    )


def delivered(fit: ImageFit, size: PixelSize) -> PixelSize:
    """Tell the size that a host delivers when it is asked for ``size``.

    It is unknown for one side and for the fits that keep the picture's own ratio, which no provider tells.
    """
    known = size.width is not None and size.height is not None and fit in _EXACT_FITS
    return size if known else UNKNOWN_SIZE


def asked_steps(transform: Transform) -> tuple[ImageTransformStep, ...]:
    """List the steps that the request gave a value, in the order of the enum; a FORMAT of AUTO is none."""
    sized = transform.width is not None or transform.height is not None
    asked = {
        ImageTransformStep.WIDTH: transform.width is not None,
        ImageTransformStep.HEIGHT: transform.height is not None,
        ImageTransformStep.FIT: transform.width is not None and transform.height is not None,
        ImageTransformStep.FORMAT: transform.format is not ImageFormat.AUTO,
        ImageTransformStep.QUALITY: transform.quality is not None,
        ImageTransformStep.DPR: sized and transform.dpr > 1,
    }
    return tuple(step for step, is_asked in asked.items() if is_asked)


def usable_url(url: str | None, allowed_hosts: frozenset[str] = frozenset()) -> bool:
    """Tell whether a provider's URL may be handed to clients.

    It must be absolute, http or https, with a host and without user information, and hold no brace,
    backslash, whitespace or control character. ``allowed_hosts`` are host names in lower case, without a port
    (IPv6 in brackets); empty allows any. Plain http is fine: Club Med documents such URLs.
    """
    if not url:
        return False
    host = _known_host(url) if len(url) <= _LONGEST_REMEMBERED else _host(url)
    return bool(host) and (not allowed_hosts or host in allowed_hosts)


def _host(url: str) -> str | None:
    if _UNFIT.search(url):
        return None
    try:
        parts = urlsplit(url)
        # urlsplit checks a port only when it is read.
        host, _checked_port = parts.hostname, parts.port
    except ValueError:
        return None
    # What stands before an @ can pass for the host in a reader's eyes.
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return f"[{host}]" if ":" in host else host


_known_host = lru_cache(_MOST_REMEMBERED)(_host)


def query_key(pair: str) -> str:
    """Decode the key of one ``key=value`` of a query."""
    return unquote_plus(pair.partition("=")[0])


def is_signed(url: str) -> bool:
    """Tell whether the URL carries a signature, which any change of path or query would break.

    imgix signs with the query key ``s``, Cloudinary with a segment ``s--…--``, object stores with theirs.
    """
    return _known_signed(url) if len(url) <= _LONGEST_REMEMBERED else _signed(url)


def _signed(url: str) -> bool:
    parts = urlsplit(url)
    if _SIGNATURE_SEGMENT.search(parts.path):
        return True
    # Decoded first: hosts read `%73=` as `s=` too.
    return any(query_key(pair).lower() in _SIGNATURE_KEYS for pair in parts.query.split("&"))


_known_signed = lru_cache(_MOST_REMEMBERED)(_signed)
