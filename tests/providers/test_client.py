"""One call: its URL, its credentials, its limits, and the reason behind everything that is no answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.client import (
    Ask,
    Call,
    CallPolicy,
    ProviderClient,
    Sample,
    path_segment,
    query_string,
)
from providers.emulation.faults import Fault, hang, unauthorized, unavailable
from providers.errors import (
    Forbidden,
    NotAsked,
    NotConfigured,
    ProviderError,
    UpstreamBadResponse,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from providers.forge.emulator import ForgeEmulator, create_emulator
from providers.outcomes import retry_after_s, status_error
from providers.records import Answer, Origin, Provider
from providers.scope import CallScope
from providers.transport import Reply
from tests.providers.calls import client_of, scope_of

CALL = Call(route="GET /photos", path="/v2/content/en-us/photos", query="$skip=0&$limit=1", skip=0, limit=1)
NO_SAMPLE = Sample(body=lambda: b"{}")


@pytest.fixture
async def forge() -> AsyncIterator[ForgeEmulator]:
    emulator = create_emulator()
    await emulator.start()
    yield emulator
    await emulator.stop()


def decode(reply: Reply, origin: Origin) -> object:
    del origin
    return msgspec.json.decode(reply.body)


async def get(client: ProviderClient, scope: CallScope | None = None, call: Call = CALL) -> Answer[object]:
    return await client.get(call, decode, scope or scope_of(), NO_SAMPLE)


def another(number: int) -> Call:
    return msgspec.structs.replace(CALL, query=f"$skip={number}&$limit=1")


class Renewable:
    """Credentials that can be renewed as often as wanted."""

    identity = "somebody"

    def __init__(self) -> None:
        self.version = 1
        self.refused: list[Mapping[str, str]] = []

    async def headers(self, scope: CallScope) -> Mapping[str, str]:
        del scope
        return {"x-key": f"v{self.version}"}

    def refuse(self, headers: Mapping[str, str]) -> bool:
        self.refused.append(headers)
        self.version += 1
        return True

    def at_hand(self) -> Mapping[str, str] | None:
        return None

    def pending_route(self) -> str | None:
        return None


_VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(_VALUES)
def test_a_segment_never_becomes_two_and_reads_back_as_it_was(text: str) -> None:
    segment = path_segment(text)
    assert set(segment).isdisjoint("/?#&;")
    assert unquote(segment) == text


@given(st.lists(st.tuples(st.sampled_from(["tags.slug", "$skip", "$sort", "_id"]), _VALUES)))
def test_a_query_keeps_its_pairs_and_their_order_and_a_literal_dollar(pairs: list[tuple[str, str]]) -> None:
    query = query_string(pairs)
    assert parse_qsl(query, keep_blank_values=True) == pairs
    assert query.isascii()
    assert all(name in query for name, _ in pairs)


async def test_an_answer_is_decoded_and_recorded(forge: ForgeEmulator) -> None:
    scope = scope_of(trace_headers=(("traceparent", "00-a-b-01"),))
    async with client_of(Provider.FORGE, forge.url + "/") as client:
        answer = await get(client, scope)
    assert isinstance(answer.value, dict)
    assert answer.value["pagination"]["maxItems"] == 100
    assert answer.origin.fresh_until >= answer.origin.stored_at
    (hit,) = forge.hits.calls
    assert hit.raw_path == "/v2/content/en-us/photos?$skip=0&$limit=1"
    assert (hit.headers["accept"], hit.headers["traceparent"]) == ("application/json", "00-a-b-01")
    (record,) = scope.calls
    assert (record.provider, record.route, record.skip, record.limit) == (Provider.FORGE, CALL.route, 0, 1)
    assert (record.attempts, record.status) == (1, 200)
    assert record.ms > 0


async def test_a_404_is_an_answer_without_a_value(forge: ForgeEmulator) -> None:
    async with client_of(Provider.FORGE, forge.url) as client:
        answer = await get(client, call=Call(route="r", path="/v2/content/xx/photos"))
    assert answer.value is None


async def test_without_its_settings_no_call_is_made(forge: ForgeEmulator) -> None:
    async with client_of(Provider.FORGE, forge.url, missing=("A_URL", "A_KEY")) as client:
        with pytest.raises(NotConfigured, match="A_URL and A_KEY"):
            await get(client)
    assert forge.hits.count() == 0


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (201, UpstreamBadResponse),
        (302, UpstreamBadResponse),
        (304, UpstreamBadResponse),
        (400, UpstreamRejected),
        (401, UpstreamUnauthorized),
        (402, UpstreamRejected),
        (403, Forbidden),
        (405, UpstreamRejected),
        (410, UpstreamRejected),
        (416, UpstreamRejected),
        (429, UpstreamRateLimited),
        (500, UpstreamUnavailable),
        (503, UpstreamUnavailable),
        (599, UpstreamUnavailable),
    ],
)
def test_every_status_has_its_reason_and_keeps_its_number(status: int, reason: type[ProviderError]) -> None:
    error = status_error(Provider.CLUB_MED, Reply(status=status, headers={}, body=b"a secret"))
    assert type(error) is reason
    assert (error.provider, error.status) == (Provider.CLUB_MED, status)
    assert str(error).startswith(f"CLUB_MED answered {status}")
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("Wed, 08 Oct 2025 07:28:00 GMT", 0.0),
        ("Wed, 99 Oct 2025 07:28:00 GMT", None),
        ("٣", None),
    ],
)
def test_a_time_to_wait_is_a_number_of_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_s(header) == seconds
    reply = Reply(status=429, headers={"retry-after": header}, body=b"")
    assert status_error(Provider.FORGE, reply).retry_after_s == seconds


def test_a_date_to_wait_for_is_so_many_seconds_away() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = retry_after_s(date)
    assert seconds is not None
    assert 85 < seconds <= 90


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/problem+json; charset=utf-8", "text/JSON", ""]
)
async def test_every_json_type_and_none_at_all_are_read(forge: ForgeEmulator, content_type: str) -> None:
    forge.faults.add(Fault(status=200, body=b"[1]", headers={"Content-Type": content_type}))
    async with client_of(Provider.FORGE, forge.url) as client:
        assert (await get(client)).value == [1]


@pytest.mark.parametrize(
    "content_type", ["text/html", "application/jsonp", "application/octet-stream", "json"]
)
async def test_another_type_is_a_bad_response(forge: ForgeEmulator, content_type: str) -> None:
    forge.faults.add(Fault(status=200, body=b"[1]", content_type=content_type))
    async with client_of(Provider.FORGE, forge.url) as client:
        with pytest.raises(UpstreamBadResponse, match="instead of JSON"):
            await get(client)


async def test_a_401_renews_the_credentials_once(forge: ForgeEmulator) -> None:
    credentials = Renewable()
    forge.faults.add(unauthorized(), times=1)
    scope = scope_of()
    async with client_of(Provider.FORGE, forge.url, credentials, CallPolicy(fresh_s=0)) as client:
        assert (await get(client, scope)).value
        assert [hit.headers["x-key"] for hit in forge.hits.calls] == ["v1", "v2"]
        assert scope.calls[0].attempts == 2
        forge.hits.clear()
        forge.faults.add(unauthorized())
        with pytest.raises(UpstreamUnauthorized):
            await get(client)
    assert forge.hits.count() == 2
    assert credentials.refused[0] == {"x-key": "v1"}


async def test_static_credentials_are_refused_at_the_first_401(forge: ForgeEmulator) -> None:
    forge.faults.add(unauthorized())
    async with client_of(Provider.FORGE, forge.url) as client:
        with pytest.raises(UpstreamUnauthorized):
            await get(client)
    assert forge.hits.count() == 1


async def test_no_more_calls_are_in_flight_than_allowed(forge: ForgeEmulator) -> None:
    forge.faults.add(Fault(hold=True))
    async with client_of(Provider.FORGE, forge.url, policy=CallPolicy(concurrency=3)) as client:
        calls = [asyncio.ensure_future(get(client, call=another(number))) for number in range(10)]
        await forge.hits.arrived(3)
        assert forge.hits.in_flight == 3
        forge.faults.release()
        await asyncio.gather(*calls)
    assert (forge.hits.count(), forge.hits.peak_in_flight) == (10, 3)


async def test_after_the_deadline_no_call_leaves(forge: ForgeEmulator) -> None:
    async with client_of(Provider.FORGE, forge.url) as client:
        with pytest.raises(UpstreamTimeout, match="was not asked"):
            await get(client, scope_of(deadline_s=-1))
    assert forge.hits.count() == 0


async def test_the_deadline_ends_a_call_and_one_that_waits_for_its_turn(forge: ForgeEmulator) -> None:
    async with client_of(Provider.FORGE, forge.url, policy=CallPolicy(concurrency=1)) as client:
        # The first call of a process takes longer than these two have.
        await get(client, call=another(2))
        forge.faults.add(hang())
        found = await asyncio.gather(
            get(client, scope_of(0.3)), get(client, scope_of(0.1), another(1)), return_exceptions=True
        )
    assert [type(each) for each in found] == [UpstreamTimeout, NotAsked]
    assert forge.hits.count() == 2


async def test_the_provider_s_own_time_ends_a_call(forge: ForgeEmulator) -> None:
    forge.faults.add(hang())
    async with client_of(Provider.FORGE, forge.url, policy=CallPolicy(timeout_s=0.05)) as client:
        with pytest.raises(UpstreamTimeout, match="did not answer in time"):
            await get(client)


async def test_many_keys_are_each_asked_once_and_fail_alone(forge: ForgeEmulator) -> None:
    forge.faults.add(unavailable(), match="$skip=2&")
    async with client_of(Provider.FORGE, forge.url) as client:
        found = await client.by_key(
            [1, 2, 1, 3], lambda key: Ask(another(key), decode, NO_SAMPLE), scope_of()
        )
    assert forge.hits.count() == 3
    assert list(found) == [1, 2, 3]
    assert isinstance(found[2], UpstreamUnavailable)
    one = found[1]
    assert isinstance(one, Answer)
    assert one.value


async def test_two_keys_that_come_to_one_call_share_it(forge: ForgeEmulator) -> None:
    scope = scope_of()
    async with client_of(Provider.FORGE, forge.url) as client:
        found = await client.by_key("ab", lambda _: Ask(CALL, decode, NO_SAMPLE), scope)
    assert forge.hits.count() == 1
    assert found["a"] == found["b"]
    assert [record.verdict for record in scope.calls] == ["MISS", "JOINED"]


def test_a_remembered_failure_is_raised_as_a_copy() -> None:
    error = UpstreamRateLimited(Provider.FORGE, "answered 429", status=429, retry_after_s=3)
    again = error.again()
    assert again is not error
    assert (type(again), str(again), again.status, again.retry_after_s) == (
        UpstreamRateLimited,
        str(error),
        429,
        3,
    )
