"""One call to one provider: URL, credentials, time, concurrency, error mapping and decoding."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from providers.auth import Credentials
from providers.call_record import CallRecord
from providers.errors import (
    Forbidden,
    NotConfigured,
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from providers.records import Answer, Origin, Provider
from providers.rehearsal import Rehearsal
from providers.scope import CallScope
from providers.transport import BodyTooLarge, BodyUnreadable, Reply, SendFailed, Transport

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

_GOOD = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request to a provider, without its credentials.

    ``route`` is the name in receipts and metrics; ``path`` and ``query`` are ready for the wire (build them with
    ``path_segment`` and ``query_string``).
    """

    route: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    skip: int | None = None
    limit: int | None = None


class Sample(msgspec.Struct, frozen=True):
    """How a call's answer is made up for a rehearsal, when it is asked for."""

    body: Callable[[], bytes]
    headers: tuple[tuple[str, str], ...] = ()


class CallPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of a provider's calls."""

    timeout_s: float = 5.0
    concurrency: int = 64
    max_bytes: int = 10 * 1024 * 1024
    fresh_s: float = 60.0


def path_segment(text: str) -> str:
    """Quote one segment whole, so that it can never become two or leave its place."""
    return quote(text, safe="")


def query_string(pairs: Iterable[tuple[str, str]]) -> str:
    """Encode pairs in order; ``$`` and ``:`` stay literal, since Forge ignores their encoded form."""
    return urlencode(list(pairs), safe="$:,")


class ProviderClient:
    """Makes the calls of one provider.

    ``missing`` names the settings without which no call is made: every call then raises NotConfigured.
    """

    def __init__(
        self,
        provider: Provider,
        base_url: str,
        credentials: Credentials,
        transport: Transport,
        policy: CallPolicy,
        *,
        missing: tuple[str, ...] = (),
    ) -> None:
        self.provider = provider
        self.policy = policy
        self.missing = missing
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._transport = transport
        self._slots = asyncio.Semaphore(policy.concurrency)

    async def get(
        self, call: Call, decode: Callable[[Reply, Origin], T], scope: CallScope, sample: Sample
    ) -> Answer[T]:
        """Make the call and decode its answer; a 404 is an answer without a value.

        In a rehearsal nothing is sent and the sample is the answer. Raises ProviderError, one class for each reason.
        """
        if self.missing:
            raise NotConfigured(self.provider, f"is not configured: set {' and '.join(self.missing)}")
        record = CallRecord(
            provider=self.provider,
            route=call.route,
            started_ms=(asyncio.get_running_loop().time() - scope.began) * 1000,
            skip=call.skip,
            limit=call.limit,
        )
        if scope.rehearsal is not None:
            return await self._rehearsed(record, decode, scope.rehearsal, sample)
        scope.calls.append(record)
        try:
            reply = await self._answered(call, scope, record)
            now = time.time()
            origin = Origin(stored_at=now, fresh_until=now + self.policy.fresh_s)
            return Answer(value=self._decoded(reply, origin, decode), origin=origin)
        finally:
            record.ms = (asyncio.get_running_loop().time() - scope.began) * 1000 - record.started_ms

    async def _rehearsed(
        self,
        record: CallRecord,
        decode: Callable[[Reply, Origin], T],
        rehearsal: Rehearsal,
        sample: Sample,
    ) -> Answer[T]:
        pending = self._credentials.pending_route()
        if pending is not None:
            rehearsal.note_once(
                CallRecord(provider=self.provider, route=pending, started_ms=record.started_ms)
            )
        await rehearsal.play(record)
        origin = Origin(stored_at=0.0, fresh_until=0.0)
        reply = Reply(status=HTTPStatus.OK, headers=dict(sample.headers), body=sample.body())
        return Answer(value=decode(reply, origin), origin=origin)

    async def _answered(self, call: Call, scope: CallScope, record: CallRecord) -> Reply:
        headers = await self._credentials.headers(scope)
        reply = await self._sent(call, headers, scope, record)
        if reply.status == HTTPStatus.UNAUTHORIZED and self._credentials.refuse(headers):
            reply = await self._sent(call, await self._credentials.headers(scope), scope, record)
        return reply

    async def _sent(
        self, call: Call, headers: Mapping[str, str], scope: CallScope, record: CallRecord
    ) -> Reply:
        url = f"{self._base_url}{call.path}{'?' if call.query else ''}{call.query}"
        sent = {"accept": "application/json", **headers, **dict(call.headers), **dict(scope.trace_headers)}
        left_s = scope.deadline - asyncio.get_running_loop().time()
        if left_s <= 0:
            raise UpstreamTimeout(self.provider, "was not asked: the request's deadline has passed")
        try:
            async with asyncio.timeout(left_s), self._slots:
                record.attempts += 1
                reply = await self._transport.send(
                    "GET",
                    url,
                    sent,
                    None,
                    timeout_s=self.policy.timeout_s,
                    max_bytes=self.policy.max_bytes,
                )
        except (TimeoutError, SendFailed, BodyTooLarge, BodyUnreadable) as failure:
            raise send_error(self.provider, failure) from failure
        record.status = reply.status
        return reply

    def _decoded(self, reply: Reply, origin: Origin, decode: Callable[[Reply, Origin], T]) -> T | None:
        if reply.status == HTTPStatus.NOT_FOUND:
            return None
        if reply.status not in _GOOD:
            raise status_error(self.provider, reply)
        media_type = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type and not (media_type.endswith(("/json", "+json"))):
            raise UpstreamBadResponse(self.provider, f"answered {media_type[:60]!r} instead of JSON")
        try:
            return decode(reply, origin)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise UpstreamBadResponse(
                self.provider, "answered JSON that cannot be read as documented"
            ) from error


def send_error(provider: Provider, failure: Exception) -> ProviderError:
    """Name the reason why no answer came."""
    if isinstance(failure, TimeoutError):
        return UpstreamTimeout(provider, "did not answer in time")
    if isinstance(failure, BodyTooLarge):
        return UpstreamBadResponse(provider, f"answered with {failure}")
    if isinstance(failure, BodyUnreadable):
        return UpstreamBadResponse(provider, f"answered what cannot be read ({failure})")
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
        return UpstreamUnavailable(provider, came, status=status)
    if status >= HTTPStatus.BAD_REQUEST:
        return UpstreamRejected(provider, f"{came}: it refused the request", status=status)
    return UpstreamBadResponse(provider, f"{came}, which no call expects", status=status)


def retry_after_s(header: str) -> float | None:
    """Read a ``Retry-After`` in seconds; None for an absent one, a date or nonsense."""
    return float(header) if _SECONDS.fullmatch(header) else None


async def by_key(
    keys: Iterable[K], fetch: Callable[[K], Awaitable[Answer[T]]]
) -> Mapping[K, Answer[T] | ProviderError]:
    """Run one call a key, all at once; a failure stands at its own key.

    The provider's concurrency limit bounds what is in flight.
    """

    async def one(key: K) -> Answer[T] | ProviderError:
        try:
            return await fetch(key)
        except ProviderError as error:
            return error

    distinct = list(dict.fromkeys(keys))
    answers = await asyncio.gather(*(one(key) for key in distinct))
    return dict(zip(distinct, answers, strict=True))
