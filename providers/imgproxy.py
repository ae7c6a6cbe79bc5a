"""imgproxy: an operator's own server in front of image hosts that cannot resize."""

import base64
import hashlib
import hmac
from typing import NamedTuple

from providers.images import PixelSize, asked_steps, bounded, delivered, device_pixels, usable_url
from providers.records import ImageFit, ImageFormat, Rendition, Transform


# imgproxy enlarges and extends only when told to.
class _Resizing(NamedTuple):
    kind: str
    enlarge: int
    extend: int


_RESIZINGS = {
    ImageFit.COVER: _Resizing("fill", enlarge=1, extend=0),
    ImageFit.CONTAIN: _Resizing("fit", enlarge=1, extend=0),
    ImageFit.INSIDE: _Resizing("fit", enlarge=0, extend=0),
    ImageFit.PAD: _Resizing("fit", enlarge=1, extend=1),
    ImageFit.STRETCH: _Resizing("force", enlarge=1, extend=0),
}
_FORMATS = {
    ImageFormat.JPEG: "f:jpg",
    ImageFormat.PNG: "f:png",
    ImageFormat.WEBP: "f:webp",
    ImageFormat.AVIF: "f:avif",
}
# Without a colour imgproxy pads with black where the format has no transparency.
_PADDING = "bg:ffffff"


class ImageProxy:
    """Signed URLs of one imgproxy, which must allow the providers' image hosts as sources.

    ``url`` is where clients reach it, a path prefix included; key and salt are in hex, as imgproxy itself
    takes them. Raise ValueError, without the secret, for what is none.
    """

    def __init__(self, url: str, key_hex: str, salt_hex: str) -> None:
        if not usable_url(url):
            raise ValueError("the image proxy wants an absolute http or https URL")
        self._url = url.rstrip("/")
        self._key = _secret("key", key_hex)
        self._salt = _secret("salt", salt_hex)

    def rendition(self, source_url: str, transform: Transform) -> Rendition:
        """Give the proxy's URL for the source; where the transformation asks for nothing, the source itself.

        Every step is honoured. A FORMAT of AUTO sends no format: whether imgproxy then goes by what the
        browser accepts is its operator's choice, so it is not listed.
        """
        asked = bounded(device_pixels(transform))
        options = [*_resizing(transform.fit, asked), *_encoding(transform)]
        if not options:
            return Rendition(url=source_url)
        # Encoded, since imgproxy reads an @ in a plain source as the start of its file type; padding it does not want.
        source = base64.urlsafe_b64encode(source_url.encode()).rstrip(b"=").decode()
        width, height = delivered(transform.fit, asked)
        return Rendition(
            url=self.signed("/" + "/".join([*options, source])),
            width=width,
            height=height,
            applied=asked_steps(transform),
        )

    def signed(self, path: str) -> str:
        """Give the URL of a path (options and source, with its leading slash), signed with HMAC-SHA256."""
        # The salt is signed in front of the path; without a signature anybody could let the proxy resize anything.
        digest = hmac.digest(self._key, self._salt + path.encode(), hashlib.sha256)
        signature = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return f"{self._url}/{signature}{path}"


def _secret(name: str, text: str) -> bytes:
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if not secret:
        raise ValueError(f"the image proxy wants its {name} in hex")
    return secret


def _resizing(fit: ImageFit, size: PixelSize) -> list[str]:
    if size.width is None and size.height is None:
        return []
    # imgproxy works out a side of 0 itself; with one side the fit has no meaning and nothing is enlarged.
    is_whole = size.width is not None and size.height is not None
    kind, enlarge, extend = _RESIZINGS[fit if is_whole else ImageFit.INSIDE]
    resize = f"rs:{kind}:{size.width or 0}:{size.height or 0}:{enlarge}:{extend}"
    return [resize, _PADDING] if extend else [resize]


def _encoding(transform: Transform) -> list[str]:
    quality = [] if transform.quality is None else [f"q:{transform.quality}"]
    chosen = _FORMATS.get(transform.format)
    return quality + ([chosen] if chosen else [])
