"""A probe for every bound: what keeps to it is answered, one more is refused before any call, and others are served."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec
import pytest

from server.operations.preparation import Prepared
from server.operations.requests import MOST_NESTED, GraphQLRequest
from tests.graph import Graph, Reply, running_graph
from tests.live import serving
from tests.server.test_limits import DOCUMENTS, MOST_STEPS, operations
from tests.server.test_slow_clients import POST, QUICK, asked_of, opened
from tests.steps import steps_of

BASE = {"content-type": "application/json", "accept": "application/graphql-response+json"}
BASE_BYTES = sum(len(name) + len(value) for name, value in BASE.items())
PATIENCE_S = 20.0
ORDINARY = """query Page($first: Int) {
  photos(first: $first) { nodes { slug title image { url } tags { title } } pageInfo { hasNextPage } }
  activity(uuid: "f8588839-c993-491d-97cc-a96f03dfb144") { title gallery { nodes { url } } }
}"""


class Sent(msgspec.Struct, frozen=True):
    """One request: its body, and headers beside the usual ones."""

    body: bytes
    headers: Mapping[str, str] = {}


class Bound(msgspec.Struct, frozen=True):
    """What asks for so many of something, the most that is answered, and how one more is refused."""

    ask: Callable[[int], Sent]
    most: int
    status: int = 400
    code: str = "OPERATION_TOO_COMPLEX"
    settings: Mapping[str, str] = {}


def asking(text: str, variables: Mapping[str, Any] | None = None) -> Sent:
    return Sent(json.dumps({"query": text, "variables": variables}).encode())


def within(names: list[str]) -> Sent:
    return asking("{ " + " { ".join(names) + " }" * len(names))


def photos(selection: str) -> Sent:
    return asking(f"{{ photos(first: 1) {{ nodes {{ {selection} }} }} }}")


def keys(count: int) -> Sent:
    uuids = [f"f8588839-c993-491d-97cc-a96f03dfb{number:03x}" for number in range(count)]
    return asking("query ($u: [ID!]!) { activities(uuids: $u) { uuid } }", {"u": uuids})


def entities(count: int) -> Sent:
    named = [{"__typename": "Photo", "culture": "en-us", "slug": f"none-{i % 5}"} for i in range(count)]
    return asking("query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }", {"r": named})


SMALL = b'{"query": "{ __typename }"}'
DEEP = b'{"query": "{ __typename }", "variables": {"x": %s}}'
FREE = {"max_calls": "1000000000", "max_items": "1000000000"}
BOUNDS = {
    "depth": Bound(
        lambda n: within([*(["photos(first: 1)", "nodes", "tags"] * n)[: n - 1], "__typename"]),
        12,
        settings=FREE,
    ),
    "introspectionDepth": Bound(
        lambda n: within(['__type(name: "Photo")', "fields", "type", *["ofType"] * (n - 4), "name"]), 20
    ),
    "characters": Bound(lambda n: asking("{ __typename }".ljust(n)), 256 * 1024),
    "tokens": Bound(lambda n: photos("slug " * (n - 13)), 5000),
    "aliases": Bound(lambda n: photos(" ".join(f"a{i}: slug" for i in range(n))), 200),
    "rootFields": Bound(lambda n: asking("{ " + "__typename " * n + "}"), 200),
    "directives": Bound(lambda n: asking("{ " + "__typename @include(if: true) " * n + "}"), 50),
    "operations": Bound(
        lambda n: Sent(
            json.dumps(
                {
                    "query": " ".join(f"query A{i} {{ __typename }}" for i in range(n)),
                    "operationName": "A0",
                }
            ).encode()
        ),
        50,
    ),
    "calls": Bound(
        lambda n: asking(f"{{ photos(first: {n * 100}) {{ nodes {{ slug }} }} }}"),
        2,
        settings={"max_calls": "2"},
    ),
    "items": Bound(
        lambda n: asking(f"{{ photos(first: {n}) {{ nodes {{ slug }} }} }}"),
        250,
        settings={"max_items": "250"},
    ),
    "keys of a lookup": Bound(keys, 200, 200, "BAD_USER_INPUT"),
    "representations": Bound(entities, 1000, 200, "BAD_USER_INPUT"),
    "items of a window": Bound(
        lambda n: asking(f"{{ photos(first: {n}) {{ nodes {{ slug }} }} }}"), 500, 200, "BAD_USER_INPUT"
    ),
    "bytes of a body": Bound(lambda n: Sent(SMALL.ljust(n)), 1024 * 1024, 413, "BAD_REQUEST"),
    "bytes of headers": Bound(
        lambda n: Sent(SMALL, {"x-long": "a" * (n - BASE_BYTES - len("x-long"))}),
        32 * 1024,
        431,
        "BAD_REQUEST",
    ),
    "headers": Bound(
        lambda n: Sent(SMALL, {f"x-{i}": "1" for i in range(n - len(BASE))}), 100, 431, "BAD_REQUEST"
    ),
    "operations of a batch": Bound(lambda n: Sent(b"[%s]" % b",".join([SMALL] * n)), 10, 400, "BAD_REQUEST"),
    # The request and its variables are the first two.
    "nesting of JSON": Bound(
        lambda n: Sent(DEEP % (b"[" * (n - 2) + b"]" * (n - 2))), MOST_NESTED, 400, "BAD_REQUEST"
    ),
}


def errors_of(reply: Reply) -> list[dict[str, Any]]:
    answers = reply.json if isinstance(reply.json, list) else [reply.json]
    return [error for answer in answers for error in answer.get("errors", [])]


@pytest.mark.parametrize("name", BOUNDS)
async def test_what_keeps_to_a_bound_is_answered_and_one_more_is_refused(name: str) -> None:
    bound = BOUNDS[name]
    async with running_graph(**bound.settings) as graph:
        kept, exceeds = [bound.ask(count) for count in (bound.most, bound.most + 1)]
        answered = await graph.send("POST", "/graphql", kept.body, {**BASE, **kept.headers})
        graph.forget_calls()
        refused = await graph.send("POST", "/graphql", exceeds.body, {**BASE, **exceeds.headers})

    assert (answered.status, errors_of(answered)) == (200, [])
    assert (refused.status, {error["extensions"]["code"] for error in errors_of(refused)}) == (
        bound.status,
        {bound.code},
    )
    if bound.code == "OPERATION_TOO_COMPLEX":
        told = {error["extensions"]["limit"]: error["extensions"] for error in errors_of(refused)}
        assert (told[name]["actual"], told[name]["allowed"]) == (bound.most + 1, bound.most)
    assert graph.calls == {}


def spread(size: int) -> str:
    """Write a document of about that many bytes, each of whose fragments spreads the next one twice."""
    line = "fragment F{0:03} on Query {{ ...F{1:03} ...F{1:03} }} "
    count = size // len(line.format(0, 1))
    return (
        "{ ...F000 } "
        + "".join(line.format(i, i + 1) for i in range(count))
        + (f"fragment F{count:03} on Query {{ __typename }}")
    )


def prepared(text: str) -> Prepared:
    return operations().prepare(GraphQLRequest(text, variables={"first": 25}))


def seconds_of(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_no_document_takes_more_than_a_bounded_number_of_steps(report: Callable[[str], None]) -> None:
    documents = {**DOCUMENTS, "9 KB of fragment spreads": spread(9 * 1024), "an ordinary page": ORDINARY}
    # What is made once for a process counts for no document.
    prepared(ORDINARY)
    steps = {name: steps_of(partial(prepared, text)) for name, text in documents.items()}
    times = {name: seconds_of(partial(prepared, text)) for name, text in documents.items()}
    worst = max(steps, key=lambda name: steps[name])
    for name in ("an ordinary page", "9 KB of fragment spreads", worst):
        report(f"{name}: {steps[name]:,} steps, {times[name] * 1000:.1f} ms to read, measure and price")

    assert prepared(ORDINARY).errors == ()
    assert steps[worst] < MOST_STEPS
    assert steps["9 KB of fragment spreads"] < 20 * steps["an ordinary page"]


async def test_fragments_that_spread_fragments_are_answered_or_refused_by_their_depth(graph: Graph) -> None:
    answered = await graph.query(spread(7 * 1024))
    refused = [await graph.query(spread(kb * 1024)) for kb in (9, 20, 60)]

    assert answered.data == {"__typename": "Query"}
    for reply in refused:
        assert reply.codes == [("OPERATION_TOO_COMPLEX", ())]
        assert reply.errors[0]["extensions"]["limit"] in {"depth", "tokens"}


async def dripped(origin: str) -> bytes:
    """Send a header a byte at a time for as long as nothing comes back; gives what came, if it arrived."""
    reader, writer = await opened(origin)
    writer.write(POST + b"x-slow: ")
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                async with asyncio.timeout(0.02):
                    return await reader.read()
            except TimeoutError:
                writer.write(b"a")
            except ConnectionResetError:
                # A byte that arrives behind the last line makes TCP throw that line away.
                return b""
            finally:
                if reader.at_eof():
                    writer.close()


async def test_48_dripping_connections_end_in_time_while_others_are_served(
    graph: Graph, report: Callable[[str], None]
) -> None:
    async with serving(graph.app, QUICK) as origin:
        start = time.monotonic()
        dripping = [asyncio.create_task(dripped(origin)) for _ in range(48)]
        served = [await asked_of(origin) for _ in range(10)]
        answers = await asyncio.gather(*dripping)
        passed_s = time.monotonic() - start

    report(f"48 dripping connections: ended after {passed_s:.2f} s of {QUICK.header_timeout_s} s allowed")
    assert served == [200] * 10
    assert {answer.split(b" ", 2)[1] for answer in answers if answer} == {b"408"}
