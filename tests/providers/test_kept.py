"""Answers shared by all who want them: kept, renewed, joined in flight. A real server below."""

import asyncio

import pytest

from providers.client import CallPolicy
from providers.emulation import faults
from providers.emulation.faults import Fault
from providers.errors import (
    NotAsked,
    ProviderError,
    UpstreamRejected,
    UpstreamTimeout,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from providers.scope import CallScope
from tests.providers.toy import Thing, Toy, running_toy

FAILURES = ["reset", "cut", "server_error", "bad_gateway", "unavailable", "too_many_requests", "empty_body"]
UNUSABLE = ["truncated", "other_shape", "wrong_content_type", "nan", "redirect", "invalid_utf8"]
REFUSALS = {"unauthorized": 401, "forbidden": 403}


def verdicts(scope: CallScope) -> list[tuple[str, int]]:
    return [(record.verdict, record.attempts) for record in scope.calls]


async def test_an_answer_is_kept_while_it_is_fresh() -> None:
    async with running_toy() as toy:
        first, second = toy.scope(), toy.scope()
        await toy.ask("a", first)
        toy.clock.now += 60
        await toy.ask("a", second)
        assert toy.calls == 1
        assert (verdicts(first), verdicts(second)) == ([("MISS", 1)], [("HIT", 0)])
        assert second.calls[0].age_s == 60
        assert first.calls[0].status == 200


async def test_a_stale_answer_comes_at_once_with_one_renewal_for_all() -> None:
    async with running_toy() as toy:
        await toy.ask()
        toy.clock.now += 61
        toy.emulator.version = 2
        toy.emulator.faults.add(faults.held())
        scopes = [toy.scope() for _ in range(100)]
        answers = await asyncio.gather(*(toy.ask("a", scope) for scope in scopes))
        assert {answer.value.version for answer in answers if answer.value} == {1}
        assert {tuple(verdicts(scope)) for scope in scopes} == {(("STALE", 0),)}
        toy.emulator.faults.clear()
        await toy.renewed()
        assert toy.calls == 2
        assert await toy.version() == 2
        assert toy.calls == 2


async def test_a_hundred_clients_of_a_missing_entry_are_one_call() -> None:
    async with running_toy() as toy:
        scopes = [toy.scope() for _ in range(100)]
        answers = await asyncio.gather(*(toy.ask("a", scope) for scope in scopes))
        assert toy.calls == 1
        assert len({id(answer) for answer in answers}) == 1
        assert sorted(verdicts(scope)[0] for scope in scopes) == [("JOINED", 0)] * 99 + [("MISS", 1)]


async def test_an_answer_past_its_stale_time_is_asked_for_anew() -> None:
    async with running_toy(CallPolicy(stale_s=10)) as toy:
        await toy.ask()
        toy.clock.now += 70.1
        toy.emulator.version = 2
        assert await toy.version() == 2


@pytest.mark.parametrize("fault", FAILURES + UNUSABLE)
async def test_a_stale_answer_covers_a_failure_for_as_long_as_it_may_serve(fault: str) -> None:
    async with running_toy() as toy:
        await toy.ask()
        toy.emulator.faults.add(faults.NAMED_FAULTS[fault]())
        for _ in range(3):
            toy.clock.now += 20_000
            assert await toy.version() == 1
            await toy.renewed()
        toy.clock.now += 86_400
        with pytest.raises(ProviderError):
            await toy.ask()


async def test_a_stale_answer_covers_a_provider_that_refuses_connections() -> None:
    async with running_toy() as toy:
        await toy.ask()
        await toy.emulator.stop()
        toy.clock.now += 61
        assert await toy.version() == 1
        await toy.renewed()
        assert await toy.version() == 1
        await toy.renewed()
        with pytest.raises(UpstreamUnavailable, match="connection refused"):
            await toy.ask("b")


async def test_a_stale_answer_covers_an_open_circuit() -> None:
    async with running_toy(CallPolicy(retries=0, breaker_failures=2)) as toy:
        await toy.ask()
        toy.clock.now += 61
        toy.emulator.faults.add(faults.server_error())
        for _ in range(5):
            assert await toy.version() == 1
            await toy.renewed()
        assert toy.calls == 1 + 2
        assert toy.client.is_degraded
        with pytest.raises(UpstreamUnavailable, match="was not asked"):
            await toy.ask("b")
        toy.emulator.faults.clear()
        toy.clock.now += 10
        toy.emulator.version = 2
        await toy.ask()
        await toy.renewed()
        assert await toy.version() == 2
        assert not toy.client.is_degraded


@pytest.mark.parametrize("fault", REFUSALS)
async def test_a_refusal_ends_what_was_kept(fault: str) -> None:
    async with running_toy() as toy:
        await toy.ask()
        toy.clock.now += 61
        toy.emulator.faults.add(faults.NAMED_FAULTS[fault]())
        await toy.ask()
        await toy.renewed()
        with pytest.raises(ProviderError) as refusal:
            await toy.ask()
        assert refusal.value.status == REFUSALS[fault]


async def test_a_404_ends_what_was_kept_and_is_remembered_for_its_time() -> None:
    async with running_toy() as toy:
        await toy.ask()
        toy.clock.now += 61
        toy.emulator.faults.add(faults.not_found(), times=1)
        assert await toy.version() == 1
        await toy.renewed()
        assert await toy.version() is None
        assert toy.calls == 2
        toy.clock.now += 30.1
        assert await toy.version() == 1
        assert toy.calls == 3


async def test_a_failure_is_not_remembered() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.server_error(), times=1)
        with pytest.raises(UpstreamUnavailable):
            await toy.ask()
        assert await toy.version() == 1


@pytest.mark.parametrize("headers", [{"Cache-Control": "no-store"}, {"Cache-Control": "private, max-age=60"}])
async def test_what_may_not_be_stored_is_asked_for_each_time_and_still_joined(
    headers: dict[str, str],
) -> None:
    async with running_toy() as toy:
        toy.emulator.response_headers = headers
        await asyncio.gather(toy.ask(), toy.ask(), toy.ask())
        assert toy.calls == 1
        await toy.ask()
        assert toy.calls == 2


async def test_a_freshness_of_nought_keeps_nothing_and_still_joins() -> None:
    async with running_toy(CallPolicy(fresh_s=0)) as toy:
        toy.emulator.response_headers = {"Cache-Control": "max-age=600"}
        scopes = [toy.scope(), toy.scope()]
        await asyncio.gather(*(toy.ask("a", scope) for scope in scopes))
        assert sorted(verdicts(scope)[0] for scope in scopes) == [("JOINED", 0), ("MISS", 1)]
        await toy.ask()
        assert toy.calls == 2
        assert toy.client.kept_bytes == 0


async def test_what_may_no_longer_be_stored_drives_out_what_was() -> None:
    async with running_toy() as toy:
        await toy.ask()
        toy.clock.now += 61
        toy.emulator.response_headers = {"Cache-Control": "no-store"}
        await toy.ask()
        await toy.renewed()
        assert toy.client.kept_bytes == 0


@pytest.mark.parametrize("only", ["ETag", "Last-Modified"])
async def test_a_validator_renews_without_a_body(only: str) -> None:
    async with running_toy() as toy:
        toy.emulator.validators = True
        toy.emulator.response_headers = {"Last-Modified" if only == "ETag" else "ETag": ""}
        before = await toy.ask()
        toy.clock.now += 61
        await toy.ask()
        await toy.renewed()
        sent = toy.emulator.hits.calls[-1].headers
        assert ("if-none-match" in sent, "if-modified-since" in sent) == (only == "ETag", only != "ETag")
        scope = toy.scope()
        after = await toy.ask("a", scope)
        assert verdicts(scope) == [("HIT", 0)]
        assert after.value is before.value
        assert after.origin.stored_at == toy.clock.now
        assert toy.calls == 2


async def test_a_304_that_nobody_asked_for_is_no_answer() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(Fault(status=304, body=b""))
        with pytest.raises(ProviderError, match="304"):
            await toy.ask()


async def test_one_waiters_cancellation_leaves_the_call_to_the_others() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.held())
        first = asyncio.create_task(toy.ask())
        await toy.emulator.hits.arrived(1)
        others = [asyncio.create_task(toy.ask()) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        toy.emulator.faults.clear()
        assert [answer.value is not None for answer in await asyncio.gather(*others)] == [True] * 3
        assert toy.calls == 1


async def test_a_call_that_nobody_waits_for_any_more_is_closed() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.hang())
        waiting = [asyncio.create_task(toy.ask()) for _ in range(3)]
        await toy.emulator.hits.arrived(1)
        for task in waiting:
            task.cancel()
        async with asyncio.timeout(0.2):
            await toy.emulator.hits.idle()
        assert toy.client.in_flight == 0


async def test_who_comes_after_the_last_waiter_left_makes_a_call_of_its_own() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.hang(), times=1)
        waiting = asyncio.create_task(toy.ask())
        await toy.emulator.hits.arrived(1)
        waiting.cancel()
        await asyncio.sleep(0)
        assert await toy.version() == 1
        assert toy.calls == 2


async def test_a_failure_in_flight_is_told_to_each_waiter_by_a_copy_of_its_own() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.server_error())
        failures = await asyncio.gather(*(toy.ask() for _ in range(3)), return_exceptions=True)
        assert {type(failure) for failure in failures} == {UpstreamUnavailable}
        assert len({id(failure) for failure in failures}) == 3


async def test_a_request_waits_no_longer_than_its_deadline() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.hang())
        with pytest.raises(UpstreamTimeout):
            await toy.ask("a", toy.scope(deadline_s=0.05))
        async with asyncio.timeout(0.2):
            await toy.emulator.hits.idle()


async def test_a_patient_waiter_keeps_a_call_in_flight_beyond_the_first_ones_deadline() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.held())
        hasty = asyncio.create_task(toy.ask("a", toy.scope(deadline_s=0.05)))
        await toy.emulator.hits.arrived(1)
        patient = asyncio.create_task(toy.ask())
        with pytest.raises(UpstreamTimeout):
            await hasty
        toy.emulator.faults.clear()
        answer = await patient
        assert answer.value is not None
        assert toy.calls == 1


async def test_a_call_has_no_longer_than_its_own_time() -> None:
    async with running_toy(CallPolicy(timeout_s=0.05)) as toy:
        toy.emulator.faults.add(faults.hang())
        scope = toy.scope()
        with pytest.raises(UpstreamTimeout):
            await toy.ask("a", scope)
        assert verdicts(scope) == [("MISS", 1)]


async def test_a_call_is_not_started_with_less_time_left_than_it_usually_takes() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.slow(0.06), times=1)
        await toy.ask()
        scope = toy.scope(deadline_s=0.03)
        with pytest.raises(NotAsked):
            await toy.ask("b", scope)
        assert verdicts(scope) == [("MISS", 0)]
        assert toy.calls == 1


async def test_calls_that_differ_in_anything_share_nothing() -> None:
    async with running_toy() as toy:
        await asyncio.gather(toy.ask("a"), toy.ask("b"))
        assert toy.calls == 2


async def test_a_failed_call_is_tried_again_and_its_record_tells() -> None:
    async with running_toy(CallPolicy()) as toy:
        toy.emulator.faults.add(faults.unavailable(), times=2)
        scope = toy.scope()
        await toy.ask("a", scope)
        assert verdicts(scope) == [("MISS", 3)]
        assert len(toy.clock.pauses) == 2


async def test_a_403_is_never_tried_again() -> None:
    async with running_toy(CallPolicy()) as toy:
        toy.emulator.faults.add(faults.forbidden())
        with pytest.raises(ProviderError):
            await toy.ask()
        assert toy.calls == 1


async def test_a_401_without_other_credentials_is_final() -> None:
    async with running_toy(CallPolicy()) as toy:
        toy.emulator.faults.add(faults.unauthorized())
        with pytest.raises(UpstreamUnauthorized):
            await toy.ask()
        assert toy.calls == 1


async def test_other_refusals_are_not_kept() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(Fault(status=400), times=1)
        with pytest.raises(UpstreamRejected):
            await toy.ask()
        assert await toy.version() == 1


async def test_a_purge_forgets_what_is_kept_and_what_is_in_flight() -> None:
    async with running_toy() as toy:
        await asyncio.gather(toy.ask("a"), toy.ask("b"))
        assert toy.client.purge("FORGE:Thing:a") == 1
        toy.emulator.faults.add(faults.held(), times=1)
        before = asyncio.create_task(toy.version())
        await toy.emulator.hits.arrived(3)
        toy.client.purge("FORGE:Thing:a")
        toy.emulator.version = 2
        assert await toy.version() == 2
        toy.emulator.faults.clear()
        assert await before is not None
        assert await toy.version() == 2
        assert toy.calls == 4
        assert await toy.version("b") == 1


async def test_closing_tells_those_who_wait_and_leaves_nothing_open() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(faults.hang())
        waiting = asyncio.create_task(toy.ask())
        await toy.emulator.hits.arrived(1)
        await toy.client.close()
        with pytest.raises(UpstreamUnavailable):
            await waiting
        await toy.emulator.hits.idle()


async def test_a_finished_call_leaves_no_task_behind() -> None:
    async def round_of_calls(toy: Toy) -> int:
        await asyncio.gather(*(toy.ask(str(number)) for number in range(20)))
        toy.client.purge("FORGE")
        return len(asyncio.all_tasks())

    async with running_toy() as toy:
        # The server has a task for each connection that is kept; the second round opens no more of them.
        first = await round_of_calls(toy)
        assert await round_of_calls(toy) <= first
        assert toy.client.in_flight == 0


async def test_a_404_has_no_validator_that_could_bring_it_back_as_an_answer() -> None:
    async with running_toy() as toy:
        toy.emulator.faults.add(Fault(status=404, headers={"ETag": '"absent"'}), times=1)
        assert await toy.version() is None
        toy.clock.now += 31
        assert await toy.version() == 1
        assert "if-none-match" not in toy.emulator.hits.calls[-1].headers


async def test_a_clock_that_was_put_back_makes_nothing_fresh_for_longer() -> None:
    async with running_toy() as toy:
        await toy.ask()
        toy.clock.now -= 3600
        toy.emulator.version = 2
        scope = toy.scope()
        await toy.ask("a", scope)
        assert verdicts(scope) == [("STALE", 0)]
        await toy.renewed()
        scope = toy.scope()
        assert (await toy.ask("a", scope)).value == Thing(name="a", version=2)
        assert verdicts(scope) == [("HIT", 0)]
        assert toy.calls == 2


async def test_a_body_that_changed_is_taken_instead_of_a_renewal() -> None:
    async with running_toy() as toy:
        toy.emulator.validators = True
        await toy.ask()
        toy.clock.now += 61
        toy.emulator.version = 2
        await toy.ask()
        await toy.renewed()
        assert "if-none-match" in toy.emulator.hits.calls[-1].headers
        assert await toy.version() == 2


@pytest.mark.parametrize(
    "validator", [b"ETag: \xff", b'ETag: "\xc3\xa9"', b"Last-Modified: \xe2\x82\xac\xff"]
)
async def test_a_validator_that_could_not_be_sent_back_is_none(validator: bytes) -> None:
    body = b'{"name": "a", "version": 1}'
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n%s\r\n" % validator
        writer.write(head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, running_toy(url=url) as toy:
        await toy.ask()
        toy.clock.now += 61
        await toy.ask()
        await toy.renewed()
        scope = toy.scope()
        assert (await toy.ask("a", scope)).value == Thing(name="a", version=1)
        assert verdicts(scope) == [("HIT", 0)]
        assert len(asked) == 2
        assert b"if-" not in asked[1].lower()
