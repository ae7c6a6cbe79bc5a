"""The schema as a whole."""

import functools

import strawberry

from schema.activities import Activity
from schema.images import Image
from schema.media import OtherMedia, Video
from schema.photos import Photo
from schema.query import Query
from schema.resorts import ResortProduct
from schema.scalars import CONFIG


@functools.cache
def build_schema() -> strawberry.Schema:
    """Build the schema; it never changes, so a process has one."""
    return strawberry.Schema(
        query=Query,
        types=[Activity, ResortProduct, Photo, Image, Video, OtherMedia],
        config=CONFIG,
    )
