"""Media items of every provider."""

import strawberry

from providers import records
from resolvers import nodes
from schema.enums import MediaKind, Provider
from schema.fields import field, record_is
from schema.nodes import Node
from schema.scalars import URL


@strawberry.interface(description="A picture, a video, or an item of a kind that this graph does not know.")
class Media(Node):
    """A media item."""

    id: strawberry.ID = field(
        "Opaque and globally unique: the same item of the same owner keeps it, whatever its size.",
        nodes.item_id,
    )
    kind: MediaKind = field("What the item is.")
    provider: Provider = field("The service that the item comes from.")
    provider_id: strawberry.ID | None = field("The provider's own id of this item, where it has one.")
    title: str | None = field("The item's title, in the locale of its owner.")
    url: URL = field("Where the item is.")


@strawberry.type(description="A video of an activity or a resort product.")
class Video(Media):
    """A video."""

    is_type_of = record_is(records.Video)


@strawberry.type(description="A media item of a kind that the provider sends and this graph does not know.")
class OtherMedia(Media):
    """An item of an unknown kind."""

    is_type_of = record_is(records.OtherMedia)

    provider_kind: str = field("The kind in the provider's own word.")
