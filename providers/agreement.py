"""What processes that call the same provider agree on: how often it is called, by whom, and whether it is well."""

from collections.abc import Mapping
from enum import Enum
from typing import Protocol

import msgspec


class Reserved(msgspec.Struct, frozen=True):
    """Passes, evenly spaced: the first is good after ``pause_s``, at once where that is not above 0.

    Those that would be good too late were not reserved. ``ahead`` more are good at once.
    """

    pause_s: float
    ahead: int


class Pace(msgspec.Struct, frozen=True):
    """How often a provider may be called by all: a call each ``spacing_s`` after ``burst_s`` worth of them at once.

    What would have to wait longer than ``wait_s`` is not reserved.
    """

    spacing_s: float
    burst_s: float
    wait_s: float


class SharedRates(Protocol):
    """Hands out passes to every process. It never raises and never waits long."""

    async def reserve(self, name: str, pace: Pace, wanted: int, ahead: int) -> Reserved | None:
        """Reserve passes; None where nobody can be asked now."""
        ...


class Sign(Enum):
    """What a process tells of a circuit: it failed again and again, it works again, or its probe told nothing."""

    OPENED = "opened"
    CLOSED = "closed"
    RELEASED = "released"


class Claim(Enum):
    """Who may probe a half-open circuit: we may, another does, or it is closed meanwhile."""

    GRANTED = "granted"
    DENIED = "denied"
    CLOSED = "closed"


class Member(Protocol):
    """The circuits of one provider in this process."""

    def learn(self, ages_s: Mapping[str, float]) -> None:
        """Take over what all know: the open circuits by their routes, and for how long each has been open."""
        ...

    def ages_s(self) -> Mapping[str, float]:
        """Tell which circuits are open here, and for how long."""
        ...


class Board(Protocol):
    """Where processes tell each other of circuits. It never raises and never waits long."""

    def join(self, name: str, member: Member) -> None:
        """Have the member told what others tell under the name."""
        ...

    def tell(self, name: str, route: str, sign: Sign) -> None:
        """Tell all others, soon."""
        ...

    async def claim(self, name: str, route: str, open_s: float) -> Claim | None:
        """Ask to be the one that probes what was open for ``open_s``; None where nobody can be asked now."""
        ...

    async def open(self) -> None:
        """Begin to tell and to listen."""
        ...

    async def close(self) -> None:
        """Tell and listen no more."""
        ...


class Errand(msgspec.Struct, frozen=True):
    """A fetch for all: ours, or another process', who may have ``done`` it meanwhile: then the answer is there."""

    is_ours: bool
    done: str = ""


class SharedErrands(Protocol):
    """Fetches that one process does for all. Neither method raises or waits long."""

    async def begin(self, key: str, seen: str) -> Errand | None:
        """Claim a fetch; None where nobody can be asked now.

        ``seen`` is what ``done`` told before the answer was looked for, and not found.
        """
        ...

    def finish(self, key: str) -> None:
        """Give a claim back, soon."""
        ...


class Agreement(msgspec.Struct, frozen=True):
    """One provider's part; ``name`` tells its base URL and credentials from all others."""

    name: str
    rates: SharedRates
    board: Board
    errands: SharedErrands
