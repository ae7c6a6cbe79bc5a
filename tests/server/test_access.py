"""Who may ask, how much, and which pages of other origins may read."""

import hashlib
import hmac
from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from starlette.requests import Request

from server.access import Access, Caller
from server.operations.requests import RequestRefused
from server.rate_limits import RateLimit
from server.secret import Secret
from server.settings_kinds import ClientKey
from tests.graph import Graph, running_graph
from tests.providers.redis_server import RedisServer

HASHED = hashlib.sha256(b"planted-key-of-the-app").hexdigest()
KEYS = f"shop=planted-key-of-the-shop shop=planted-key-of-the-shop-2 app=sha256:{HASHED}"
QUERY = "{ __typename }"
ORIGIN = "https://shop.example"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"x_api_key": "planted-key-of-nobody-x"}, 401),
        ({"x_api_key": "ÿ"}, 401),
        ({"x_api_key": HASHED}, 401),
        ({"x_api_key": f"sha256:{HASHED}"}, 401),
        ({"authorization": "Basic planted-key-of-the-shop"}, 401),
        ({"x_api_key": "planted-key-of-the-shop"}, 200),
        ({"authorization": "Bearer planted-key-of-the-shop-2"}, 200),
        ({"authorization": "bearer planted-key-of-the-app"}, 200),
        ({"x_mediagraph_router": "planted-router-secret"}, 200),
        ({"x_mediagraph_router": "planted-router-secrex"}, 401),
    ],
)
async def test_only_known_keys_are_answered(headers: Mapping[str, str], status: int) -> None:
    async with running_graph(client_keys=KEYS, router_secret="planted-router-secret") as graph:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        path = "/graphql?query={__typename}"
        reply = await graph.send("GET", path, headers=sent)

    assert reply.status == status
    if status == 401:
        assert reply.errors[0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert reply.headers["www-authenticate"] == "Bearer"
    assert "planted" not in reply.body.decode()


def test_every_key_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(ours: bytes, sent: bytes) -> bool:
        compared.append(ours)
        return hmac.compare_digest(ours, sent)

    monkeypatch.setattr("server.access.hmac", SimpleNamespace(compare_digest=compare))
    access = Access([ClientKey(name, HASHED) for name in ("first", "second", "third")], Secret())
    asked = Request({"type": "http", "headers": [(b"x-api-key", b"planted-key-of-the-app")]})

    assert access.caller(asked).name == "first"
    assert compared == [bytes.fromhex(HASHED)] * 3


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_a_bucket_refills_with_time_and_tells_how_long_that_takes() -> None:
    clock = Clock()
    limit = RateLimit("requests", 2, clock)
    await limit.take(Caller("a"))
    await limit.take(Caller("a"))
    await limit.take(Caller("b"))

    with pytest.raises(RequestRefused) as caught:
        await limit.take(Caller("a"))
    clock.now = 30.0
    await limit.take(Caller("a"))

    assert (caught.value.status, caught.value.code) == (429, "RATE_LIMITED")
    assert caught.value.details == {"retryAfterSeconds": 30}


async def test_what_costs_more_than_a_whole_bucket_is_paid_off_before_the_next() -> None:
    clock = Clock()
    limit = RateLimit("upstream calls", 60, clock)
    await limit.take(Caller("a"), 500)

    with pytest.raises(RequestRefused):
        await limit.take(Caller("a"), 1)
    clock.now = 441.0
    await limit.take(Caller("a"), 1)


async def test_the_router_is_not_limited() -> None:
    limit = RateLimit("requests", 1)

    for _ in range(5):
        await limit.take(Caller("router", is_router=True))


async def test_a_client_over_its_rate_is_told_when_to_come_back() -> None:
    async with running_graph(rate_requests="1") as graph:
        first, second = await graph.query(QUERY), await graph.query(QUERY)

    assert (first.status, second.status) == (200, 429)
    assert second.errors[0]["extensions"]["retryAfterSeconds"] == int(second.headers["retry-after"]) == 60


async def test_a_client_is_limited_in_what_its_operations_cost() -> None:
    dear = "{ photos(first: 300) { nodes { slug } } }"
    async with running_graph(rate_calls="4") as graph:
        statuses = [(await graph.query(text)).status for text in (dear, QUERY, dear)]

    assert statuses == [200, 200, 429]


async def test_a_client_is_limited_by_what_it_asked_of_all_processes(redis_server: RedisServer) -> None:
    settings = {"cache_url": redis_server.url, "cache_wait_s": "5", "rate_requests": "2"}
    async with running_graph(**settings) as first, running_graph(**settings) as second:
        replies = [await graph.query(QUERY) for graph in (first, second, first, second)]
        assert [reply.status for reply in replies] == [200, 200, 429, 429]
        assert 20 <= int(replies[3].headers["retry-after"]) <= 30
        await redis_server.kill()
        # Each goes on with what it allowed itself: one of its two.
        replies = [await graph.query(QUERY) for graph in (first, first, second, second)]
        assert [reply.status for reply in replies] == [200, 429, 200, 429]


async def test_pages_of_other_origins_may_not_read_by_default(graph: Graph) -> None:
    reply = await graph.query(QUERY, origin=ORIGIN)

    assert "access-control-allow-origin" not in reply.headers


async def test_pages_of_listed_origins_may_read() -> None:
    preflight = {"origin": ORIGIN, "access-control-request-method": "POST"}
    async with running_graph(cors_origins=ORIGIN) as graph:
        allowed = await graph.query(QUERY, origin=ORIGIN)
        other = await graph.query(QUERY, origin="https://other.example")
        asked = await graph.send("OPTIONS", "/graphql", headers=preflight)
        refused = await graph.send("OPTIONS", "/graphql", headers={**preflight, "origin": "null"})

    assert allowed.headers["access-control-allow-origin"] == ORIGIN
    assert "Origin" in allowed.headers["vary"]
    assert "access-control-allow-origin" not in other.headers
    assert (asked.status, refused.status) == (204, 403)
    assert "content-type" in asked.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in asked.headers


async def test_pages_that_may_read_may_read_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    async with running_graph(cors_origins=ORIGIN, client_keys="shop=planted-key-of-the-shop") as graph:
        found = [
            await graph.send("GET", "/graphql?query={__typename}", headers={"origin": ORIGIN, **headers})
            for headers in ({}, {"accept": "image/png"}, {"x-long": "a" * 40_000})
        ]
        monkeypatch.setattr("server.graphql_http.negotiated", fail)
        found.append(await graph.query(QUERY, origin=ORIGIN, accept="multipart/mixed"))

    assert [reply.status for reply in found] == [401, 406, 431, 500]
    for reply in found:
        assert reply.headers["access-control-allow-origin"] == ORIGIN
        assert reply.headers["x-content-type-options"] == "nosniff"


async def test_pages_may_send_what_a_get_has_to_have() -> None:
    preflight = {"origin": ORIGIN, "access-control-request-method": "GET"}
    async with running_graph(cors_origins=ORIGIN, require_preflight="true") as graph:
        asked = await graph.send("OPTIONS", "/graphql", headers=preflight)
        refused = await graph.send("GET", "/graphql?query={__typename}")

    allowed = {name.strip() for name in asked.headers["access-control-allow-headers"].split(",")}
    wanted = refused.errors[0]["message"].removeprefix("wanted one of the headers ").split(", ")
    assert set(wanted) <= allowed


async def test_a_get_that_another_site_could_send_is_refused_where_the_operator_says_so() -> None:
    path = "/graphql?query={__typename}"
    async with running_graph(require_preflight="true") as graph:
        plain = await graph.send("GET", path)
        asked = await graph.send("GET", path, headers={"apollo-require-preflight": "true"})

    assert (plain.status, asked.status) == (400, 200)
    assert plain.errors[0]["extensions"]["code"] == "BAD_REQUEST"


async def test_an_exception_of_ours_is_a_500_without_a_word_of_it(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("planted secret")

    monkeypatch.setattr("server.graphql_http.negotiated", fail)
    reply = await graph.query(QUERY)

    assert reply.status == 500
    assert reply.errors[0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "planted" not in reply.body.decode()
