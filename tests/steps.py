"""Work counted in function calls: the same on every machine, however busy it is."""

import gc
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
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
    with _undisturbed():
        sys.setprofile(count)
        try:
            work()
        finally:
            sys.setprofile(None)
    return count.steps


async def steps_while(work: Callable[[], Awaitable[object]]) -> int:
    """Wait for some work; count the functions that it and the event loop call meanwhile."""
    count = _Count()
    with _undisturbed():
        sys.setprofile(count)
        try:
            await work()
        finally:
            sys.setprofile(None)
    return count.steps


@contextmanager
def _undisturbed() -> Iterator[None]:
    # What other tests left behind is not to end, and to be forgotten where it was known, in the middle of a count.
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
