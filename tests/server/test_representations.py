"""One answer in several forms: each has a tag of its own, is known by that alone, and is kept for whom it is meant."""

import json
from itertools import permutations
from urllib.parse import quote

import pytest

from tests.graph import Graph, Reply, running_graph

QUERY = "{ photos(first: 30) { nodes { slug title image { url } } } }"
PATH = f"/graphql?query={quote(QUERY)}"
SMALL_PATH = f"/graphql?query={quote('{ __typename }')}"
BODY = json.dumps({"query": QUERY}).encode()
TYPES = ("application/json", "application/graphql-response+json")
FORMS = [
    {"accept": media_type, "accept-encoding": coding}
    for media_type in TYPES
    for coding in ("identity", "gzip", "br", "zstd")
]
KEPT = pytest.mark.parametrize("kept", ["0", "1000000"], ids=["made", "kept"])


async def asked(graph: Graph, method: str, headers: dict[str, str], path: str = PATH) -> Reply:
    body = BODY if method == "POST" else b""
    return await graph.send(method, path, body, {"content-type": "application/json", **headers})


@KEPT
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_each_form_has_a_tag_of_its_own_and_is_known_by_it(kept: str, method: str) -> None:
    async with running_graph(response_cache_bytes=kept) as graph:
        replies = [await asked(graph, method, form) for form in FORMS]
        tags = [reply.headers["etag"] for reply in replies]
        for form, reply in zip(FORMS, replies, strict=True):
            tag = reply.headers["etag"]
            for named in (tag, f'"other", W/{tag}'):
                known = await asked(graph, method, {**form, "if-none-match": named})
                assert (known.status, known.headers["etag"]) == (304, tag)
                assert known.headers["vary"] == reply.headers["vary"]
    assert len(set(tags)) == len(FORMS)


@KEPT
async def test_the_tag_of_one_form_names_no_other(kept: str) -> None:
    async with running_graph(response_cache_bytes=kept) as graph:
        tags = [(await asked(graph, "GET", form)).headers["etag"] for form in FORMS]
        for (_, tag), (form, own) in permutations(zip(FORMS, tags, strict=True), 2):
            reply = await asked(graph, "GET", {**form, "if-none-match": tag})
            assert (reply.status, reply.headers["etag"]) == (200, own)


@KEPT
async def test_what_is_too_small_for_a_coding_has_one_tag_in_all(kept: str) -> None:
    async with running_graph(response_cache_bytes=kept) as graph:
        plain = await asked(graph, "GET", {}, SMALL_PATH)
        named = {"if-none-match": plain.headers["etag"], "accept-encoding": "br"}
        known = await asked(graph, "GET", named, SMALL_PATH)
    assert (known.status, known.headers["etag"]) == (304, plain.headers["etag"])


@KEPT
async def test_a_star_names_whatever_there_is_to_who_only_reads(kept: str) -> None:
    async with running_graph(response_cache_bytes=kept) as graph:
        found = [
            (await asked(graph, method, {"if-none-match": "*"})).status
            for method in ("GET", "GET", "HEAD", "POST", "POST")
        ]
        failed = await asked(graph, "GET", {"if-none-match": "*"}, "/graphql?query={nothing}")
    assert found == [304, 304, 304, 200, 200]
    assert "errors" in failed.json


@KEPT
async def test_a_list_of_one_is_not_known_by_the_tag_of_what_stands_in_it(kept: str) -> None:
    async with running_graph(response_cache_bytes=kept) as graph:
        alone = await asked(graph, "POST", {})
        headers = {"content-type": "application/json", "if-none-match": alone.headers["etag"]}
        listed = await graph.send("POST", "/graphql", b"[" + BODY + b"]", headers)
    assert (listed.status, json.loads(listed.body)) == (200, [alone.json])


@KEPT
@pytest.mark.parametrize("path", [PATH, SMALL_PATH])
async def test_what_the_router_may_see_is_kept_for_nobody_else(kept: str, path: str) -> None:
    secret = "planted-router-secret"
    async with running_graph(
        response_cache_bytes=kept, router_secret=secret, introspection="false", explain="true"
    ) as graph:
        for _ in range(2):
            routed = await asked(graph, "GET", {"x-mediagraph-router": secret}, path)
            plain = await asked(graph, "GET", {}, path)
            named = {"x-mediagraph-router": secret, "if-none-match": routed.headers["etag"]}
            known = await asked(graph, "GET", named, path)
            for reply, scope in ((routed, "private"), (plain, "public"), (known, "private")):
                varies = {name.strip() for name in reply.headers["vary"].split(",")}
                assert reply.headers["cache-control"].startswith(f"{scope}, ")
                assert {"X-Mediagraph-Router", "X-Mediagraph-Explain"} < varies
                assert ("x-accel-expires" in reply.headers) == (scope == "public")
    assert known.status == 304


async def test_the_schema_that_the_router_alone_may_see_is_kept_nowhere() -> None:
    secret = "planted-router-secret"
    for introspection, kept in (("true", "no-cache"), ("false", "no-store")):
        async with running_graph(router_secret=secret, introspection=introspection) as graph:
            reply = await graph.send("GET", "/schema.graphql", headers={"x-mediagraph-router": secret})
        assert (reply.status, reply.headers["cache-control"]) == (200, kept)


async def test_what_asks_first_varies_by_how_it_asks() -> None:
    async with running_graph(require_preflight="true") as graph:
        reply = await asked(graph, "GET", {"apollo-require-preflight": "1"})
    varies = {name.strip() for name in reply.headers["vary"].split(",")}
    assert {"X-Mediagraph-Preflight", "Apollo-Require-Preflight", "X-Apollo-Operation-Name"} < varies


async def test_a_head_for_a_person_is_the_head_of_the_page(graph: Graph) -> None:
    accept = {"accept": "text/html,*/*;q=0.8"}
    page, head = [await graph.send(method, "/graphql", headers=accept) for method in ("GET", "HEAD")]
    assert (head.status, head.headers) == (page.status, page.headers)
