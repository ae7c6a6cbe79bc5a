"""A client that goes away, noticed while its answer is being made."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

T = TypeVar("T")


class ClientGone(Exception):
    """The client closed its connection before its answer was ready."""


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Do the work unless the client goes away first: then the work is cancelled, and ClientGone raised.

    The request's body must have been read before.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_departed(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientGone
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _departed(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
