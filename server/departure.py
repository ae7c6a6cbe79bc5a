"""A client that goes away, noticed while its answer is being made."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.types import Message, Receive

from resolvers.begun import Begun, begin

T = TypeVar("T")


class ClientGone(Exception):
    """The client closed its connection before its answer was ready."""


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Do the work unless the client goes away first: then the work is cancelled, and ClientGone raised.

    The request's body must have been read before.
    """
    begun = begin(work)
    if not isinstance(begun, Begun):
        # Done already: there was no time to leave.
        return begun
    working = asyncio.current_task()
    watching = asyncio.ensure_future(departed(receive))
    watching.add_done_callback(lambda _: working.cancel() if working and not watching.cancelled() else None)
    try:
        return await begun
    except asyncio.CancelledError:
        # Cancelled by nobody but the watcher.
        if working is not None and watching.done() and not watching.cancelled() and not working.uncancel():
            raise ClientGone from None
        raise
    finally:
        watching.cancel()


async def departed(receive: Receive) -> None:
    """Wait until the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def never() -> Message:
    """Receive nothing: who is answered at once is not gone meanwhile."""
    nothing: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await nothing


def at_once(work: Coroutine[Any, Any, T]) -> T | None:
    """Do what waits for nothing; None where it would, or fails: it is ended then, and may be begun anew."""
    done: list[T] = []
    running = _into(done, work)
    with suppress(Exception):
        waited_for = running.send(None)
        if asyncio.isfuture(waited_for):
            # What was begun side by side ends with it, and nobody asks how.
            waited_for.add_done_callback(_retrieved)
            waited_for.cancel()
    running.close()
    return done[0] if done else None


async def _into(done: list[T], work: Coroutine[Any, Any, T]) -> None:
    done.append(await work)


def _retrieved(waited_for: "asyncio.Future[Any]") -> None:
    if not waited_for.cancelled():
        waited_for.exception()
