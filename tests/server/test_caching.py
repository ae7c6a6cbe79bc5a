"""What browsers and caches between may keep, and how they ask whether it is still good."""

import gzip
import json
import sys
from typing import Any
from urllib.parse import quote

import brotli
import pytest
from starlette.requests import Request
from starlette.responses import Response

from providers.call_record import CallRecord
from providers.records import Origin, Provider
from server.audience import Audience
from server.caching import Reuse, Validator, Validators, caching_headers, reuse_of, unless_known
from server.compression import coding_of
from server.operations.hints import Hint
from tests.graph import Graph, running_graph

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TITLES = "{ photos(first: 30) { nodes { slug title image { url } } } }"
PATH = f"/graphql?query={quote(TITLES)}"


def call(stored_at: float, fresh_until: float) -> CallRecord:
    origin = Origin(stored_at=stored_at, fresh_until=fresh_until)
    return CallRecord(provider=Provider.FORGE, route="GET /", started_ms=0, origin=origin)


ANYBODY = Audience("Accept", is_private=False)
FAILED = CallRecord(provider=Provider.FORGE, route="GET /", started_ms=0)


@pytest.mark.parametrize(
    ("calls", "answer", "reuse"),
    [
        ([], {"data": {}}, Reuse(0, 60)),
        ([call(100, 160)], {"data": {}}, Reuse(0, 60)),
        ([call(60, 160), call(90, 110)], {"data": {}}, Reuse(40, 10)),
        ([call(60, 99)], {"data": {}}, None),
        ([call(100, 100)], {"data": {}}, None),
        ([call(100, 160), FAILED], {"data": {}}, None),
        ([call(100, 160)], {"data": {}, "errors": []}, None),
        ([call(100, 160)], {"data": {}, "extensions": {"warnings": []}}, None),
    ],
)
def test_an_answer_is_good_for_as_long_as_its_shortest_part(
    calls: list[CallRecord], answer: dict[str, Any], reuse: Reuse | None
) -> None:
    assert reuse_of(calls, answer, 100.0) == reuse


async def test_an_answer_says_how_long_it_is_good_and_is_not_sent_twice(graph: Graph) -> None:
    first = await graph.send("GET", PATH)
    graph.forget_calls()
    second = await graph.send("GET", PATH, headers={"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] in {"public, max-age=60", "public, max-age=59"}
    assert first.headers["age"] == "0"
    assert (second.status, second.body) == (304, b"")
    assert second.headers["etag"] == first.headers["etag"]
    assert graph.calls == {}


async def test_a_tag_of_another_question_is_no_answer(graph: Graph) -> None:
    tag = (await graph.send("GET", PATH)).headers["etag"]
    french = await graph.send("GET", PATH, headers={"if-none-match": tag, "accept-language": "fr-FR"})
    other = await graph.send("GET", "/graphql?query={__typename}", headers={"if-none-match": tag})

    assert (french.status, other.status) == (200, 200)


async def test_what_failed_in_part_is_kept_by_nobody(graph: Graph) -> None:
    reply = await graph.query('{ photos(first: 1) { nodes { slug } } activity(uuid: "x") { title } }')

    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers


@pytest.mark.parametrize(
    ("hint", "reuse"),
    [
        (Hint(), Reuse(0, 60)),
        (Hint(20), Reuse(0, 20)),
        (Hint(90), Reuse(0, 60)),
        (Hint(0), None),
        (Hint(None, is_private=True), Reuse(0, 60, is_private=True)),
    ],
)
def test_a_hint_of_the_schema_only_ever_shortens(hint: Hint, reuse: Reuse | None) -> None:
    assert reuse_of([call(100, 160)], {"data": {}}, 100.0, hint) == reuse


def test_what_the_schema_calls_private_is_kept_by_its_client_alone() -> None:
    headers = caching_headers(Reuse(0, 60, is_private=True), '"tag"', ANYBODY)

    assert headers["cache-control"] == "private, max-age=60"
    assert "x-accel-expires" not in headers


@pytest.mark.parametrize(
    ("query", "most"),
    [
        ("{ activity(uuid: $u) { title } }", 3600),
        ("{ activity(uuid: $u) { title status } }", 60),
        ("{ activity(uuid: $u) { title freshness { state } } }", 5),
        ("{ activity(uuid: $u) { photos { nodes { slug } } } }", 300),
    ],
)
async def test_the_strictest_part_counts_what_the_schema_says_of_it(query: str, most: int) -> None:
    uuid = '"f8588839-c993-491d-97cc-a96f03dfb144"'
    path = f"/graphql?query={quote(query.replace('$u', uuid))}"
    async with running_graph(musement_fresh_s="3600", forge_fresh_s="3600") as graph:
        reply = await graph.send("GET", path)

    assert reply.headers["cache-control"] in {f"public, max-age={most}", f"public, max-age={most - 1}"}


async def test_what_needs_a_key_is_for_its_client_alone() -> None:
    async with running_graph(client_keys="shop=planted-key-of-the-shop") as graph:
        reply = await graph.send("GET", PATH, headers={"x-api-key": "planted-key-of-the-shop"})

    assert reply.headers["cache-control"].startswith("private, ")
    assert "X-Api-Key" in reply.headers["vary"]


async def test_answers_vary_by_what_they_depend_on(graph: Graph) -> None:
    reply = await graph.query(TITLES)

    wanted = "Accept, Accept-Language, Apollo-Federation-Include-Trace, Accept-Encoding"
    assert reply.headers["vary"] == wanted


def test_a_tag_is_good_until_its_answer_is_not() -> None:
    now = [100.0]
    validators = Validators(lambda: now[0])
    validators.remember("question", Validator('"tag"', is_coded=True, reuse=Reuse(5, 10)))
    headers = [(b"if-none-match", b'W/"old", "tag-br"'), (b"accept-encoding", b"br")]
    asked = Request({"type": "http", "method": "GET", "headers": headers})
    at_once = validators.unchanged("question", asked)
    now[0] = 109.0
    later = validators.unchanged("question", asked)
    now[0] = 110.0

    assert at_once == Validator('"tag"', is_coded=True, reuse=Reuse(5, 10))
    assert later == Validator('"tag"', is_coded=True, reuse=Reuse(14, 1))
    assert validators.unchanged("question", asked) is None


@pytest.mark.parametrize(
    ("method", "named", "status"),
    [
        ("GET", '"tag"', 304),
        ("HEAD", 'W/"tag", "other"', 304),
        ("GET", '"tag-zstd"', 200),
        ("GET", "*", 304),
        ("HEAD", " * ", 304),
        ("POST", "*", 200),
        ("GET", '"other"', 200),
        ("GET", "", 200),
        ("POST", '"tag"', 200),
    ],
)
def test_an_answer_that_turns_out_to_be_known_is_not_sent_again(method: str, named: str, status: int) -> None:
    headers = [(b"if-none-match", named.encode())]
    asked = Request({"type": "http", "method": method, "headers": headers})
    answer = unless_known(asked, Response(b"{}", headers={"etag": '"tag"', "cache-control": "public"}))

    assert (answer.status_code, answer.body == b"") == (status, status == 304)
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('"tag"', "public")


async def test_nginx_is_told_what_is_left_for_it_does_not_read_the_age() -> None:
    async with running_graph(client_keys="shop=planted-key-of-the-shop") as graph:
        private = await graph.send("GET", PATH, headers={"x-api-key": "planted-key-of-the-shop"})

    assert caching_headers(Reuse(40, 10), '"tag"', ANYBODY)["x-accel-expires"] == "10"
    assert "x-accel-expires" not in private.headers


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("gzip, br", "br"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0, br", "br"),
        ("ZSTD;Q=0.9, br;q=0.8", "zstd"),
        ("*", "zstd"),
        ("*;q=0", None),
        ("*;q=0, gzip", "gzip"),
        ("zstd;q=0, *;q=0.1", "br"),
        ("gzip;q=0.5, identity", None),
        ("gzip, identity", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("identity;q=0", None),
        ("gzip;q=nonsense", "gzip"),
    ],
)
def test_the_coding_is_the_one_that_weighs_most(accept_encoding: str, coding: str | None) -> None:
    assert coding_of(accept_encoding) == coding


async def test_a_large_answer_is_compressed_and_its_tag_is_another(graph: Graph) -> None:
    plain = await graph.send("GET", PATH)
    small = await graph.send("GET", PATH, headers={"accept-encoding": "gzip"})
    smaller = await graph.send("GET", PATH, headers={"accept-encoding": "br"})
    fastest = await graph.send("GET", PATH, headers={"accept-encoding": "gzip, deflate, br, zstd"})
    named = {"if-none-match": fastest.headers["etag"], "accept-encoding": "zstd"}
    again = await graph.send("GET", PATH, headers=named)

    assert fastest.headers["content-encoding"] == "zstd"
    assert gzip.decompress(small.body) == brotli.decompress(smaller.body) == plain.body
    assert zstd.decompress(fastest.body) == plain.body
    assert max(len(smaller.body), len(fastest.body)) < len(plain.body) / 2
    assert len({reply.headers["etag"] for reply in (plain, small, smaller, fastest)}) == 4
    assert (again.status, again.headers["etag"]) == (304, fastest.headers["etag"])
    assert json.loads(plain.body)["data"]["photos"]


async def test_a_small_answer_stays_as_it_is(graph: Graph) -> None:
    reply = await graph.query("{ __typename }", accept_encoding="br, gzip, zstd")

    assert "content-encoding" not in reply.headers
