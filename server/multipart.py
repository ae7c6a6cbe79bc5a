"""Answers in several parts over one response: ``multipart/mixed``, in the form that the client names."""

from collections.abc import AsyncIterator, Mapping
from typing import Final

from starlette.responses import StreamingResponse

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


def multipart_response(frames: AsyncIterator[Frame], form: str, request_id: str) -> StreamingResponse:
    """Send each part as soon as it is there; no cache keeps them."""
    return StreamingResponse(
        _written(older_frames(frames) if form == OLDER else frames),
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
