"""How an answer leaves: validators, compression, and the headers that a test wants on everything."""

import gzip
import hashlib
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec
from aiohttp import web

from providers.emulation.exchange import Answer, Call

LAST_MODIFIED = "Wed, 08 Oct 2025 11:42:48 GMT"
"""When the world was last edited, for `Last-Modified`."""

_OK = 200
_ERRORS = 400


class Delivery(msgspec.Struct, frozen=True):
    """An emulator's switches at the moment of an answer."""

    validators: bool
    gzip: bool
    response_headers: Mapping[str, str]

    def respond(self, call: Call, answer: Answer) -> web.Response:
        """Make the HTTP response of an answer."""
        headers = {"Content-Type": answer.content_type, **answer.headers}
        status, body = answer.status, answer.body
        if status < _ERRORS:
            headers.update(self.response_headers)
        # A 206 gets no tag: Club Med's recorded page of a list had none (observed).
        if self.validators and status == _OK:
            # What the provider or a test has set wins over the made-up validators.
            headers = _validators(answer) | headers
            if _is_unchanged(call.headers, headers):
                status, body = 304, b""
        if self.gzip and body and "gzip" in call.headers.get("accept-encoding", ""):
            # Without a time in it the stream is the same bytes in every run.
            body = gzip.compress(body, compresslevel=1, mtime=0)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return web.Response(status=status, body=body, headers=headers)


def _validators(answer: Answer) -> dict[str, str]:
    identity = answer.body if answer.identity is None else answer.identity
    tag = hashlib.sha256(identity).hexdigest()[:32]
    return {"ETag": f'"{tag}"', "Last-Modified": LAST_MODIFIED}


def _is_unchanged(asked: Mapping[str, str], has: Mapping[str, str]) -> bool:
    # Where both conditions come, If-Modified-Since does not count, and tags compare weakly (RFC 9110).
    if tags := asked.get("if-none-match"):
        return has["ETag"] in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    if since := asked.get("if-modified-since"):
        try:
            return parsedate_to_datetime(since) >= parsedate_to_datetime(has["Last-Modified"])
        # A date in the zone -0000 is parsed without one, and then compares to no other (TypeError).
        except (TypeError, ValueError):
            return False
    return False
