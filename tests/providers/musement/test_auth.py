"""Logging in to Musement: once for everybody, again before it is too late, and not again where it was refused."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from providers.client import CallPolicy
from providers.emulation.faults import Fault, hang, reset, unavailable
from providers.errors import (
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from providers.musement.auth import ClientCredentials
from providers.musement.emulator import MusementEmulator, create_emulator
from providers.transport import SessionTransport
from tests.providers.calls import scope_of

HEADERS = {"x-musement-application": "tests", "x-musement-version": "3.4.0"}
LOGIN = "POST /login"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def musement() -> AsyncIterator[MusementEmulator]:
    emulator = create_emulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def credentials(musement: MusementEmulator, clock: Clock) -> AsyncIterator[ClientCredentials]:
    transport = SessionTransport(8)
    yield ClientCredentials(
        musement.url + "/",
        "sandbox-client",
        "sandbox-secret",
        HEADERS,
        transport,
        CallPolicy(timeout_s=0.2),
        clock=clock,
    )
    await transport.close()


async def token(credentials: ClientCredentials) -> str:
    return (await credentials.headers(scope_of()))["authorization"]


async def test_a_login_sends_the_client_credentials_and_the_application(
    musement: MusementEmulator, credentials: ClientCredentials
) -> None:
    headers = await credentials.headers(scope_of())
    (hit,) = musement.hits.calls
    assert (hit.route, hit.raw_path) == (LOGIN, "/api/v3/login")
    assert msgspec.json.decode(hit.body) == {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "grant_type": "client_credentials",
    }
    assert hit.headers["content-type"] == "application/json"
    assert hit.headers["x-musement-application"] == "tests"
    assert "authorization" not in hit.headers
    assert headers == {**HEADERS, "authorization": headers["authorization"]}
    assert headers["authorization"].startswith("Bearer ")


async def test_ten_callers_share_one_login(
    musement: MusementEmulator, credentials: ClientCredentials
) -> None:
    tokens = await asyncio.gather(*(token(credentials) for _ in range(10)))
    assert len(set(tokens)) == 1
    assert await token(credentials) == tokens[0]
    assert musement.hits.count(LOGIN) == 1


async def test_the_login_stands_in_the_receipt_of_the_request_that_caused_it(
    credentials: ClientCredentials,
) -> None:
    first, second = scope_of(), scope_of()
    await asyncio.gather(credentials.headers(first), credentials.headers(second))
    assert [(record.route, record.status) for record in first.calls] == [(LOGIN, 200)]
    assert second.calls == []


async def test_a_caller_that_gives_up_leaves_the_login_to_the_others(
    musement: MusementEmulator, credentials: ClientCredentials
) -> None:
    musement.faults.add(Fault(hold=True))
    leaving = asyncio.ensure_future(token(credentials))
    staying = asyncio.ensure_future(token(credentials))
    await musement.hits.arrived(1)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    musement.faults.release()
    assert (await staying).startswith("Bearer ")
    assert musement.hits.count(LOGIN) == 1


@pytest.mark.parametrize(("expires_in", "good_s"), [(3600, 3540), (100, 90), (10, 9)])
async def test_a_token_is_renewed_before_it_expires(
    musement: MusementEmulator, credentials: ClientCredentials, clock: Clock, expires_in: int, good_s: int
) -> None:
    musement.expires_in = expires_in
    first = await token(credentials)
    clock.now += good_s - 0.5
    assert await token(credentials) == first
    clock.now += 0.5
    assert await token(credentials) != first
    assert musement.hits.count(LOGIN) == 2


async def test_a_token_that_a_call_found_refused_is_renewed_once(
    musement: MusementEmulator, credentials: ClientCredentials
) -> None:
    old = await credentials.headers(scope_of())
    assert credentials.refuse(old) is True
    new = await asyncio.gather(*(token(credentials) for _ in range(5)))
    assert {*new} != {old["authorization"]}
    assert musement.hits.count(LOGIN) == 2
    # A slower call comes back with the old token: the new one is not to be thrown away for it.
    assert credentials.refuse(old) is True
    assert await token(credentials) == new[0]
    assert musement.hits.count(LOGIN) == 2


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_login_is_remembered_for_thirty_seconds(
    musement: MusementEmulator, credentials: ClientCredentials, clock: Clock, status: int
) -> None:
    musement.faults.add(Fault(status=status), route=LOGIN, times=1)
    with pytest.raises(UpstreamUnauthorized, match=f"refused the login with {status}") as first:
        await token(credentials)
    clock.now += 29.9
    with pytest.raises(UpstreamUnauthorized) as second:
        await token(credentials)
    assert second.value is not first.value
    assert second.value.status == status
    assert musement.hits.count(LOGIN) == 1
    clock.now += 0.2
    assert (await token(credentials)).startswith("Bearer ")
    assert musement.hits.count(LOGIN) == 2


async def test_waiting_callers_all_learn_that_the_login_was_refused(
    musement: MusementEmulator, credentials: ClientCredentials
) -> None:
    musement.faults.add(Fault(status=401), route=LOGIN)
    found = await asyncio.gather(*(token(credentials) for _ in range(5)), return_exceptions=True)
    assert [type(each) for each in found] == [UpstreamUnauthorized] * 5
    assert musement.hits.count(LOGIN) == 1


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (unavailable(), UpstreamUnavailable),
        (reset(), UpstreamUnavailable),
        (hang(), UpstreamTimeout),
        (Fault(status=429), UpstreamRateLimited),
        (Fault(status=200, body=b"{}"), UpstreamBadResponse),
        (Fault(status=200, body=b"nonsense"), UpstreamBadResponse),
        (Fault(status=200, body=b'{"access_token": "a\\r\\nb"}'), UpstreamBadResponse),
        (Fault(status=302, body=b"", headers={"Location": "http://127.0.0.1:9/"}), UpstreamBadResponse),
    ],
)
async def test_a_login_that_failed_otherwise_has_its_reason_and_is_tried_again(
    musement: MusementEmulator, credentials: ClientCredentials, fault: Fault, reason: type[ProviderError]
) -> None:
    musement.faults.add(fault, route=LOGIN, times=1)
    with pytest.raises(reason) as failed:
        await token(credentials)
    assert "secret" not in str(failed.value)
    assert (await token(credentials)).startswith("Bearer ")


async def test_a_token_without_a_lifetime_lives_an_hour(
    musement: MusementEmulator, credentials: ClientCredentials, clock: Clock
) -> None:
    musement.faults.add(Fault(status=200, body=b'{"access_token": "t"}'), route=LOGIN, times=1)
    assert await token(credentials) == "Bearer t"
    clock.now += 3500
    assert await token(credentials) == "Bearer t"
