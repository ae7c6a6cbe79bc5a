"""What has a global id."""

import strawberry

from schema.fields import field


@strawberry.interface(description="Anything that can be fetched again by its id.")
class Node:
    """Anything with a global id."""

    id: strawberry.ID = field("Opaque, globally unique and stable; pass it to `node` to fetch this again.")
