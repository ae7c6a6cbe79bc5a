"""Answers made smaller for the way, in the coding that the client weighs most."""

import asyncio
import gzip
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import brotli
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from server.negotiation import weighed

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SMALLEST: Final = 1024
_AT_ONCE: Final = 128 * 1024
_MOST_KNOWN: Final = 256
_LONGEST_KNOWN: Final = 256


def _zstandard(body: bytes) -> bytes:
    return zstd.compress(body, level=3)


def _brotli(body: bytes) -> bytes:
    compressed: bytes = brotli.compress(body, quality=4)
    return compressed


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=5, mtime=0)


# Of what this graph answers zstd makes about as little as brotli, in a third of the time.
_CODINGS: Final[dict[str, Callable[[bytes], bytes]]] = {"zstd": _zstandard, "br": _brotli, "gzip": _gzip}


async def compressed(request: Request, response: Response) -> Response:
    """Compress the body of an answer where that pays and the client takes it; a large one beside the event loop."""
    return await coded(coding_of(request.headers.get("accept-encoding", "")), response)


async def coded(coding: str | None, response: Response) -> Response:
    """Do so in a coding that was chosen before."""
    if isinstance(response, StreamingResponse):
        return response
    body = bytes(response.body)
    _add_vary(response)
    if coding is None or len(body) < SMALLEST or "content-encoding" in response.headers:
        return response
    compress = _CODINGS[coding]
    response.body = compress(body) if len(body) < _AT_ONCE else await asyncio.to_thread(compress, body)
    response.headers["content-encoding"] = coding
    response.headers["content-length"] = str(len(response.body))
    if "etag" in response.headers:
        # Other bytes need another strong tag.
        response.headers["etag"] = coded_tag(response.headers["etag"], coding)
    return response


def coded_tag(etag: str, form: str) -> str:
    """Write the tag of the same answer in another form, such as a coding."""
    return f'{etag[:-1]}-{form}"'


def _add_vary(response: Response) -> None:
    # As bytes: most answers name in one header what they vary by, and Starlette's own headers are read anew each time.
    headers = response.raw_headers
    found = [place for place, (name, _) in enumerate(headers) if name == b"vary"]
    if len(found) == 1:
        headers[found[0]] = (b"vary", headers[found[0]][1] + b", Accept-Encoding")
    else:
        response.headers.add_vary_header("Accept-Encoding")


def coding_of(accept_encoding: str) -> str | None:
    """Choose the coding that weighs most; of equals the one that stands first; None where the body stays as it is.

    It stays too for a client that would rather have it so, and for one that takes nothing that this graph has.
    """
    return _known(accept_encoding) if len(accept_encoding) <= _LONGEST_KNOWN else _coding_of(accept_encoding)


def _coding_of(accept_encoding: str) -> str | None:
    weights = weighed(accept_encoding)
    offers = [(weights.get(name, weights.get("*", 0.0)), -rank, name) for rank, name in enumerate(_CODINGS)]
    weight, _, name = max(offers)
    return name if weight > 0 and weight >= weights.get("identity", 0.0) else None


# A program sends the same header with each of its requests.
_known = lru_cache(_MOST_KNOWN)(_coding_of)
