"""The graph for schema stitching: which list lookup merges each type, and by which key."""

from functools import lru_cache
from typing import Final

from resolvers.context import Info
from schema.federation import KEYS, MACHINERY
from schema.sdl import edited, parsed, printed

_MERGES: Final = {
    "Query.activities": '@merge(keyField: "uuid")',
    "Query.resortProducts": '@merge(keyField: "productId")',
    "Query.photosByKey": '@merge(argsExpr: "keys: [[{ culture: $key.culture, slug: $key.slug }]]")',
}
_DEFINITIONS: Final = '''"""The fields that identify an object for other graphs."""
directive @key(selectionSet: String!) on OBJECT

"""The field gives objects to merge by their keys."""
directive @merge(
  keyField: String
  keyArg: String
  additionalArgs: String
  key: [String!]
  argsExpr: String
) on FIELD_DEFINITION

'''


@lru_cache(maxsize=2)
def stitching_sdl(text: str) -> str:
    """Write the schema with the stitching directives of GraphQL Tools."""
    directives = {name: [f'@key(selectionSet: "{{ {fields} }}")'] for name, fields in KEYS.items()}
    directives |= {coordinate: [merge] for coordinate, merge in _MERGES.items()}
    return edited(parsed(text), without=MACHINERY, directives=directives, heading=_DEFINITIONS)


def sdl(info: Info) -> str:
    """Tell the schema to a stitching gateway."""
    return stitching_sdl(printed(info.schema))
