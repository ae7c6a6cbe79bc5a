"""What an emulator can be told to do wrong, and when."""

import asyncio
import enum
import re
from collections.abc import Callable, Mapping

import msgspec

# Twenty times the largest body that an adapter reads by default: a client that buffers it shows in memory.
HUGE_BYTES = 200 * 1024 * 1024
_UNFIT_FOR_A_HEADER = re.compile(r"[^\x20-\x7e]")


class Twist(enum.StrEnum):
    """How the real answer's body is spoilt."""

    NONE = "none"
    TRUNCATED = "truncated"
    OTHER_SHAPE = "other_shape"
    NAN = "nan"
    INVALID_UTF8 = "invalid_utf8"
    NEXT_URL = "next_url"


class Ending(enum.StrEnum):
    """How the answer travels."""

    WHOLE = "whole"
    HANG = "hang"
    RESET = "reset"
    CUT = "cut"
    DRIP = "drip"
    HUGE = "huge"
    GZIP_BOMB = "gzip_bomb"


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A way to misbehave.

    Without `status` and `body` the real answer is the start; a `status` alone answers with the provider's own
    error body. `url` is where a redirect or a next page leads, `size` the bytes of a body that has no end,
    `interval_s` the pause between two dripped bytes.
    """

    status: int | None = None
    body: bytes | None = None
    content_type: str | None = None
    headers: Mapping[str, str] = {}
    delay_s: float = 0.0
    hold: bool = False
    twist: Twist = Twist.NONE
    ending: Ending = Ending.WHOLE
    interval_s: float = 1.0
    size: int = HUGE_BYTES
    url: str = ""


def slow(delay_s: float) -> Fault:
    """Answer right, but late."""
    return Fault(delay_s=delay_s)


def held() -> Fault:
    """Answer right, once `Faults.release` is called."""
    return Fault(hold=True)


def hang() -> Fault:
    """Never answer; the connection stays open."""
    return Fault(ending=Ending.HANG)


def reset() -> Fault:
    """Send half of the body, then a TCP reset."""
    return Fault(ending=Ending.RESET)


def cut() -> Fault:
    """Send half of the body, then close in an orderly way before `Content-Length` is reached."""
    return Fault(ending=Ending.CUT)


def drip(interval_s: float = 1.0) -> Fault:
    """Answer right, one byte at a time."""
    return Fault(ending=Ending.DRIP, interval_s=interval_s)


def server_error() -> Fault:
    """Answer 500 in the provider's own form."""
    return Fault(status=500)


# Club Med's own code sends a header for Akamai (observed): the errors of such an edge are HTML.
def bad_gateway() -> Fault:
    """Answer 502 with the HTML of some edge in front of the provider."""
    page = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    return Fault(status=502, body=page, content_type="text/html")


def unavailable() -> Fault:
    """Answer 503 in the provider's own form."""
    return Fault(status=503)


def too_many_requests(retry_after: str | None = None) -> Fault:
    """Answer 429; `retry_after` is the header's value, seconds or an HTTP date."""
    return Fault(status=429, headers={} if retry_after is None else {"Retry-After": retry_after})


def unauthorized() -> Fault:
    """Answer 401 in the provider's own form."""
    return Fault(status=401)


def forbidden() -> Fault:
    """Answer 403 in the provider's own form."""
    return Fault(status=403)


def not_found() -> Fault:
    """Answer 404 in the provider's own form."""
    return Fault(status=404)


def empty_body() -> Fault:
    """Answer 200 with no byte in it."""
    return Fault(status=200, body=b"")


def truncated() -> Fault:
    """Cut the JSON in half, with a `Content-Length` that fits what is left."""
    return Fault(twist=Twist.TRUNCATED)


def other_shape() -> Fault:
    """Send an array where an object belongs, and the reverse."""
    return Fault(twist=Twist.OTHER_SHAPE)


def wrong_content_type() -> Fault:
    """Send the right body, said to be HTML."""
    return Fault(content_type="text/html")


def nan() -> Fault:
    """Put a bare `NaN` inside, which is no JSON."""
    return Fault(twist=Twist.NAN)


def huge(size: int = HUGE_BYTES) -> Fault:
    """Stream one string of `size` bytes without a length."""
    return Fault(ending=Ending.HUGE, size=size)


def gzip_bomb(size: int = HUGE_BYTES) -> Fault:
    """Send a small gzip body that unpacks to `size` bytes."""
    return Fault(ending=Ending.GZIP_BOMB, size=size)


# Port 9 refuses at once: a client that follows is found out, and nothing leaves this machine.
def redirect(url: str = "http://127.0.0.1:9/stolen") -> Fault:
    """Answer 302 to somebody else."""
    return Fault(status=302, body=b"", headers={"Location": url})


def hostile_next_url(url: str = "http://127.0.0.1:9/v2/content/en-us/photos") -> Fault:
    """Lead `pagination.nextUrl` (Forge) and the `Link` header (Club Med) to somebody else, on a right answer."""
    # Where it is no URL but nonsense, it must still be a header.
    link = {} if _UNFIT_FOR_A_HEADER.search(url) else {"Link": f'<{url}>; rel="next"'}
    return Fault(twist=Twist.NEXT_URL, url=url, headers=link)


def nested(depth: int = 100_000) -> Fault:
    """Answer 200 with an object that is nested deeper than any reader that recurses can follow."""
    return Fault(status=200, body=b'{"nested":%s%s}' % (b"[" * depth, b"]" * depth))


def invalid_utf8() -> Fault:
    """Put bytes into a JSON string that are no UTF-8."""
    return Fault(twist=Twist.INVALID_UTF8)


NAMED_FAULTS: Mapping[str, Callable[[], Fault]] = {
    "reset": reset,
    "cut": cut,
    "hang": hang,
    "held": held,
    "drip": drip,
    "server_error": server_error,
    "bad_gateway": bad_gateway,
    "unavailable": unavailable,
    "too_many_requests": too_many_requests,
    "too_many_requests_retry_after": lambda: too_many_requests("1"),
    "unauthorized": unauthorized,
    "forbidden": forbidden,
    "not_found": not_found,
    "empty_body": empty_body,
    "truncated": truncated,
    "other_shape": other_shape,
    "wrong_content_type": wrong_content_type,
    "nan": nan,
    "huge": huge,
    "gzip_bomb": gzip_bomb,
    "redirect": redirect,
    "hostile_next_url": hostile_next_url,
    "invalid_utf8": invalid_utf8,
    "nested": nested,
}
"""Every fault that needs no argument, by name: for a matrix, and for strangers over HTTP."""


class _Plan:
    """A fault, the calls that it is meant for, and how many of them are left."""

    def __init__(self, fault: Fault, route: str | None, match: str | None, times: int | None) -> None:
        self.fault = fault
        self.route = route
        self.match = match
        self.left = times

    def fits(self, route: str, raw_path: str) -> bool:
        return (
            self.left != 0
            and (self.route is None or self.route == route)
            and (self.match is None or self.match in raw_path)
        )


class Faults:
    """The faults in force. The first one added that fits a call strikes it; `times` bounds how often."""

    def __init__(self) -> None:
        self._plans: list[_Plan] = []
        self._released = asyncio.Event()

    def add(
        self, fault: Fault, *, route: str | None = None, match: str | None = None, times: int | None = None
    ) -> None:
        """Put `fault` in force: for a route's name, for raw paths that contain `match`, for so many calls."""
        if fault.hold:
            # A new one, so that what an earlier release let go of is not caught again.
            self._released = asyncio.Event()
        self._plans.append(_Plan(fault, route, match, times))

    def clear(self) -> None:
        """Behave again; calls that are held go on."""
        self._plans.clear()
        self.release()

    def release(self) -> None:
        """Let held calls go on, those that wait and those to come."""
        self._released.set()

    def strike(self, route: str, raw_path: str) -> Fault | None:
        """Give the fault for this call, and use it up by one."""
        for plan in self._plans:
            if plan.fits(route, raw_path):
                if plan.left is not None:
                    plan.left -= 1
                return plan.fault
        return None

    async def wait(self, fault: Fault) -> None:
        """Wait out the fault's delay and, where it holds, the release."""
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.hold:
            await self._released.wait()
