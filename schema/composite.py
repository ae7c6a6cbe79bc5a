"""The graph as a source schema of Composite Schemas: the fields that look an entity up by its key.

The draft wants every argument of a lookup to be a part of a key, so lookups have no ``locale`` there: a request's
Accept-Language chooses it, as it does for ``_entities``.
"""

from typing import Final

from schema.federation import KEYS, MACHINERY, VALUE_OBJECTS
from schema.sdl import edited, parsed

_LOOKUPS: Final = ("Query.activity", "Query.resortProduct", "Query.photoByKey")
_NO_KEYS: Final = ("Query.activity(locale:)", "Query.resortProduct(locale:)")
_BY_ID: Final = ("Node", *KEYS, "Image", "Video", "OtherMedia")
# A larger graph has one of each at most: composition neither merges nor shows what is internal.
_INTERNAL: Final = {
    "Query.node": ["@lookup", "@internal"],
    "Query.nodes": ["@internal"],
    "Query._sdl": ["@internal"],
}
_DEFINITIONS: Final = '''"""A selection of fields."""
scalar FieldSelectionSet

"""The fields that identify an object for other graphs."""
directive @key(fields: FieldSelectionSet!) repeatable on OBJECT | INTERFACE

"""The field finds an entity by its key."""
directive @lookup on FIELD_DEFINITION

"""The larger graph does not show it."""
directive @internal on OBJECT | FIELD_DEFINITION

"""Other graphs may have the same."""
directive @shareable repeatable on OBJECT | FIELD_DEFINITION

'''


def composite_sdl(text: str) -> str:
    """Write the schema as a source schema."""
    directives = {name: [f'@key(fields: "{fields}")'] for name, fields in KEYS.items()}
    for name in _BY_ID:
        directives.setdefault(name, []).append('@key(fields: "id")')
    directives |= {name: ["@shareable"] for name in VALUE_OBJECTS}
    directives |= {coordinate: ["@lookup"] for coordinate in _LOOKUPS} | _INTERNAL
    return edited(parsed(text), without={*MACHINERY, *_NO_KEYS}, directives=directives, heading=_DEFINITIONS)
