"""Relay connections over media."""

import strawberry

from resolvers.freshness import freshness as of
from schema.fields import field
from schema.freshness import Freshness
from schema.images import Image
from schema.media import Media, Video


@strawberry.type(description="Where a window stands in its list.")
class PageInfo:
    """Where a window stands."""

    has_next_page: bool = field("Whether items follow.")
    has_previous_page: bool = field("Whether the window starts after the beginning of the list.")
    start_cursor: str | None = field("Cursor of the window's start; null where it is empty.")
    end_cursor: str | None = field("Cursor of the window's end, to continue `after`; null where it is empty.")


@strawberry.type(description="A media item and its place in the list.")
class MediaEdge:
    """A place in a list of media."""

    cursor: str = field("Continues after or before this item.")
    node: Media = field("The item.")


@strawberry.type(description="A window of a list of media.")
class MediaConnection:
    """A window of media."""

    edges: list[MediaEdge] = field("The items with their cursors.")
    nodes: list[Media] = field("The items.")
    page_info: PageInfo = field("Where the window stands in its list.")
    total_count: int = field("How many items the whole list has.")
    freshness: Freshness = field(
        "State and age of the provider's answer; of the oldest, where it took several.", of
    )


@strawberry.type(description="A picture and its place in the list.")
class ImageEdge:
    """A place in a list of pictures."""

    cursor: str = field("Continues after or before this picture.")
    node: Image = field("The picture.")


@strawberry.type(description="A window of a list of pictures.")
class ImageConnection:
    """A window of pictures."""

    edges: list[ImageEdge] = field("The pictures with their cursors.")
    nodes: list[Image] = field("The pictures.")
    page_info: PageInfo = field("Where the window stands in its list.")
    total_count: int = field("How many pictures the whole list has.")
    freshness: Freshness = field("State and age of the provider's answer.", of)


@strawberry.type(description="A video and its place in the list.")
class VideoEdge:
    """A place in a list of videos."""

    cursor: str = field("Continues after or before this video.")
    node: Video = field("The video.")


@strawberry.type(description="A window of a list of videos.")
class VideoConnection:
    """A window of videos."""

    edges: list[VideoEdge] = field("The videos with their cursors.")
    nodes: list[Video] = field("The videos.")
    page_info: PageInfo = field("Where the window stands in its list.")
    total_count: int = field("How many videos the whole list has.")
    freshness: Freshness = field("State and age of the provider's answer.", of)
