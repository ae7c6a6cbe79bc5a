"""Answers in parts: @defer and @stream in the two forms that clients read."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.emulation.faults import held
from server.multipart import CURRENT, OLDER, form_of
from tests.graph import Graph, Reply
from tests.live import serving

DEFERRED = """
query ($if: Boolean = true) {
  resortProduct(productId: "product-1") { title }
  ... @defer(if: $if, label: "photos") { photos(first: 2) { nodes { slug } } }
}
"""
STREAMED = '{ photos(first: 5) { nodes @stream(initialCount: 2, label: "rest") { slug } } }'
NEW = "multipart/mixed;incrementalSpec=v0.2, application/json"
OLD = "multipart/mixed;deferSpec=20220824, application/json"


def parts(reply: Reply) -> list[dict[str, Any]]:
    """Read the parts of a body as a client of multipart does."""
    assert reply.headers["content-type"].startswith('multipart/mixed; boundary="-"')
    nothing, *bodies = reply.body.decode().removesuffix("\r\n-----\r\n").split("\r\n---\r\n")
    assert nothing == ""
    found: list[dict[str, Any]] = [json.loads(body.partition("\r\n\r\n")[2]) for body in bodies]
    assert [part["hasNext"] for part in found] == [True] * (len(found) - 1) + [False]
    return found


async def whole(graph: Graph, query: str) -> Any:
    plain = query.replace('@defer(if: $if, label: "photos")', "").replace("($if: Boolean = true)", "")
    return (await graph.query(plain)).data


async def test_what_is_deferred_comes_later_by_the_id_of_what_was_pending(graph: Graph) -> None:
    first, *later = parts(await graph.query(DEFERRED, accept=NEW))
    expected = await whole(graph, DEFERRED)

    assert first["data"] == {"resortProduct": expected["resortProduct"]}
    assert first["pending"] == [{"id": "0", "path": [], "label": "photos"}]
    (part,) = [part for frame in later for part in frame.get("incremental", ())]
    assert part == {"id": "0", "data": {"photos": expected["photos"]}}
    assert [each for frame in later for each in frame.get("completed", ())] == [{"id": "0"}]


async def test_the_older_form_has_the_path_and_label_at_each_part(graph: Graph) -> None:
    first, *later = parts(await graph.query(DEFERRED, accept=OLD))
    expected = await whole(graph, DEFERRED)

    assert first == {"data": {"resortProduct": expected["resortProduct"]}, "hasNext": True}
    (part,) = [part for frame in later for part in frame.get("incremental", ())]
    assert part == {"path": [], "label": "photos", "data": {"photos": expected["photos"]}}


async def test_items_are_streamed_and_numbered_in_the_older_form(graph: Graph) -> None:
    first, *later = parts(await graph.query(STREAMED, accept=OLD))
    streamed = [part for frame in later for part in frame.get("incremental", ())]
    expected = (await graph.query("{ photos(first: 5) { nodes { slug } } }")).data["photos"]["nodes"]

    assert first["data"]["photos"]["nodes"] == expected[:2]
    assert [item for part in streamed for item in part["items"]] == expected[2:]
    assert streamed[0]["path"] == ["photos", "nodes", 2]
    assert streamed[0]["label"] == "rest"


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "", "*/*"])
async def test_a_client_that_reads_no_parts_is_told_so(graph: Graph, accept: str) -> None:
    reply = await graph.query(DEFERRED, accept=accept)

    assert (reply.status, reply.errors[0]["extensions"]["code"]) == (406, "BAD_REQUEST")
    assert graph.calls == {}


async def test_what_is_not_deferred_after_all_is_one_answer(graph: Graph) -> None:
    reply = await graph.query(DEFERRED, {"if": False}, accept="application/json")

    assert reply.status == 200
    assert reply.data == await whole(graph, DEFERRED)


async def test_a_batch_is_not_answered_in_parts(graph: Graph) -> None:
    body = json.dumps([{"query": DEFERRED}] * 2).encode()
    reply = await graph.send("POST", "/graphql", body, {"content-type": "application/json", "accept": NEW})

    assert reply.status == 406


async def test_errors_are_coded_in_every_part(graph: Graph) -> None:
    query = """{
      early: activity(uuid: "x") { title }
      ... @defer { late: photos(first: 900) { nodes { slug } } }
    }"""
    first, *later = parts(await graph.query(query, accept=NEW))
    (deferred,) = [part for frame in later for part in frame.get("incremental", ())]

    assert first["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert deferred["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert deferred["errors"][0]["path"] == ["late"]
    assert deferred["errors"][0]["extensions"]["requestId"]


async def test_a_failed_provider_fails_its_own_part_alone(graph: Graph) -> None:
    await graph.forge.stop()
    first, *later = parts(await graph.query(DEFERRED, accept=NEW))
    (deferred,) = [part for frame in later for part in frame.get("incremental", ())]

    assert first["data"]["resortProduct"]["title"]
    assert "errors" not in first
    assert deferred["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"


async def test_a_part_is_whole_for_its_reader_while_the_next_one_is_waited_for(graph: Graph) -> None:
    graph.forge.faults.add(held())
    body, read = {"query": DEFERRED}, b""
    async with (
        asyncio.timeout(5),
        serving(graph.app) as origin,
        aiohttp.ClientSession(headers={"accept": NEW}) as session,
        session.post(f"{origin}/graphql", json=body) as response,
    ):
        while not read.endswith(b"}\r\n---"):
            read += await response.content.readany()
        assert json.loads(read.split(b"\r\n\r\n")[1].removesuffix(b"\r\n---"))["hasNext"] is True
        graph.forge.faults.release()
        read += await response.content.read()
    assert read.endswith(b"\r\n-----\r\n")


async def test_no_cache_keeps_parts(graph: Graph) -> None:
    assert (await graph.query(DEFERRED, accept=NEW)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("multipart/mixed", CURRENT),
        ("multipart/mixed;incrementalSpec=v0.2", CURRENT),
        ("application/json, multipart/mixed; deferSpec=20220824;q=0.5", OLDER),
        ("multipart/mixed;q=0", None),
        ("multipart/mixed;incrementalSpec=v9", None),
        ("multipart/mixed;deferSpec=19990101", None),
        ("text/html", None),
    ],
)
def test_the_form_is_the_one_that_the_client_names(accept: str, form: str | None) -> None:
    assert form_of(accept) == form


@given(st.text(max_size=80))
def test_no_accept_breaks_the_choice_of_a_form(accept: str) -> None:
    assert form_of(accept) in {CURRENT, OLDER, None}
