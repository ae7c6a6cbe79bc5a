"""Answers in several parts over one response: ``multipart/mixed``, in the form that the client names."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from server.answers import encoded
from server.negotiation import quality
from server.operations.incremental import Frame, older_frames

MULTIPART: Final = "multipart/mixed"
CURRENT: Final = "incrementalSpec=v0.2"
OLDER: Final = "deferSpec=20220824"

_DELIMITER: Final = b"\r\n---"
_HEAD: Final = b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"
_END: Final = b"--\r\n"


def form_of(accept: str) -> str | None:
    """Choose the form that a client reads; None where it reads no answer in parts."""
    for part in accept.lower().split(","):
        name, *parameters = (text.strip() for text in part.split(";"))
        given = dict(parameter.partition("=")[::2] for parameter in parameters)
        if name == MULTIPART and quality(given.get("q", "1")):
            return _form_named(given)
    return None


def _form_named(parameters: Mapping[str, str]) -> str | None:
    if "deferspec" in parameters:
        return OLDER if parameters["deferspec"] == "20220824" else None
    return CURRENT if parameters.get("incrementalspec", "v0.2") == "v0.2" else None


class Parts(StreamingResponse):
    """An answer in parts; ``end`` is called when the last is out or the client gone, whether it took any or none."""

    def __init__(
        self, parts: AsyncIterator[bytes], headers: Mapping[str, str], end: Callable[[], None]
    ) -> None:
        super().__init__(parts, headers=headers)
        self._end = end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._end()


def multipart_response(
    frames: AsyncIterator[Frame], form: str, request_id: str, end: Callable[[], None]
) -> StreamingResponse:
    """Send each part as soon as it is there; no cache keeps them. ``end`` is called afterwards."""
    return Parts(
        _written(older_frames(frames) if form == OLDER else frames),
        end=end,
        headers={
            "content-type": f'{MULTIPART}; boundary="-"; {form}',
            "cache-control": "no-store",
            "vary": "Accept, Accept-Language",
            "x-request-id": request_id,
            # Proxies that would hold parts back until the end are asked not to.
            "x-accel-buffering": "no",
        },
    )


async def _written(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    before = _DELIMITER
    async for frame in frames:
        # A client takes a part for whole by the delimiter behind it: sent with the next part, it would come too late.
        yield before + _HEAD + encoded(frame) + _DELIMITER + (b"" if frame["hasNext"] else _END)
        before = b""
