"""Every fault of every provider, with and without a kept answer, alone and beside two healthy providers."""

import time
from collections.abc import Mapping

import pytest

from providers.emulation.faults import NAMED_FAULTS
from tests.clock import HastyClock
from tests.failures.subjects import SUBJECTS, Subject, query
from tests.graph import Graph, Reply, running_graph

REFUSED = "refused"
UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
BAD_RESPONSE = "UPSTREAM_BAD_RESPONSE"
CODES: Mapping[str, str | None] = {
    REFUSED: UNAVAILABLE,
    "reset": UNAVAILABLE,
    "cut": UNAVAILABLE,
    "hang": "UPSTREAM_TIMEOUT",
    "drip": "UPSTREAM_TIMEOUT",
    "server_error": UNAVAILABLE,
    "bad_gateway": UNAVAILABLE,
    "unavailable": UNAVAILABLE,
    "too_many_requests": "UPSTREAM_RATE_LIMITED",
    "too_many_requests_retry_after": "UPSTREAM_RATE_LIMITED",
    "unauthorized": "UPSTREAM_UNAUTHORIZED",
    "forbidden": "FORBIDDEN",
    "not_found": None,
    "empty_body": BAD_RESPONSE,
    "truncated": BAD_RESPONSE,
    "other_shape": BAD_RESPONSE,
    "wrong_content_type": BAD_RESPONSE,
    "nan": BAD_RESPONSE,
    "huge": BAD_RESPONSE,
    "gzip_bomb": BAD_RESPONSE,
    "redirect": BAD_RESPONSE,
    "invalid_utf8": BAD_RESPONSE,
}
STATUSES = {
    "server_error": 500,
    "bad_gateway": 502,
    "unavailable": 503,
    "too_many_requests": 429,
    "too_many_requests_retry_after": 429,
    "unauthorized": 401,
    "redirect": 302,
}
FINAL = {"UPSTREAM_UNAUTHORIZED", "FORBIDDEN", BAD_RESPONSE}
NOT_COVERED = {"unauthorized", "forbidden", "not_found"}
DEADLINE_S = 5.0

on_every_provider = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.provider)
with_every_fault = pytest.mark.parametrize("fault", CODES)
in_all_company = pytest.mark.parametrize("alone", [True, False], ids=["alone", "with_two_healthy"])


def _settings(subject: Subject, timeout_s: float) -> dict[str, str]:
    own = {"max_bytes": "300000", "timeout_s": str(timeout_s)}
    return {"deadline_s": str(DEADLINE_S)} | {f"{subject.segment}_{name}": text for name, text in own.items()}


def test_the_matrix_misses_no_fault_that_there_is() -> None:
    apart = {"held", "hostile_next_url"}
    assert set(NAMED_FAULTS) - apart == set(CODES) - {REFUSED}


async def _strike(fault: str, subject: Subject, graph: Graph) -> None:
    emulator = subject.emulator(graph)
    if fault == REFUSED:
        await emulator.stop()
    else:
        emulator.faults.add(NAMED_FAULTS[fault]())


async def _recover(fault: str, subject: Subject, graph: Graph) -> None:
    emulator = subject.emulator(graph)
    emulator.faults.clear()
    if fault == REFUSED:
        await emulator.restart()


def _is_whole(subject: Subject, reply: Reply, state: str | None = None) -> bool:
    item = subject.item(reply)
    if item is None or not item["title"] or item["freshness"] is None:
        return False
    return state is None or item["freshness"]["state"] == state


def _assert_failure(fault: str, subject: Subject, reply: Reply, key: str) -> None:
    code = CODES[fault]
    item = subject.item(reply)
    if code is None:
        assert item is None
        assert reply.errors == []
        return
    assert item == subject.ruin(key)
    assert {tuple(error["path"][:2]) for error in reply.errors} == {(subject.field, 0)}
    extensions = reply.errors[0]["extensions"]
    assert (extensions["code"], extensions["provider"]) == (code, subject.provider)
    if code != "FORBIDDEN":
        assert extensions["retryable"] is (code not in FINAL)
        assert extensions.get("upstreamStatus") == STATUSES.get(fault)
    assert extensions.get("retryAfterSeconds") == (1.0 if fault == "too_many_requests_retry_after" else None)


async def _in_time(graph: Graph, text: str) -> Reply:
    began = time.monotonic()
    reply = await graph.query(text)
    assert time.monotonic() - began < DEADLINE_S + 0.5
    return reply


@on_every_provider
@with_every_fault
@in_all_company
async def test_without_a_kept_answer(subject: Subject, fault: str, *, alone: bool) -> None:
    timeout_s = 0.4 if CODES[fault] == "UPSTREAM_TIMEOUT" else 4.0
    async with running_graph(HastyClock(), **_settings(subject, timeout_s)) as graph:
        subject.keys(graph)
        await _strike(fault, subject, graph)
        asked = (subject,) if alone else SUBJECTS
        reply = await _in_time(graph, query(asked, graph))
        _assert_failure(fault, subject, reply, subject.keys(graph)[0])
        assert all(_is_whole(each, reply, "FRESH") for each in asked if each is not subject)
        await _recover(fault, subject, graph)
        assert _is_whole(subject, await graph.query(query((subject,), graph, position=1)), "FRESH")


@on_every_provider
@with_every_fault
@in_all_company
async def test_with_a_stale_answer_kept(subject: Subject, fault: str, *, alone: bool) -> None:
    async with running_graph(HastyClock(), **_settings(subject, timeout_s=4.0)) as graph:
        asked = (subject,) if alone else SUBJECTS
        text = query(asked, graph)
        subject.emulator(graph).response_headers = {"Cache-Control": "max-age=0"}
        assert _is_whole(subject, await graph.query(text), "FRESH")
        await _strike(fault, subject, graph)
        reply = await _in_time(graph, text)
        assert _is_whole(subject, reply, "STALE")
        assert reply.errors == []
        assert all(_is_whole(each, reply, "FRESH") for each in asked if each is not subject)
        if fault in NOT_COVERED:
            # The stale answer came before the provider's refusal was known; after it, there is none.
            while _is_whole(subject, reply):
                reply = await _in_time(graph, text)
            _assert_failure(fault, subject, reply, subject.keys(graph)[0])
        else:
            assert _is_whole(subject, await _in_time(graph, text), "STALE")
        await _recover(fault, subject, graph)
        assert _is_whole(subject, await graph.query(query((subject,), graph, position=1)))
