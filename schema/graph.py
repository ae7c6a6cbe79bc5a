"""The schema as a whole."""

import functools

import strawberry
from graphql import GraphQLSchema

from schema.activities import Activity
from schema.images import Image
from schema.media import OtherMedia, Video
from schema.photos import Photo
from schema.query import Query
from schema.resorts import ResortProduct
from schema.scalars import CONFIG
from schema.subgraph import SubgraphQuery

_TYPES = (Activity, ResortProduct, Photo, Image, Video, OtherMedia)


@functools.cache
def build_schema() -> strawberry.Schema:
    """Build the schema as clients know it; it never changes, so a process has one."""
    return strawberry.Schema(query=Query, types=_TYPES, config=CONFIG)


def core_schema(schema: strawberry.Schema) -> GraphQLSchema:
    """Give the GraphQL library's own schema, which operations are run against."""
    return schema._schema  # noqa: SLF001 - Strawberry offers no other way to it


@functools.cache
def build_subgraph() -> strawberry.Schema:
    """Build the schema that is served: it also answers the routers of larger graphs; a process has one."""
    return strawberry.Schema(query=SubgraphQuery, types=_TYPES, config=CONFIG)
