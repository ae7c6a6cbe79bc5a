"""Automatic persisted queries, as clients of Apollo speak them."""

import asyncio
import hashlib
import json
from urllib.parse import quote

import pytest

from providers.redis_link import RedisLink
from providers.redis_pipeline import RedisPipeline
from providers.redis_texts import RedisTexts
from server.operations.persisted import ENTRY_BYTES, PersistedQueries
from server.operations.requests import GraphQLRequest, RequestRefused
from tests.graph import Graph, Reply, running_graph
from tests.providers.redis_server import RedisServer

QUERY = "{ __typename }"
HASH = hashlib.sha256(QUERY.encode()).hexdigest()


def persisted(named: object, version: object = 1) -> dict[str, object]:
    return {"persistedQuery": {"version": version, "sha256Hash": named}}


async def posted(graph: Graph, **body: object) -> Reply:
    return await graph.send(
        "POST", "/graphql", json.dumps(body).encode(), {"content-type": "application/json"}
    )


async def test_a_query_is_found_by_its_hash_once_it_came_with_it(graph: Graph) -> None:
    unknown = await posted(graph, extensions=persisted(HASH))
    kept = await posted(graph, query=QUERY, extensions=persisted(HASH))
    found = await posted(graph, extensions=persisted(HASH))
    by_get = await graph.send("GET", f"/graphql?extensions={quote(json.dumps(persisted(HASH)))}")

    assert unknown.status == 200
    assert unknown.errors[0]["message"] == "PersistedQueryNotFound"
    assert unknown.errors[0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert kept.data == found.data == by_get.data == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("extensions", "query", "code"),
    [
        (persisted("0" * 64), QUERY, "PERSISTED_QUERY_HASH_MISMATCH"),
        (persisted(HASH, version=2), QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
        (persisted(HASH.upper()), QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
        (persisted(7), QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"persistedQuery": []}, QUERY, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ],
)
async def test_a_hash_that_does_not_fit_is_refused(
    graph: Graph, extensions: dict[str, object], query: str, code: str
) -> None:
    reply = await posted(graph, query=query, extensions=extensions)

    assert (reply.status, reply.errors[0]["extensions"]["code"]) == (400, code)


def test_what_is_kept_is_bounded_and_the_least_used_goes_first() -> None:
    queries = PersistedQueries(most_bytes=3 * (10 + ENTRY_BYTES))
    texts = ["{ aaaaaa }", "{ bbbbbb }", "{ cccccc }"]
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]

    def ask(number: int, text: str = "") -> GraphQLRequest:
        return queries.completed(GraphQLRequest(text, extensions=persisted(hashes[number])))

    for number, text in enumerate(texts):
        ask(number, text)
    ask(0)
    long = "{ dddddd }"
    queries.completed(GraphQLRequest(long, extensions=persisted(hashlib.sha256(long.encode()).hexdigest())))

    assert ask(0).query == texts[0]
    with pytest.raises(RequestRefused):
        ask(1)
    assert ask(2).query == texts[2]


async def test_a_query_that_one_process_was_sent_is_known_to_all(redis_server: RedisServer) -> None:
    settings = {"cache_url": redis_server.url, "cache_wait_s": "5"}
    async with running_graph(**settings) as first, running_graph(**settings) as second:
        await posted(first, query=QUERY, extensions=persisted(HASH))
        async with asyncio.timeout(5):
            while (found := await posted(second, extensions=persisted(HASH))).errors:
                pass
        assert found.data == {"__typename": "Query"}
        await redis_server.kill()
        assert (await posted(second, extensions=persisted(HASH))).data, "from its own memory"
        unknown = await posted(second, extensions=persisted("0" * 64))
        assert (unknown.status, unknown.errors[0]["message"]) == (200, "PersistedQueryNotFound")


class Texts:
    """Stands for what all processes know."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.kept: list[str] = []

    async def find(self, name: str) -> str | None:
        del name
        return self.text

    def keep(self, name: str, text: str) -> None:
        del name
        self.kept.append(text)


async def test_a_shared_text_that_is_not_what_its_hash_says_is_unknown() -> None:
    queries = PersistedQueries(shared=Texts("{ other }"))
    asked = GraphQLRequest("", extensions=persisted(HASH))
    await queries.learn([asked])
    with pytest.raises(RequestRefused, match="PersistedQueryNotFound"):
        queries.completed(asked)


async def test_only_what_fits_its_hash_is_told_to_the_others() -> None:
    texts = Texts(QUERY)
    queries = PersistedQueries(shared=texts)
    with pytest.raises(RequestRefused):
        queries.completed(GraphQLRequest("{ other }", extensions=persisted(HASH)))
    queries.completed(GraphQLRequest(QUERY, extensions=persisted(HASH)))
    assert texts.kept == [QUERY]


async def test_texts_are_kept_for_a_day_after_their_last_use_and_long_ones_not_at_all(
    redis_server: RedisServer,
) -> None:
    link = RedisLink(redis_server.url, patience_s=5.0)
    texts = RedisTexts(RedisPipeline(link))
    texts.keep("long", "x" * 200_000)
    texts.keep("short", "é")
    async with asyncio.timeout(5):
        while await texts.find("short") is None:
            pass
    assert await texts.find("short") == "é"
    assert await texts.find("long") is None
    [key] = [key async for key in link.redis.scan_iter("*")]
    await link.redis.expire(key, 10)
    await texts.find("short")
    assert await link.redis.ttl(key) > 86_000
    await link.close()
