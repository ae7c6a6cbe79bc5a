"""``mediagraph warm``: sends operations and keys of a list to a running graph, so that its cache holds them."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import aiohttp
import msgspec

from server.access import KEY_HEADER
from server.operations.requests import GraphQLRequest, RequestRefused, from_json
from server.secret import Secret
from server.warm_keys import key_request
from server.warm_progress import progress


class WarmError(Exception):
    """The list cannot be read; the one-line message says where."""


class Target(msgspec.Struct, frozen=True):
    """The graph's address, how many requests are in flight together, and the client's key where it wants one."""

    url: str
    at_once: int
    key: Secret | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """What every request carries."""
        key = {KEY_HEADER: self.key.reveal()} if self.key else {}
        return {"content-type": "application/json", **key}


class Wanted(msgspec.Struct, frozen=True):
    """One line of a list: ``is_key`` where it names an entity that is to be there."""

    line: int
    request: GraphQLRequest
    is_key: bool


class Warmed(msgspec.Struct, frozen=True):
    """What one request came to: ``problem`` is empty for an answer without errors."""

    line: int
    problem: str


def read_requests(text: bytes) -> list[Wanted]:
    """Read an operation as JSON, or a key, from every line that is not empty; raises WarmError."""
    return [
        wanted
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
        for wanted in _read(number, line.strip())
    ]


def _read(number: int, line: bytes) -> Iterator[Wanted]:
    is_operation = line.startswith((b"{", b"[")) and (b'"query"' in line or b"ocumentId" in line)
    try:
        if not is_operation:
            yield Wanted(number, key_request(line), is_key=True)
            return
        asked = from_json(line, most=1)
    except (RequestRefused, ValueError) as refusal:
        raise WarmError(f"line {number}: {refusal}") from None
    yield from (
        Wanted(number, each, is_key=False) for each in (asked if isinstance(asked, tuple) else (asked,))
    )


async def warm(target: Target, requests: Iterable[Wanted], tell: Callable[[Warmed], object]) -> None:
    """Send every request, so many at once, and tell what each came to as it comes."""
    waiting = iter(requests)

    async def work(session: aiohttp.ClientSession) -> None:
        # One iterator for all: whoever is free takes the next.
        for wanted in waiting:
            tell(Warmed(line=wanted.line, problem=await _sent(session, target, wanted)))

    async with aiohttp.ClientSession(headers=target.headers) as session, asyncio.TaskGroup() as group:
        for _ in range(target.at_once):
            group.create_task(work(session))


async def _sent(session: aiohttp.ClientSession, target: Target, wanted: Wanted) -> str:
    request = wanted.request
    body = {
        "query": request.query,
        "variables": request.variables,
        "operationName": request.operation_name,
        "extensions": request.extensions,
        "documentId": request.document_id,
    }
    try:
        sent = msgspec.json.encode({name: value for name, value in body.items() if value})
        # No redirect is followed: it would take the key along.
        async with session.post(target.url, data=sent, allow_redirects=False) as response:
            answer: Any = msgspec.json.decode(await response.read())
    except (aiohttp.ClientError, TimeoutError) as error:
        return f"no answer ({type(error).__name__})"
    except msgspec.DecodeError:
        return "the answer is no JSON: is this the graph's address?"
    codes = ", ".join(_codes(answer))
    return codes or ("is unknown" if wanted.is_key and _is_unknown(answer) else "")


def _codes(answer: Any) -> Iterator[str]:
    errors = answer.get("errors", []) if isinstance(answer, dict) else [{}]
    return (error.get("extensions", {}).get("code", "an error without a code") for error in errors)


def _is_unknown(answer: Any) -> bool:
    return (answer.get("data") or {}).get("entity") is None


async def warm_file(text: bytes, target: Target, show: Callable[[str], object]) -> bool:
    """Warm by a list, show what failed by its line and how many did; True where none has."""
    requests = read_requests(text)
    failed: list[Warmed] = []
    with progress(len(requests)) as step:

        def tell(warmed: Warmed) -> None:
            failed.extend([warmed] if warmed.problem else [])
            step(int(bool(warmed.problem)))

        await warm(target, requests, tell)
    for each in sorted(failed, key=lambda warmed: warmed.line):
        show(f"line {each.line}: {each.problem}\n")
    well = len(requests) - len(failed)
    show(f"{well} of {len(requests)} answered without an error\n")
    return not failed
