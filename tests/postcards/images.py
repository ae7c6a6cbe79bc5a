"""Postcards' pictures come in one size."""

from providers.images import UNCHANGED
from providers.records import Image, Rendition, Transform


class PostcardsImages:
    """URLs of Postcards' pictures: always the original."""

    def url(self, image: Image, transform: Transform | None) -> str:
        """Give the original."""
        return self.rendition(image, transform or UNCHANGED).url

    def rendition(self, image: Image, transform: Transform) -> Rendition:
        """Give the original; nothing is applied."""
        del transform
        return Rendition(url=image.source_url)
