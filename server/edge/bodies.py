"""The body of a request, read once and handed on as if it had not been."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from starlette.types import Message, Receive

from resolvers.begun import Begun, begin
from server.bodies import late

MOST_BYTES: Final = 64 * 1024
"""A longer question is hardly asked twice."""

Messages = list[Message]


async def read_ahead(receive: Receive, timeout_s: float) -> tuple[bytes | None, Messages]:
    """Read a body: its bytes, None where it is long or its client is gone, and the messages that were read.

    Raises RequestRefused for one that does not come in time.
    """
    coming = begin(_next(receive))
    if not isinstance(coming, Begun) and not coming.get("more_body", False):
        # Nearly always it has come with the headers, and a clock would be wound for nothing.
        return _whole([coming]), [coming]
    messages: Messages = []
    try:
        async with asyncio.timeout(timeout_s):
            message = await coming if isinstance(coming, Begun) else coming
            messages.append(message)
            size = len(message.get("body", b""))
            while message.get("more_body", False) and size <= MOST_BYTES:
                message = await receive()
                messages.append(message)
                size += len(message.get("body", b""))
    except TimeoutError:
        raise late(timeout_s) from None
    return _whole(messages), messages


async def _next(receive: Receive) -> Message:
    return await receive()


def _whole(messages: Messages) -> bytes | None:
    last = messages[-1]
    if last["type"] != "http.request" or last.get("more_body", False):
        return None
    # Not joined where it came in one part: who copies nothing is quicker.
    body: bytes = last.get("body", b"") if len(messages) == 1 else b"".join(_parts(messages))
    return body if len(body) <= MOST_BYTES else None


def _parts(messages: Messages) -> Iterator[bytes]:
    return (message.get("body", b"") for message in messages)


def again(messages: Iterable[Message], receive: Receive) -> Receive:
    """Receive what was read already, and then what comes."""
    waiting = deque(messages)

    async def received() -> Message:
        return waiting.popleft() if waiting else await receive()

    return received
