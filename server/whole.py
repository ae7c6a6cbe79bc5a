"""Answers that leave in one piece."""

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from server.answers import encoded
from server.graphql_errors import plain_error
from server.perimeter import safe_headers

RawHeaders = tuple[tuple[bytes, bytes], ...]
"""Headers as they leave."""

_MOST_KNOWN: Final = 1024
_ID: Final = b"x-request-id"
_LINE: Final = b"%b: %b\r\n"


class Whole(NamedTuple):
    """An answer to write as it stands: its status, the lines of its headers, and its body."""

    status: int
    lines: bytes
    body: bytes


class Form(NamedTuple):
    """An answer but for the id of its request, which stands between ``before`` and ``behind``."""

    status: int
    before: bytes
    behind: bytes
    body: bytes

    def filled(self, request_id: str) -> Whole:
        """Write the answer of a request."""
        lines = b"%bx-request-id: %b\r\n%b" % (self.before, request_id.encode(), self.behind)
        return Whole(self.status, lines, self.body)


def form_without_id(response: Response) -> Form:
    """Take the request's id out of an answer, and put the headers in that keep browsers safe."""
    headers = response.raw_headers
    place = next(index for index, (name, _) in enumerate(headers) if name == _ID)
    before, behind = _known_around(tuple(headers[:place]), tuple(headers[place + 1 :]))
    return Form(response.status_code, before, behind, bytes(response.body))


def written(headers: RawHeaders | list[tuple[bytes, bytes]]) -> bytes:
    """Write the lines of some headers."""
    return b"".join([_LINE % header for header in headers])


# An answer that is made again within one second has the same headers.
@lru_cache(_MOST_KNOWN)
def _known_around(before: RawHeaders, behind: RawHeaders) -> tuple[bytes, bytes]:
    return written(before), written(behind) + written(safe_headers(before + behind))


@lru_cache(_MOST_KNOWN)
def known_lines(headers: RawHeaders) -> tuple[bytes, bytes]:
    """Write the headers of an answer that is given often, and those that keep browsers safe."""
    return written(headers), written(safe_headers(headers))


def refused(status: int, code: str, message: str, details: Mapping[str, int] | None = None) -> bytes:
    """Write all of a refusal after which the connection ends."""
    request_id = uuid.uuid4().hex
    body = encoded({"errors": [plain_error(message, code, request_id, details)]})
    return (
        STATUS_LINE[status]
        + b"content-type: application/json; charset=utf-8\r\nx-content-type-options: nosniff\r\n"
        + b"x-request-id: %s\r\nconnection: close\r\n" % request_id.encode()
        + b"content-length: %d\r\n\r\n" % len(body)
        + body
    )
