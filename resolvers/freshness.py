"""How old an answer is, and whether it is past its freshness."""

import enum
from typing import Protocol

import msgspec
from strawberry import Parent

from providers.records import Origin
from resolvers.context import Info


class FreshnessState(enum.Enum):
    """Whether an answer is within the time that its provider or the operator calls fresh."""

    FRESH = "FRESH"
    STALE = "STALE"


class Freshness(msgspec.Struct, frozen=True):
    """State and age of an answer."""

    state: FreshnessState
    age_seconds: int


class HasOrigin(Protocol):
    """A record that knows the call it came from."""

    @property
    def origin(self) -> Origin | None:
        """Where it came from; None where no call was made."""
        ...


def freshness(parent: Parent[HasOrigin], info: Info) -> Freshness | None:
    """Tell state and age of the call that a record came from; raise that call's failure."""
    origin = parent.origin
    if origin is None:
        return None
    # Against its type: a failed detail leaves its error in each of its fields (resolvers.partial).
    if isinstance(origin, Exception):
        raise origin
    scope = info.context.scope
    scope.tells_age = True
    now = scope.now()
    # What was fetched for this very request is fresh, even where nothing is kept for another one.
    is_fresh = now <= origin.fresh_until or origin.stored_at >= scope.started_at
    state = FreshnessState.FRESH if is_fresh else FreshnessState.STALE
    return Freshness(state=state, age_seconds=origin.age_s(now))
