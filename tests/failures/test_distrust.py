"""Providers are not believed: where they lead, how much they send, and who they say they are."""

import gc
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from providers.emulation import faults
from tests.failures.stranger import Stranger, running_stranger
from tests.failures.subjects import CLUB_MED, FORGE, MUSEMENT, SUBJECTS, Subject, query
from tests.graph import Graph, running_graph
from tests.world import PHOTOS

MAX_BYTES = 1_000_000
on_every_provider = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.provider)


@pytest.fixture
async def stranger() -> AsyncIterator[Stranger]:
    async with running_stranger() as somebody:
        yield somebody


@on_every_provider
async def test_a_redirect_is_not_followed(subject: Subject, graph: Graph, stranger: Stranger) -> None:
    subject.emulator(graph).faults.add(faults.redirect(stranger.url))
    reply = await graph.query(query((subject,), graph))
    assert {code for code, _ in reply.codes} == {"UPSTREAM_BAD_RESPONSE"}
    assert stranger.calls == 0


async def test_a_next_link_is_used_for_its_position_alone(graph: Graph, stranger: Stranger) -> None:
    whole = await graph.query("{ photos(first: 150) { nodes { slug } } }")
    graph.forge.faults.add(faults.hostile_next_url(f"{stranger.url}?$skip=100&$limit=100"))
    reply = await graph.query("{ photos(first: 149) { nodes { slug } } }")
    assert reply.errors == []
    assert reply.data["photos"]["nodes"] == whole.data["photos"]["nodes"][:149]
    assert stranger.calls == 0
    assert {hit.route for hit in graph.forge.hits.calls} == {PHOTOS}


@pytest.mark.parametrize(
    "next_url",
    ["", "::::", "http://[", "//", "http://x/?$skip=-1", "http://x/?$skip=1e9", "\\\\", "javascript:1"],
)
async def test_a_senseless_next_link_spoils_nothing(graph: Graph, next_url: str) -> None:
    graph.forge.faults.add(faults.hostile_next_url(next_url.replace("\\", "/")))
    reply = await graph.query("{ photos(first: 120) { nodes { slug } pageInfo { hasNextPage } } }")
    assert reply.errors == []
    assert len(reply.data["photos"]["nodes"]) >= 100


@pytest.mark.parametrize("fault", ["huge", "gzip_bomb"])
@on_every_provider
async def test_a_body_without_end_takes_no_more_memory_than_allowed(subject: Subject, fault: str) -> None:
    async with running_graph(**{f"{subject.segment}_max_bytes": str(MAX_BYTES)}) as graph:
        emulator, text = subject.emulator(graph), query((subject,), graph)
        emulator.faults.add(faults.NAMED_FAULTS[fault](), times=1)
        # The bomb itself is packed before the measuring begins.
        faults.gzip_bomb()
        await graph.query(query((subject,), graph, position=1))
        emulator.faults.add(faults.NAMED_FAULTS[fault]())
        gc.collect()
        tracemalloc.start()
        reply = await graph.query(text)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert {code for code, _ in reply.codes} == {"UPSTREAM_BAD_RESPONSE"}
        assert peak < 8 * MAX_BYTES


async def test_compressed_bodies_are_read(graph: Graph) -> None:
    for subject in SUBJECTS:
        subject.emulator(graph).gzip = True
    reply = await graph.query(query(SUBJECTS, graph))
    assert reply.errors == []
    for subject in SUBJECTS:
        sent = subject.emulator(graph).hits.calls[0].headers
        assert "gzip" in sent["accept-encoding"]


async def test_a_broken_compression_is_an_unusable_answer(graph: Graph) -> None:
    graph.clubmed.faults.add(
        faults.Fault(status=200, body=b"no gzip at all", headers={"Content-Encoding": "gzip"})
    )
    reply = await graph.query(query((CLUB_MED,), graph))
    assert {code for code, _ in reply.codes} == {"UPSTREAM_BAD_RESPONSE"}


@pytest.mark.parametrize("content_type", ["application/json", "application/problem+json; charset=utf-8", ""])
async def test_json_by_any_of_its_names_is_read(graph: Graph, content_type: str) -> None:
    graph.musement.faults.add(faults.Fault(content_type=content_type or None))
    assert (await graph.query(query((MUSEMENT,), graph))).errors == []


@pytest.mark.parametrize(
    "slug", ["..", ".", "a/b", "a%2Fb", "a\\b", "a\x00b", "a\nb", "a?b", "a#b", "%2e%2e", "\uff41", "a b"]
)
async def test_a_key_that_could_leave_its_place_in_a_path_is_refused_before_any_call(
    graph: Graph, slug: str
) -> None:
    reply = await graph.query(
        "query($s: ID!) { photo(slug: $s) { title } "
        "resortProduct(productId: $s) { title } activity(uuid: $s) { title } }",
        {"s": slug},
    )
    assert {code for code, _ in reply.codes} == {"BAD_USER_INPUT"}
    assert len(reply.errors) == 3
    assert graph.calls == {}


async def test_forge_is_named_by_its_own_url_alone(graph: Graph) -> None:
    await graph.query(query((FORGE,), graph))
    [hit] = graph.forge.hits.calls
    assert hit.raw_path.startswith("/v2/content/en-us/photos/")
