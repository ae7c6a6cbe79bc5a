"""What holds for the media lists of every owner."""

from collections.abc import Iterable
from typing import TypeVar

from providers.records import Image, OtherMedia, Video

M = TypeVar("M", Image, Video, Image | Video | OtherMedia)


def distinct(items: Iterable[M]) -> tuple[M, ...]:
    """Keep the first of the items that have one identity: the same kind and the same URL without its query."""
    found: dict[tuple[type, str], M] = {}
    for item in items:
        # The query only says a size: Musement's page has `?w=540` on a cover, `?w=750&h=500` in a gallery.
        found.setdefault((type(item), item.source_url.partition("?")[0]), item)
    return tuple(found.values())
