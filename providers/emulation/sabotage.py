"""Carries a fault out: spoils a body, or breaks off the answer on the wire."""

import asyncio
import functools
import re
import socket
import struct
import zlib
from collections.abc import Callable, Mapping

from aiohttp import web
from msgspec import structs

from providers.emulation.exchange import Answer
from providers.emulation.faults import Ending, Fault, Twist

_CHUNK = 64 * 1024


def misanswer(fault: Fault, real: Callable[[], Answer], error: Callable[[int], Answer]) -> Answer:
    """Make the answer that the fault asks for, from the real one or from the provider's error."""
    if fault.body is not None:
        answer = Answer(fault.status or 200, fault.body)
    elif fault.status is not None:
        answer = error(fault.status)
    else:
        answer = real()
    body = _TWISTS[fault.twist](answer.body, fault)
    return structs.replace(
        answer,
        body=body,
        content_type=fault.content_type or answer.content_type,
        headers={**answer.headers, **fault.headers},
    )


# Twists change bytes and never decode: but for the one fault the body stays the provider's own.
def _untouched(body: bytes, _fault: Fault) -> bytes:
    return body


def _truncate(body: bytes, _fault: Fault) -> bytes:
    return body[: len(body) // 2]


def _reshape(body: bytes, _fault: Fault) -> bytes:
    return b'{"unexpected":true}' if body.startswith(b"[") else b'["unexpected"]'


def _put_nan(body: bytes, _fault: Fault) -> bytes:
    return body.replace(b"{", b'{"nan":NaN,', 1) if b'{"' in body else b"[NaN]"


def _break_utf8(body: bytes, _fault: Fault) -> bytes:
    return body.replace(b'"', b'"\xff\xfe', 1) if b'"' in body else b'["\xff\xfe"]'


def _lead_away(body: bytes, fault: Fault) -> bytes:
    pagination = b'"pagination":{"nextUrl":"%s",' % fault.url.encode()
    # A function, since re.sub reads the backslashes of a replacement text as its own escapes.
    return re.sub(rb'"pagination":\{("nextUrl":"[^"]*",?)?', lambda _: pagination, body, count=1)


_TWISTS: Mapping[Twist, Callable[[bytes, Fault], bytes]] = {
    Twist.NONE: _untouched,
    Twist.TRUNCATED: _truncate,
    Twist.OTHER_SHAPE: _reshape,
    Twist.NAN: _put_nan,
    Twist.INVALID_UTF8: _break_utf8,
    Twist.NEXT_URL: _lead_away,
}


async def break_off(request: web.BaseRequest, answer: Answer, fault: Fault) -> web.StreamResponse:
    """Answer in the way of `fault.ending`; endings that break the connection never return."""
    if fault.ending is Ending.HANG:
        return await _forever()
    if fault.ending is Ending.HUGE:
        return await _stream_huge(request, answer, fault.size)
    if fault.ending is Ending.GZIP_BOMB:
        # Packing 200 MB takes a second of CPU, in which the other calls must be answered.
        bomb = await asyncio.to_thread(pack_bomb, fault.size)
        headers = {"Content-Encoding": "gzip", "Content-Type": answer.content_type}
        return web.Response(body=bomb, headers=headers)
    response = web.StreamResponse(
        status=answer.status, headers={**answer.headers, "Content-Type": answer.content_type}
    )
    # The whole length is promised: by it a client can tell a body that was cut from a short one.
    response.content_length = len(answer.body)
    await response.prepare(request)
    if fault.ending is Ending.DRIP:
        return await _drip(response, answer.body, fault.interval_s)
    await response.write(answer.body[: len(answer.body) // 2])
    return await _disconnect(request, reset=fault.ending is Ending.RESET)


async def _forever() -> web.StreamResponse:
    # The server cancels a handler when its client goes away: that is the only way out.
    await asyncio.get_running_loop().create_future()
    raise AssertionError


async def _stream_huge(request: web.BaseRequest, answer: Answer, size: int) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": answer.content_type})
    await response.prepare(request)
    await response.write(b'["')
    filler = b"a" * _CHUNK
    for sent in range(0, size, _CHUNK):
        await response.write(filler[: size - sent])
    await response.write(b'"]')
    return response


async def _drip(response: web.StreamResponse, body: bytes, interval_s: float) -> web.StreamResponse:
    for position in range(len(body)):
        await response.write(body[position : position + 1])
        await asyncio.sleep(interval_s)
    return response


async def _disconnect(request: web.BaseRequest, *, reset: bool) -> web.StreamResponse:
    transport = request.transport
    if transport is not None and reset:
        # A close with a linger time of zero is what makes the kernel send RST instead of FIN.
        handle: socket.socket = transport.get_extra_info("socket")
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    elif transport is not None:
        transport.close()
    # Returning would let aiohttp end the answer in order.
    return await _forever()


@functools.lru_cache(maxsize=4)
def pack_bomb(size: int) -> bytes:
    """Pack about `size` blanks into a gzip stream, a thousandth as long."""
    packer = zlib.compressobj(level=9, wbits=16 + zlib.MAX_WBITS)
    block = b" " * (1024 * 1024)
    packed = [packer.compress(block) for _ in range(max(size // len(block), 1))]
    return b"".join(packed) + packer.flush()
