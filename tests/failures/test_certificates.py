"""A provider whose certificate is not trusted is not spoken to, whatever is kept and whoever is beside it."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from tests.clock import HastyClock
from tests.failures.encrypted import Certificate, Front, make_certificate
from tests.failures.expectations import CERTIFICATE, DEADLINE_S, assert_failure, in_time, is_whole
from tests.failures.subjects import SUBJECTS, Subject, query
from tests.graph import Graph, running_graph

BASE_PATHS = {"MUSEMENT": "/api/v3"}

on_every_provider = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.provider)
in_all_company = pytest.mark.parametrize("alone", [True, False], ids=["alone", "with_two_healthy"])


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("trusted"), "trusted")


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("strange"), "strange")


@pytest.fixture(autouse=True)
def trust(trusted: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process trust the one certificate, as SSL_CERT_FILE would from the start."""
    context = ssl.create_default_context()
    context.load_verify_locations(trusted.path)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", context)


@asynccontextmanager
async def behind_tls(subject: Subject, shown: Certificate) -> AsyncIterator[tuple[Graph, Front]]:
    """Run a graph that reaches one of its providers through TLS."""
    front = Front()
    await front.present(shown)
    settings = {
        f"{subject.segment}_url": front.url + BASE_PATHS.get(subject.provider, ""),
        f"{subject.segment}_timeout_s": "4.0",
        "deadline_s": str(DEADLINE_S),
    }
    try:
        async with running_graph(HastyClock(), **settings) as graph:
            front.behind = urlsplit(subject.emulator(graph).origin).port or 0
            yield graph, front
    finally:
        await front.close()


@on_every_provider
@in_all_company
async def test_without_a_kept_answer(
    subject: Subject, trusted: Certificate, strange: Certificate, *, alone: bool
) -> None:
    async with behind_tls(subject, strange) as (graph, front):
        asked = (subject,) if alone else SUBJECTS
        reply = await in_time(graph, query(asked, graph))
        assert_failure(CERTIFICATE, subject, reply, subject.keys(graph)[0])
        assert all("certificate" in error["message"] for error in reply.errors)
        assert all(is_whole(each, reply, "FRESH") for each in asked if each is not subject)
        assert subject.emulator(graph).hits.count() == 0
        await front.present(trusted)
        assert is_whole(subject, await graph.query(query((subject,), graph, position=1)), "FRESH")


@on_every_provider
@in_all_company
async def test_with_a_stale_answer_kept(
    subject: Subject, trusted: Certificate, strange: Certificate, *, alone: bool
) -> None:
    async with behind_tls(subject, trusted) as (graph, front):
        asked = (subject,) if alone else SUBJECTS
        text = query(asked, graph)
        subject.emulator(graph).response_headers = {"Cache-Control": "max-age=0"}
        assert is_whole(subject, await graph.query(text), "FRESH")
        await front.present(strange)
        for _ in range(2):
            reply = await in_time(graph, text)
            assert is_whole(subject, reply, "STALE")
            assert reply.errors == []
            assert all(is_whole(each, reply, "FRESH") for each in asked if each is not subject)
        assert subject.emulator(graph).hits.count() == 1
        await front.present(trusted)
        assert is_whole(subject, await graph.query(text))
        await subject.emulator(graph).hits.arrived(2)
        await subject.emulator(graph).hits.idle()
