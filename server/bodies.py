"""The body of a request: of the right kind, counted while it is read, and within its time."""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from resolvers.begun import Begun, begin
from server.negotiation import PLAIN_JSON
from server.operations.requests import RequestRefused

_UTF_8 = {"", "utf-8", "utf8"}


async def read_body(request: Request, most_bytes: int, timeout_s: float) -> bytes:
    """Read a JSON body; raises RequestRefused for one of another kind, too large, or too slow."""
    refuse_other_kinds(request)
    _refuse_declared(request, most_bytes)
    coming = begin(_message(request))
    if not isinstance(coming, Begun) and coming["type"] == "http.request" and not coming.get("more_body"):
        # Nearly always the body has come with the headers, and there is nothing to wait for.
        return bytes(_bounded(coming.get("body", b""), most_bytes))
    try:
        async with asyncio.timeout(timeout_s):
            return await _counted(request, coming, most_bytes)
    except TimeoutError:
        raise late(timeout_s) from None
    except ClientDisconnect:
        raise RequestRefused(400, "BAD_REQUEST", "wanted the whole body") from None


def late(timeout_s: float) -> RequestRefused:
    """Make the refusal of a body that did not come in time."""
    return RequestRefused(
        408, "BAD_REQUEST", f"wanted the body within {timeout_s:g} s", {"connection": "close"}
    )


def refuse_other_kinds(request: Request) -> None:
    """Raise RequestRefused for a body that is not JSON in UTF-8 as it stands."""
    content_type = request.headers.get("content-type", "")
    if content_type != PLAIN_JSON and not _is_json_in_utf_8(content_type):
        raise RequestRefused(
            415, "BAD_REQUEST", f"wanted {PLAIN_JSON} as Content-Type", {"accept-post": PLAIN_JSON}
        )
    if request.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise RequestRefused(
            415, "BAD_REQUEST", "wanted a body without Content-Encoding", {"accept-encoding": "identity"}
        )


def _is_json_in_utf_8(content_type: str) -> bool:
    name, *parameters = (part.strip() for part in content_type.lower().split(";"))
    charset = next((part[8:].strip('"') for part in parameters if part.startswith("charset=")), "")
    return name == PLAIN_JSON and charset in _UTF_8


def _refuse_declared(request: Request, most_bytes: int) -> None:
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:12]) > most_bytes:
        raise _too_large(most_bytes)


async def _message(request: Request) -> Message:
    return await request.receive()


async def _counted(request: Request, coming: Message | Begun[Message], most_bytes: int) -> bytes:
    body = bytearray()
    message = await coming if isinstance(coming, Begun) else coming
    while message["type"] == "http.request":
        body += message.get("body", b"")
        _bounded(body, most_bytes)
        if not message.get("more_body"):
            return bytes(body)
        message = await request.receive()
    raise ClientDisconnect


def _bounded(body: bytes | bytearray, most_bytes: int) -> bytes | bytearray:
    if len(body) > most_bytes:
        raise _too_large(most_bytes)
    return body


def _too_large(most_bytes: int) -> RequestRefused:
    # Not closed, which may take the answer from who still sends: the rest is read, for its time, and dropped.
    return RequestRefused(413, "BAD_REQUEST", f"wanted a body of at most {most_bytes} bytes")
