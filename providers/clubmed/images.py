"""Club Med's image hosts: originals alone, resized by an imgproxy where the operator has one."""

from providers.images import UNCHANGED, is_signed
from providers.imgproxy import ImageProxy
from providers.records import Image, Rendition, Transform


class ClubMedImages:
    """URLs of Club Med's pictures.

    No resize parameter of its hosts is documented, and its website's own resizers are not for API clients. So
    every answer is the original, and nothing is applied, unless a proxy is given. A signed URL is returned
    untouched.
    """

    def __init__(self, proxy: ImageProxy | None = None) -> None:
        self._proxy = proxy

    def url(self, image: Image, transform: Transform | None) -> str:
        """Give the URL; without a transformation the provider's, byte for byte, past the proxy."""
        if self._proxy is None:
            return image.source_url
        return self.rendition(image, transform or UNCHANGED).url

    def rendition(self, image: Image, transform: Transform) -> Rendition:
        """Give the proxy's rendition, or the original, whose size the provider does not tell."""
        url = image.source_url
        if self._proxy is None or is_signed(url):
            return Rendition(url=url)
        return self._proxy.rendition(url, transform)
