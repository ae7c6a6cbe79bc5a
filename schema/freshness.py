"""How old the data of a field is."""

import strawberry

from schema.enums import FreshnessState
from schema.fields import field


@strawberry.type(description="State and age of the provider's answer that data comes from.")
class Freshness:
    """State and age of an answer."""

    state: FreshnessState = field("Whether the answer is within its freshness time.")
    age_seconds: int = field("Seconds since the provider gave the answer.")
