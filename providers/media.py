"""What holds for the media lists of every owner."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from providers.records import Image, OtherMedia, Video
from providers.scope import CallScope

W = TypeVar("W")
M = TypeVar("M", Image, Video, Image | Video | OtherMedia)


def usable(sent: Sequence[W | None], read: Callable[[W], M | None], scope: CallScope) -> tuple[M, ...]:
    """Make a media list of what was sent, each item once; count what could not be read or made."""
    found = [item for wire in sent if wire and (item := read(wire))]
    scope.dropped_items += len(sent) - len(found)
    return distinct(found)


def distinct(items: Iterable[M]) -> tuple[M, ...]:
    """Keep the first of the items that have one identity: the same kind and the same URL without its query."""
    found: dict[tuple[type, str], M] = {}
    for item in items:
        # The query only says a size: Musement's page has `?w=540` on a cover, `?w=750&h=500` in a gallery.
        found.setdefault((type(item), item.source_url.partition("?")[0]), item)
    return tuple(found.values())
