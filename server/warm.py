"""``mediagraph warm``: sends a list of requests to a running graph, so that its cache holds what they read."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import aiohttp
import msgspec

from server.operations.requests import GraphQLRequest, RequestRefused, from_json


class WarmError(Exception):
    """The list cannot be read; the one-line message says where."""


class Warmed(msgspec.Struct, frozen=True):
    """What one request came to: ``problem`` is empty for an answer without errors."""

    line: int
    problem: str


def read_requests(text: bytes) -> list[tuple[int, GraphQLRequest]]:
    """Read a request as JSON from every line that is not empty, each with its number; raises WarmError."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            asked = from_json(line, most=1)
        except RequestRefused as refusal:
            raise WarmError(f"line {number}: {refusal}") from None
        found += [(number, each) for each in (asked if isinstance(asked, tuple) else (asked,))]
    return found


async def warm(
    url: str, requests: Iterable[tuple[int, GraphQLRequest]], at_once: int, tell: Callable[[Warmed], object]
) -> None:
    """Send every request, so many at once, and tell what each came to as it comes."""
    waiting = iter(requests)

    async def work(session: aiohttp.ClientSession) -> None:
        # One iterator for all: whoever is free takes the next.
        for number, request in waiting:
            tell(Warmed(line=number, problem=await _sent(session, url, request)))

    async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(work(session))


async def _sent(session: aiohttp.ClientSession, url: str, request: GraphQLRequest) -> str:
    body = {
        "query": request.query,
        "variables": request.variables,
        "operationName": request.operation_name,
    }
    try:
        async with session.post(
            url, data=msgspec.json.encode(body), headers={"content-type": "application/json"}
        ) as response:
            answer: Any = msgspec.json.decode(await response.read())
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"no answer ({type(error).__name__})"
    except msgspec.DecodeError:
        return "the answer is no JSON: is this the graph's address?"
    return ", ".join(_codes(answer))


def _codes(answer: Any) -> Iterator[str]:
    errors = answer.get("errors", []) if isinstance(answer, dict) else [{}]
    return (error.get("extensions", {}).get("code", "an error without a code") for error in errors)


async def warm_file(text: bytes, url: str, at_once: int, show: Callable[[str], object]) -> bool:
    """Warm by a list, tell of each request that failed, and how far it is; True where none failed."""
    requests = read_requests(text)
    is_watched = sys.stderr.isatty()
    came: list[Warmed] = []

    def tell(warmed: Warmed) -> None:
        came.append(warmed)
        if warmed.problem:
            show(f"line {warmed.line}: {warmed.problem}\n")
        if is_watched:
            sys.stderr.write(f"\r{len(came)} of {len(requests)}")

    await warm(url, requests, at_once, tell)
    if is_watched:
        sys.stderr.write("\r\x1b[K")
    well = sum(not warmed.problem for warmed in came)
    show(f"{well} of {len(requests)} answered without an error\n")
    return well == len(requests)
