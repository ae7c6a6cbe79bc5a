"""When a request came that waited for another one's answer before it was run itself: its time counts from then on."""

from typing import Final

from starlette.types import Scope

_STATE: Final = "arrived"


def note_arrival(scope: Scope, arrived: float) -> None:
    """Write down when a request came, by the event loop's time."""
    scope.setdefault("state", {})[_STATE] = arrived


def arrival_of(scope: Scope) -> float | None:
    """Return when it came; None where it is run as it comes."""
    arrived: float | None = scope.get("state", {}).get(_STATE)
    return arrived
