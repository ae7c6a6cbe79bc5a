"""How old the data of a field is."""

import strawberry

from schema.directives import CacheControl
from schema.enums import FreshnessState
from schema.fields import field


# In an answer that is kept the age stands still.
@strawberry.type(
    description="State and age of the provider's answer that data comes from.",
    directives=[CacheControl(max_age=5)],
)
class Freshness:
    """State and age of an answer."""

    state: FreshnessState = field("Whether the answer is within its freshness time.")
    age_seconds: int = field("Seconds since the provider gave the answer.")
