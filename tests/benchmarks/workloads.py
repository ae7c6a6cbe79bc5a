"""What is measured: operations over the emulated world, the same for every server."""

from typing import Any, Final

import msgspec

from tests.world import PRODUCT_IDS, UUIDS

PHOTO: Final = "slug title contentDate featured tags { slug neutralSlug title } image { url thumbnailUrl }"
ACTIVITY: Final = "uuid title description url latitude longitude gallery { nodes { url isCover } }"


class Workload(msgspec.Struct, frozen=True):
    """An operation that takes so many calls; ``fresh`` asks for it with a new document text each time."""

    name: str
    query: str
    variables: dict[str, Any]
    calls: int
    fresh: bool = False

    def body(self, turn: int) -> bytes:
        """Write the request's body."""
        query = self.query.replace("{", f"{{ turn{turn}: __typename", 1) if self.fresh else self.query
        return msgspec.json.encode({"query": query, "variables": self.variables})


RESORT: Final = "productId gallery { nodes { url keywords } } videos { nodes { url } }"
PAGE: Final = f"""query Page($uuids: [ID!]!, $ids: [ID!]!) {{
  activities(uuids: $uuids) {{ {ACTIVITY} }}
  resortProducts(productIds: $ids) {{ {RESORT} }}
  photos(first: 25) {{ nodes {{ {PHOTO} }} }}
}}"""
LIST: Final = f"query List {{ photos(first: 100) {{ nodes {{ {PHOTO} }} }} }}"
MANY: Final = f"query Many($uuids: [ID!]!) {{ activities(uuids: $uuids) {{ {ACTIVITY} }} }}"

# The first product has no videos, and a 404 for them takes all data from one of the peers.
_ON_PAGE: Final = {"uuids": UUIDS[:5], "ids": PRODUCT_IDS[1:4]}
PAGE_OF_ALL: Final = Workload("W1 page", PAGE, _ON_PAGE, 17)
_ASKED_FOR_DATA: Final = (
    PAGE_OF_ALL,
    Workload("W2 100 photos", LIST, {}, 1),
    Workload("W3 50 activities", MANY, {"uuids": [*UUIDS[:40], *UUIDS[:10]]}, 80),
)
COLD: Final = (
    *_ASKED_FOR_DATA,
    Workload("W5 __typename", "{ __typename }", {}, 0),
    Workload("W6 new documents", PAGE, _ON_PAGE, 17, fresh=True),
)
"""With every call made."""
WARM: Final = _ASKED_FOR_DATA
"""With the providers' answers kept."""
REPEATED: Final = (Workload("W4 page again", PAGE, _ON_PAGE, 17),)
"""With whole answers kept."""
