"""The schema that is served: the plain one, and what a router of a larger graph asks a subgraph for."""

from typing import Annotated

import msgspec
import strawberry

from resolvers import entities
from resolvers.context import Info
from schema.activities import Activity
from schema.federation import federation_sdl
from schema.fields import argument, field
from schema.photos import Photo
from schema.query import QUERY, Query
from schema.resorts import ResortProduct
from schema.scalars import Representation
from schema.sdl import printed

Entity = Annotated[
    Activity | Photo | ResortProduct,
    strawberry.union("_Entity", description="What other graphs can refer to by its key."),
]


class ServiceDefinition(msgspec.Struct, frozen=True):
    """What a subgraph tells of itself."""

    sdl: str


def service(info: Info) -> ServiceDefinition:
    """Tell the schema with its federation directives, in the version that the operator chose."""
    return ServiceDefinition(sdl=federation_sdl(printed(info.schema), info.context.rules.federation_version))


@strawberry.type(name="_Service", description="This graph as a part of a larger one.")
class Service:
    """A subgraph about itself."""

    sdl: str = field("The schema with its federation directives.")


@strawberry.type(name="Query", description=QUERY)
class SubgraphQuery(Query):
    """Entry points, with those of a subgraph."""

    service: Service = field("This graph as a part of a larger one.", service, name="_service")
    entities: list[Entity | None] = field(
        "Entities by their representations, in the order asked. It is for routers of larger graphs.",
        entities.entities,
        (
            argument(
                "representations", list[Representation], "Up to 1000 objects with `__typename` and the key."
            ),
        ),
        name="_entities",
    )
