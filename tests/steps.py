"""Work counted in function calls: the same on every machine, however busy it is."""

import sys
from collections.abc import Awaitable, Callable
from types import FrameType


class _Count:
    def __init__(self) -> None:
        self.steps = 0

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        del frame, argument
        self.steps += event in {"call", "c_call"}


def steps_of(work: Callable[[], object]) -> int:
    """Run some work; count the Python and C functions that it calls."""
    count = _Count()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count.steps


async def steps_while(work: Callable[[], Awaitable[object]]) -> int:
    """Wait for some work; count the functions that it and the event loop call meanwhile."""
    count = _Count()
    sys.setprofile(count)
    try:
        await work()
    finally:
        sys.setprofile(None)
    return count.steps
