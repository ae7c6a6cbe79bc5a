"""The body of a request, read once and handed on as if it had not been."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Final

from starlette.types import Message, Receive

from server.bodies import late

MOST_BYTES: Final = 64 * 1024
"""A longer question is hardly asked twice."""


Messages = list[Message]


async def read_ahead(receive: Receive, timeout_s: float) -> tuple[bytes | None, Messages]:
    """Read a body: its bytes, None where it is long or its client is gone, and the messages that were read.

    Raises RequestRefused for one that does not come in time.
    """
    messages: Messages = []
    size = 0
    try:
        async with asyncio.timeout(timeout_s):
            while size <= MOST_BYTES:
                message = await receive()
                messages.append(message)
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        raise late(timeout_s) from None
    return _whole(messages) if size <= MOST_BYTES else None, messages


def _whole(messages: Messages) -> bytes | None:
    last = messages[-1]
    if last["type"] != "http.request" or last.get("more_body", False):
        return None
    if len(messages) == 1:
        # Not joined: most come in one part, and who copies nothing is quicker.
        body: bytes = last.get("body", b"")
        return body
    return b"".join(message.get("body", b"") for message in messages)


def again(messages: Iterable[Message], receive: Receive) -> Receive:
    """Receive what was read already, and then what comes."""
    waiting = deque(messages)

    async def received() -> Message:
        return waiting.popleft() if waiting else await receive()

    return received
