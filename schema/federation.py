"""The graph as a subgraph of Apollo Federation: its keys, what neighbours have too, and what its fields cost."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from graphql import DocumentNode, FieldDefinitionNode, ListTypeNode, NonNullTypeNode

from resolvers.connections import DEFAULT_WINDOW
from schema.sdl import edited, object_fields, parsed

KEYS: Final[Mapping[str, str]] = {
    "Activity": "uuid",
    "ResortProduct": "productId",
    "Photo": "culture slug",
}
# What has no identity of its own: a neighbour may have the same, as every Relay graph has PageInfo.
VALUE_OBJECTS: Final = ("City", "Cover", "Freshness", "ImageRendition", "PageInfo", "RelatedContent")
# A larger graph answers these itself: no composer accepts them from two subgraphs.
OWN_ENTRY_POINTS: Final = ("Query.node", "Query.nodes", "Query._sdl")
# The machinery of the served schema, which routers know without being told.
MACHINERY: Final = ("Query._service", "Query._entities", "_Service", "_Entity", "_Any")

_CALL_WEIGHT: Final = 10
_MOST_KEYS: Final = 200
_MOST_WIDTHS: Final = 16
_OWNERS_CALLS: Final = ("cover", "gallery", "videos", "media", "photos")
# What costs a call of its own; the detail call of an activity or a product counts with its type.
_CALLING: Final = (
    "Activity",
    "ResortProduct",
    *(f"{owner}.{name}" for owner in ("Activity", "ResortProduct") for name in _OWNERS_CALLS),
    "Photo.relations",
    "Photo.references",
    "Tag.photos",
)
_COSTS_SINCE: Final = (2, 9)


@lru_cache(maxsize=4)
def federation_sdl(text: str, version: str) -> str:
    """Write the schema as a subgraph; ``version`` is Federation's, such as 2.9."""
    sdl = parsed(text)
    directives = {name: [f'@key(fields: "{fields}")'] for name, fields in KEYS.items()}
    directives |= {name: ["@shareable"] for name in VALUE_OBJECTS}
    imports = ["@key", "@shareable"]
    if tuple(int(part) for part in version.split(".")) >= _COSTS_SINCE:
        imports += ["@cost", "@listSize"]
        for coordinate, directive in _costs(sdl):
            directives.setdefault(coordinate, []).append(directive)
    names = ", ".join(f'"{name}"' for name in imports)
    link = f'extend schema\n  @link(url: "https://specs.apollo.dev/federation/v{version}", import: [{names}])\n\n'
    return edited(sdl, without={*OWN_ENTRY_POINTS, *MACHINERY}, directives=directives, heading=link)


def _costs(sdl: DocumentNode) -> Iterator[tuple[str, str]]:
    for coordinate in _CALLING:
        yield coordinate, f"@cost(weight: {_CALL_WEIGHT})"
    for coordinate, field in object_fields(sdl):
        size = _list_size(field)
        if size:
            yield coordinate, f"@listSize({size}, requireOneSlicingArgument: false)"


def _list_size(field: FieldDefinitionNode) -> str:
    arguments = {argument.name.value for argument in field.arguments or ()}
    if {"first", "last"} <= arguments:
        return f'assumedSize: {DEFAULT_WINDOW}, slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"]'
    of = field.type.type if isinstance(field.type, NonNullTypeNode) else field.type
    if not isinstance(of, ListTypeNode) or not arguments:
        return ""
    return f"assumedSize: {_MOST_WIDTHS if 'widths' in arguments else _MOST_KEYS}"
