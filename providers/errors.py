"""Why a provider gave no usable answer.

ProviderError
├── NotConfigured        no URL, key or application value is set; no call was made
├── Forbidden            403
├── UpstreamTimeout      no answer within the call's time or the request's deadline
│   └── NotAsked         too little of the deadline was left to ask
├── UpstreamUnavailable  connection refused or reset, a body cut short, 5xx, open circuit
│   ├── UpstreamUntrusted  its certificate is not trusted
│   └── CircuitOpen      it failed again and again just now: it was not asked
├── UpstreamRateLimited  429, or our own budget is spent
├── UpstreamUnauthorized 401, or a refused login
├── UpstreamRejected     400 and every other 4xx that has no row of its own
└── UpstreamBadResponse  not JSON, wrong shape, too large, wrong content type, a redirect

InvalidKey               a key that must not leave in a URL; not the provider's fault
"""

from typing import ClassVar

from providers.records import Provider


class ProviderError(Exception):
    """A call that gave no usable answer.

    ``code`` is stable and public, ``retryable`` says whether the same call may succeed later. The message names
    the provider and what came; it never holds a header, a credential or an upstream body.
    """

    code: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        provider: Provider,
        reason: str,
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{provider.value} {reason}")
        self.provider = provider
        self.reason = reason
        self.status = status
        self.retry_after_s = retry_after_s

    def again(self) -> "ProviderError":
        """Make a fresh copy, for a failure that is remembered: a raised exception collects its traceback."""
        return type(self)(self.provider, self.reason, status=self.status, retry_after_s=self.retry_after_s)


class NotConfigured(ProviderError):
    """The provider's settings are incomplete; no call was made."""

    code = "PROVIDER_NOT_CONFIGURED"


# Not retryable: Musement's 403 is the state of a draft (provider's guide), which neither time nor a new token mends.
class Forbidden(ProviderError):
    """The provider answered 403, or the operator's settings refuse the request."""

    code = "FORBIDDEN"


class UpstreamTimeout(ProviderError):
    """No answer came within the call's time or the request's deadline."""

    code = "UPSTREAM_TIMEOUT"
    retryable = True


class NotAsked(UpstreamTimeout):
    """No call was made, for too little of the request's deadline was left: it says nothing about the provider."""


class UpstreamUnavailable(ProviderError):
    """The connection failed, the body was cut short, or the answer was 5xx."""

    code = "UPSTREAM_UNAVAILABLE"
    retryable = True


class UpstreamUntrusted(UpstreamUnavailable):
    """The connection was refused by us: the certificate is not trusted. Asking again at once cannot help."""


class CircuitOpen(UpstreamUnavailable):
    """No call was made, for those before it failed again and again: it says nothing new about the provider."""


# No provider documents a limit; clients of Forge met 429 all the same (observed).
class UpstreamRateLimited(ProviderError):
    """The provider answered 429, or our own budget for it is spent."""

    code = "UPSTREAM_RATE_LIMITED"
    retryable = True


class UpstreamUnauthorized(ProviderError):
    """The provider refused our credentials."""

    code = "UPSTREAM_UNAUTHORIZED"


class UpstreamRejected(ProviderError):
    """The provider refused the request as such (400 or another 4xx)."""

    code = "UPSTREAM_REJECTED"


class UpstreamBadResponse(ProviderError):
    """An answer came that cannot be read: not JSON, wrong shape, too large, wrong type, a redirect."""

    code = "UPSTREAM_BAD_RESPONSE"


class InvalidKey(ValueError):
    """A key, locale or filter value that must not leave in a URL. The message says what was wanted and what came."""
