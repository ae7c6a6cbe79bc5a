"""Coroutines that are run as far as they come at once: what is at hand costs neither a task nor a turn of the loop."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator, Sequence
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
F = TypeVar("F")
R = TypeVar("R", bound=Callable[..., object])

_MARK: Final = "begins_at_once"


class Begun(Generic[T]):
    """A coroutine that waits for something; await it, once, to go on with it in any task."""

    __slots__ = ("_coroutine", "_waits_for")

    @staticmethod
    def begin(coroutine: Coroutine[Any, Any, F]) -> "F | Begun[F]":
        """Do as ``begin`` does: compiled operations find it at a resolver's mark."""
        return begin(coroutine)

    def __init__(self, coroutine: Coroutine[Any, Any, T], waits_for: object) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        """Go on with it."""
        coroutine, waits_for = self._coroutine, self._waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except GeneratorExit:
                    coroutine.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - handed on as it is
                    waits_for = coroutine.throw(error)
                else:
                    waits_for = coroutine.send(sent)
        except StopIteration as end:
            found: T = end.value
            return found


def begin(coroutine: Coroutine[Any, Any, T]) -> "T | Begun[T]":
    """Run a coroutine up to its first wait; answer its result where there is none.

    It starts in the task that runs now and may go on in another one: it must not ask for its task before that wait, as
    timeouts and task groups do.
    """
    try:
        return Begun(coroutine, coroutine.send(None))
    except StopIteration as end:
        found: T = end.value
        return found


async def together(works: Sequence[Awaitable[T]]) -> list[T]:
    """Wait for all of some works, side by side; one alone needs no task of its own."""
    return await asyncio.gather(*works) if len(works) > 1 else [await each for each in works]


def begins_at_once(resolver: R) -> R:
    """Mark a resolver as fit for ``begin``: an async one, or one that gives a coroutine where it has to wait."""
    setattr(resolver, _MARK, Begun)
    return resolver
