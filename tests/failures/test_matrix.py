"""Every fault of every provider, with and without a kept answer, alone and beside two healthy providers."""

import pytest

from providers.emulation.faults import NAMED_FAULTS
from tests.clock import HastyClock
from tests.failures.expectations import (
    CERTIFICATE,
    CODES,
    DEADLINE_S,
    NOT_COVERED,
    REFUSED,
    assert_failure,
    in_time,
    is_whole,
)
from tests.failures.subjects import SUBJECTS, Subject, query
from tests.graph import Graph, running_graph

on_every_provider = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.provider)
with_every_fault = pytest.mark.parametrize("fault", [fault for fault in CODES if fault != CERTIFICATE])
in_all_company = pytest.mark.parametrize("alone", [True, False], ids=["alone", "with_two_healthy"])


def _settings(subject: Subject, timeout_s: float) -> dict[str, str]:
    own = {"max_bytes": "300000", "timeout_s": str(timeout_s)}
    return {"deadline_s": str(DEADLINE_S)} | {f"{subject.segment}_{name}": text for name, text in own.items()}


def test_the_matrix_misses_no_fault_that_there_is() -> None:
    # A held answer is a right one that is late; links and certificates have modules of their own.
    apart = {"held", "hostile_next_url"}
    assert set(NAMED_FAULTS) - apart == set(CODES) - {REFUSED, CERTIFICATE}


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


@on_every_provider
@with_every_fault
@in_all_company
async def test_without_a_kept_answer(subject: Subject, fault: str, *, alone: bool) -> None:
    timeout_s = 0.4 if CODES[fault] == "UPSTREAM_TIMEOUT" else 4.0
    async with running_graph(HastyClock(), **_settings(subject, timeout_s)) as graph:
        subject.keys(graph)
        await _strike(fault, subject, graph)
        asked = (subject,) if alone else SUBJECTS
        reply = await in_time(graph, query(asked, graph))
        assert_failure(fault, subject, reply, subject.keys(graph)[0])
        assert all(is_whole(each, reply, "FRESH") for each in asked if each is not subject)
        await _recover(fault, subject, graph)
        assert is_whole(subject, await graph.query(query((subject,), graph, position=1)), "FRESH")


@on_every_provider
@with_every_fault
@in_all_company
async def test_with_a_stale_answer_kept(subject: Subject, fault: str, *, alone: bool) -> None:
    async with running_graph(HastyClock(), **_settings(subject, timeout_s=4.0)) as graph:
        asked = (subject,) if alone else SUBJECTS
        text = query(asked, graph)
        subject.emulator(graph).response_headers = {"Cache-Control": "max-age=0"}
        assert is_whole(subject, await graph.query(text), "FRESH")
        await _strike(fault, subject, graph)
        reply = await in_time(graph, text)
        assert is_whole(subject, reply, "STALE")
        assert reply.errors == []
        assert all(is_whole(each, reply, "FRESH") for each in asked if each is not subject)
        if fault in NOT_COVERED:
            # The stale answer came before the provider's refusal was known; after it, there is none.
            while is_whole(subject, reply):
                reply = await in_time(graph, text)
            assert_failure(fault, subject, reply, subject.keys(graph)[0])
        else:
            assert is_whole(subject, await in_time(graph, text), "STALE")
        await _recover(fault, subject, graph)
        assert is_whole(subject, await graph.query(query((subject,), graph, position=1)))
