"""Forge's image host: Cloudinary behind a template URL with one placeholder, and a ready thumbnail."""

import enum
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from providers.forge.components import LADDER, Components
from providers.forge.filling import Filler
from providers.forge.named_formats import NamedFormat, NamedFormats
from providers.images import UNCHANGED, is_signed, usable_url
from providers.records import Image, Rendition, Transform

_FILLINGS_KEPT = 256
_URLS_KEPT = 4096
_LONGEST_KEPT = 1024

UrlPair = tuple[str | None, str | None]
"""A picture's template and its thumbnail."""


class ImageStrategy(enum.Enum):
    """How a tenant wants its templates filled."""

    DYNAMIC = "dynamic"
    """With components built for each request; fails on tenants with strict transformations."""
    NAMED = "named"
    """With the tenant's own named formats."""
    THUMBNAIL = "thumbnail"
    """Not at all: every picture is its thumbnail."""


class ForgeImages:
    """URLs of Forge's pictures.

    A template is filled where it has exactly one placeholder, one that the strategy can fill, and no
    signature; otherwise the thumbnail is the picture, in whatever size the tenant made it, and nothing is
    applied. ``ladder`` counts for ``dynamic`` (widths in pixels), ``named_formats`` for ``named``; ValueError
    for an empty or impossible one. ``allowed_hosts`` are as for ``usable_url``.
    """

    def __init__(
        self,
        strategy: ImageStrategy,
        ladder: Sequence[int] = LADDER,
        named_formats: Sequence[NamedFormat] = (),
        allowed_hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._filler = _filler(strategy, ladder, named_formats)
        # A page asks for the same filling for each of its photos.
        self._filling = lru_cache(_FILLINGS_KEPT)(self._filler.filling) if self._filler else None
        self._allowed_hosts = allowed_hosts
        # The same pictures stand on page after page, and checking a template costs more than all else about it.
        self._known = lru_cache(_URLS_KEPT)(self._rendition)
        self._known_usable: set[UrlPair | None] = set()

    def usable(self, template_url: str | None, thumbnail_url: str | None) -> bool:
        """Tell whether a picture can be shown at all: one of its two URLs leads to it under this strategy."""
        return not self.unusable([(template_url, thumbnail_url)])

    def unusable(self, pictures: Sequence[UrlPair | None]) -> set[UrlPair | None]:
        """Find those of many pictures, by their two URLs, that are not ``usable``; None is none."""
        unknown = set(pictures) - self._known_usable
        return {each for each in unknown if each is None or not self._found_usable(each)}

    def _found_usable(self, urls: UrlPair) -> bool:
        is_usable = self._is_usable(*urls)
        if is_usable and all(len(url or "") <= _LONGEST_KEPT for url in urls):
            if len(self._known_usable) >= _URLS_KEPT:
                self._known_usable.clear()
            self._known_usable.add(urls)
        return is_usable

    def _is_usable(self, template_url: str | None, thumbnail_url: str | None) -> bool:
        return self._placeholder(template_url) is not None or usable_url(thumbnail_url, self._allowed_hosts)

    def url(self, image: Image, transform: Transform | None) -> str:
        """Give the URL; without a transformation ``f_auto/q_auto``, or the largest named format."""
        template, thumbnail = image.template_url or "", image.thumbnail_url or ""
        if len(template) > _LONGEST_KEPT or len(thumbnail) > _LONGEST_KEPT:
            return self._rendition(template, thumbnail, transform).url
        return self._known(template, thumbnail, transform).url

    def rendition(self, image: Image, transform: Transform) -> Rendition:
        """Give the filled template, or the thumbnail; ValueError for a picture that is not ``usable``."""
        template, thumbnail = image.template_url or "", image.thumbnail_url or ""
        is_short = len(template) <= _LONGEST_KEPT and len(thumbnail) <= _LONGEST_KEPT
        return (self._known if is_short else self._rendition)(template, thumbnail, transform)

    def _rendition(self, template: str, thumbnail: str, transform: Transform | None) -> Rendition:
        filled = self._filled(template, transform or UNCHANGED)
        if filled is not None:
            return filled
        # The template without its placeholder is no way out: Cloudinary gives a private original to signed URLs alone.
        if not usable_url(thumbnail, self._allowed_hosts):
            raise ValueError("the image has neither a template that can be filled nor a thumbnail")
        return Rendition(url=thumbnail)

    def _filled(self, template_url: str, transform: Transform) -> Rendition | None:
        placeholder = self._placeholder(template_url)
        if self._filling is None or placeholder is None:
            return None
        filling = self._filling(placeholder, transform)
        return Rendition(
            url=template_url.replace(placeholder, filling.text),
            width=filling.size.width,
            height=filling.size.height,
            applied=filling.applied,
        )

    def _placeholder(self, template_url: str | None) -> str | None:
        if self._filler is None or not template_url:
            return None
        found = [each for each in self._filler.placeholders if template_url.count(each) == 1]
        # A second placeholder of any kind leaves a brace behind, which is unusable.
        if len(found) != 1:
            return None
        sample = template_url.replace(found[0], "_")
        # Cloudinary signs the transformation along with the picture: filling in anything breaks it (its documentation).
        if not usable_url(sample, self._allowed_hosts) or is_signed(sample):
            return None
        # With the placeholder in it, the host of the sample is not the template's.
        is_past_host = template_url.partition("//")[2].startswith(urlsplit(sample).netloc)
        return found[0] if is_past_host else None


def _filler(
    strategy: ImageStrategy, ladder: Sequence[int], named_formats: Sequence[NamedFormat]
) -> Filler | None:
    match strategy:
        case ImageStrategy.DYNAMIC:
            return Components(ladder)
        case ImageStrategy.NAMED:
            return NamedFormats(named_formats)
        # The one URL that a tenant has made itself, and so the only one that is valid whatever its Cloudinary allows.
        case ImageStrategy.THUMBNAIL:
            return None
