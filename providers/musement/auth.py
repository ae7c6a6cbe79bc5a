"""Client credentials of Musement: one login for everybody, renewed before it expires."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus

import msgspec

from providers.auth import digest
from providers.call_record import CallRecord
from providers.calls import CallPolicy
from providers.errors import ProviderError, UpstreamBadResponse, UpstreamUnauthorized
from providers.outcomes import send_error, status_error
from providers.records import Provider
from providers.scope import CallScope
from providers.tracing import TraceHeaders
from providers.transport import BodyTooLarge, BodyUnreadable, Reply, SendFailed, Transport

_ROUTE = "POST /login"
# 400 too: it is the only refusal that the reference declares for a login.
_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
# Long enough not to hammer the login with wrong credentials, short enough to take up corrected ones.
_REFUSED_FOR_S = 30.0
# A token must outlive the call that carries it: an hour's one goes a minute early, a short one a tenth.
_LONGEST_MARGIN_S = 60.0
_MARGIN_SHARE = 0.1


class TokenWire(msgspec.Struct, frozen=True):
    """The answer of ``POST /login``."""

    access_token: str
    # What most tokens have (provider's guide), should an answer not tell.
    expires_in: float = 3600.0


class Token(msgspec.Struct, frozen=True):
    """A bearer token and the monotonic time from which a new one is wanted."""

    header: str
    renew_at: float


class Login:
    """A login in flight: it belongs to every call that waits for it, and ends with the last one that goes away."""

    def __init__(self, work: Coroutine[object, object, Token]) -> None:
        self.waiting = 0
        self.task = asyncio.create_task(work)
        self.task.add_done_callback(_retrieved)

    async def token(self) -> Token:
        """Wait for its token; being cancelled harms no other call."""
        self.waiting += 1
        try:
            return await asyncio.shield(self.task)
        finally:
            self.waiting -= 1
            if not self.waiting:
                self.task.cancel()


class ClientCredentials:
    """Adds ``Authorization`` from ``POST /login`` to the headers that every call carries.

    A refused login (400, 401, 403) is not tried again for 30 seconds.
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        headers: Mapping[str, str],
        transport: Transport,
        policy: CallPolicy,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = base_url.rstrip("/") + "/login"
        self._body = msgspec.json.encode(
            # Renewed by the same login: this grant's answer has no refresh token (provider's guide).
            {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
        )
        self._headers = dict(headers)
        self.identity = digest({**headers, "client_id": client_id, "client_secret": client_secret})
        self._transport = transport
        self._policy = policy
        self._clock = clock
        self._token: Token | None = None
        self._login: Login | None = None
        self._refused: tuple[float, ProviderError] | None = None

    async def headers(self, scope: CallScope) -> Mapping[str, str]:
        """Return the headers with a token that is still good."""
        return self.at_hand() or {
            **self._headers,
            "authorization": (await self._logged_in(scope)).header,
        }

    def at_hand(self) -> Mapping[str, str] | None:
        """Return the headers where a token is still good."""
        token = self._good_token()
        return None if token is None else {**self._headers, "authorization": token.header}

    def pending_route(self) -> str | None:
        """Name the login, where no token is good."""
        return None if self._good_token() else _ROUTE

    def _good_token(self) -> Token | None:
        token = self._token
        return token if token is not None and self._clock() < token.renew_at else None

    def refuse(self, headers: Mapping[str, str]) -> bool:
        """Forget the refused token, unless another call has renewed it already."""
        if self._token is not None and self._token.header == headers.get("authorization"):
            self._token = None
        return True

    async def _logged_in(self, scope: CallScope) -> Token:
        if self._refused is not None:
            until, error = self._refused
            if self._clock() < until:
                raise error.again()
            self._refused = None
        login = self._login
        if login is None or login.task.done():
            login = self._login = Login(self._log_in(scope))
        try:
            return await login.token()
        finally:
            if not login.waiting and self._login is login:
                self._login = None

    async def _log_in(self, scope: CallScope) -> Token:
        loop = asyncio.get_running_loop()
        started = loop.time()
        record = CallRecord(
            provider=Provider.MUSEMENT, route=_ROUTE, started_ms=(started - scope.began) * 1000, attempts=1
        )
        scope.calls.append(record)

        async def sent(trace: TraceHeaders) -> Reply:
            headers = {"accept": "application/json", "content-type": "application/json", **self._headers}
            # Past ProviderClient, which would ask these very credentials for headers first.
            reply = await self._transport.send(
                "POST",
                self._url,
                headers | dict(trace),
                self._body,
                timeout_s=self._policy.timeout_s,
                max_bytes=self._policy.max_bytes,
            )
            record.status = reply.status
            return reply

        try:
            reply = await (scope.tracer.traced(record, sent) if scope.tracer else sent(scope.trace_headers))
        except (TimeoutError, SendFailed, BodyTooLarge, BodyUnreadable) as failure:
            raise send_error(Provider.MUSEMENT, failure) from failure
        finally:
            record.ms = (loop.time() - started) * 1000
        self._token = self._read(reply)
        return self._token

    def _read(self, reply: Reply) -> Token:
        if reply.status in _REFUSED:
            error = UpstreamUnauthorized(
                Provider.MUSEMENT, f"refused the login with {reply.status}", status=reply.status
            )
            self._refused = (self._clock() + _REFUSED_FOR_S, error)
            raise error
        if reply.status != HTTPStatus.OK:
            raise status_error(Provider.MUSEMENT, reply)
        try:
            wire = msgspec.json.decode(reply.body, type=TokenWire, strict=False)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UpstreamBadResponse(Provider.MUSEMENT, "answered a login that cannot be read") from error
        # A line break in it would end the header early.
        if not wire.access_token.isprintable() or not wire.access_token.isascii():
            raise UpstreamBadResponse(Provider.MUSEMENT, "answered a login without a usable token")
        margin_s = min(_LONGEST_MARGIN_S, wire.expires_in * _MARGIN_SHARE)
        return Token(
            # With a capital B, as the page has it, whatever `token_type` says.
            header=f"Bearer {wire.access_token}",
            renew_at=self._clock() + max(0.0, wire.expires_in - margin_s),
        )


def _retrieved(task: asyncio.Task[Token]) -> None:
    # Read once, so that a failed login that nobody waits for any more is not reported as never retrieved.
    if not task.cancelled():
        task.exception()
