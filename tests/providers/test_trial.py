"""The fast way of sending is tried before it is used, and the slow one stands in for it."""

import sys

import pytest
from aiohttp.http_parser import DeflateBuffer
from structlog.testing import capture_logs

from providers.pool import Pool
from providers.pooled import PooledTransport
from providers.sending import TriedTransport
from providers.transport import Transport
from providers.trial import Trial, flaw
from providers.wire import Wire
from tests.providers.scripted import answer, scripted


async def test_the_pooled_transport_passes_with_the_aiohttp_that_is_installed() -> None:
    with capture_logs() as lines:
        assert await flaw(4) == ""
        winner = await Trial().winner(4)
    assert isinstance(winner, PooledTransport)
    assert lines == []


async def test_a_name_that_is_gone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "providers.pooled", None)
    assert "ModuleNotFoundError" in await flaw(4)


@pytest.mark.parametrize(
    ("owner", "name", "instead"),
    [
        (Wire, "data_received", lambda *_: None),
        (Wire, "expire", lambda *_: None),
        (Wire, "is_connected", lambda *_: False),
        (Pool, "connect", lambda *_: None),
        (Pool, "_release", lambda *_, **__: None),
        (DeflateBuffer, "feed_data", lambda *_: False),
    ],
)
async def test_what_behaves_in_another_way_is_found(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, instead: object
) -> None:
    monkeypatch.setattr("providers.trial._PATIENCE_S", 0.5)
    monkeypatch.setattr(owner, name, instead)
    assert await flaw(4) != ""


async def test_the_session_sends_where_the_trial_fails_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "providers.pooled", None)
    trial = Trial()
    transports: list[Transport] = [TriedTransport(2, trial) for _ in range(3)]
    with capture_logs() as lines:
        for each in transports:
            await each.open()
    assert [(line["event"], line["log_level"]) for line in lines] == [("transport_fell_back", "warning")]
    async with scripted([answer(b"one")]) as server:
        reply = await transports[0].send("GET", server.url, {}, None, timeout_s=5, max_bytes=99)
        assert reply.body == b"one"
    for each in transports:
        await each.close()


@pytest.mark.parametrize("is_open", [True, False])
async def test_calls_are_sent_opened_or_not(*, is_open: bool) -> None:
    transport = TriedTransport(2, Trial())
    if is_open:
        await transport.open()
    async with scripted([answer(b"one")]) as server:
        reply = await transport.send("GET", server.url, {}, None, timeout_s=5, max_bytes=99)
        assert reply.body == b"one"
        assert (b"accept: */*" in server.heads[0][0].lower()) is not is_open
    await transport.close()
