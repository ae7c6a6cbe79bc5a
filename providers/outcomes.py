"""What came, or did not come, as one of the reasons that a client is told."""

import re
import time
from email.utils import parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from providers.errors import (
    Forbidden,
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
    UpstreamUntrusted,
)
from providers.records import Provider
from providers.transport import BodyTooLarge, BodyUnreadable, CertificateRefused, Reply

# As numbers: naming a member of an enumeration takes as long as several comparisons.
USABLE: Final = frozenset(map(int, (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_FOUND)))
"""What an answer has that records are made of."""
_TYPES_REMEMBERED: Final = 64
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
# Only these are named to clients: a header of the provider's may hold anything.
_WELL_KNOWN_TYPES = frozenset({"text/html", "text/plain", "text/xml", "application/xml"})


def send_error(provider: Provider, failure: Exception) -> ProviderError:
    """Name the reason why no answer came."""
    if isinstance(failure, TimeoutError):
        return UpstreamTimeout(provider, "did not answer in time")
    if isinstance(failure, BodyTooLarge):
        return UpstreamBadResponse(provider, f"answered with {failure}")
    if isinstance(failure, BodyUnreadable):
        return UpstreamBadResponse(provider, f"answered what cannot be read ({failure})")
    if isinstance(failure, CertificateRefused):
        return UpstreamUntrusted(provider, f"could not be reached ({failure})")
    return UpstreamUnavailable(provider, f"could not be reached ({failure})")


def status_error(provider: Provider, reply: Reply) -> ProviderError:
    """Name the reason behind a status that is neither a success nor 404."""
    status = reply.status
    came = f"answered {status}"
    if status == HTTPStatus.UNAUTHORIZED:
        return UpstreamUnauthorized(provider, f"{came}: it refused our credentials", status=status)
    if status == HTTPStatus.FORBIDDEN:
        return Forbidden(provider, f"{came}: it does not show this", status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        after_s = retry_after_s(reply.headers.get("retry-after", ""))
        return UpstreamRateLimited(provider, f"{came}: too many calls", status=status, retry_after_s=after_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        after_s = retry_after_s(reply.headers.get("retry-after", ""))
        return UpstreamUnavailable(provider, came, status=status, retry_after_s=after_s)
    if status >= HTTPStatus.BAD_REQUEST:
        return UpstreamRejected(provider, f"{came}: it refused the request", status=status)
    return UpstreamBadResponse(provider, f"{came}, which no call expects", status=status)


def retry_after_s(header: str) -> float | None:
    """Read a ``Retry-After`` as seconds from now, given in seconds or as a date; None for nonsense or nothing."""
    if _SECONDS.fullmatch(header):
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None


def refuse_other_types(provider: Provider, reply: Reply) -> None:
    """Raise UpstreamBadResponse for a body that is said to be something else than JSON."""
    other = _other_type(reply.headers.get("content-type", ""))
    if other:
        raise UpstreamBadResponse(provider, f"answered {other} instead of JSON")


@lru_cache(_TYPES_REMEMBERED)
def _other_type(content_type: str) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    if not media_type or media_type.endswith(("/json", "+json")):
        return ""
    return media_type if media_type in _WELL_KNOWN_TYPES else "something else"


def covers(error: ProviderError) -> bool:
    """Tell whether a kept answer may stand in for the failure: never for a 401, 403 or another 4xx but 429."""
    return error.retryable or isinstance(error, UpstreamBadResponse)
