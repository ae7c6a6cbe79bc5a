"""What a fault must come to: which code, what is left of the thing asked for, and within which time."""

import time
from collections.abc import Mapping

from tests.failures.subjects import Subject
from tests.graph import Graph, Reply

REFUSED = "refused"
CERTIFICATE = "certificate"
UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
BAD_RESPONSE = "UPSTREAM_BAD_RESPONSE"
CODES: Mapping[str, str | None] = {
    REFUSED: UNAVAILABLE,
    CERTIFICATE: UNAVAILABLE,
    "reset": UNAVAILABLE,
    "cut": UNAVAILABLE,
    "hang": "UPSTREAM_TIMEOUT",
    "drip": "UPSTREAM_TIMEOUT",
    "server_error": UNAVAILABLE,
    "bad_gateway": UNAVAILABLE,
    "unavailable": UNAVAILABLE,
    "too_many_requests": "UPSTREAM_RATE_LIMITED",
    "too_many_requests_retry_after": "UPSTREAM_RATE_LIMITED",
    "unauthorized": "UPSTREAM_UNAUTHORIZED",
    "forbidden": "FORBIDDEN",
    "not_found": None,
    "empty_body": BAD_RESPONSE,
    "truncated": BAD_RESPONSE,
    "other_shape": BAD_RESPONSE,
    "wrong_content_type": BAD_RESPONSE,
    "nan": BAD_RESPONSE,
    "huge": BAD_RESPONSE,
    "gzip_bomb": BAD_RESPONSE,
    "redirect": BAD_RESPONSE,
    "invalid_utf8": BAD_RESPONSE,
    "nested": BAD_RESPONSE,
}
STATUSES = {
    "server_error": 500,
    "bad_gateway": 502,
    "unavailable": 503,
    "too_many_requests": 429,
    "too_many_requests_retry_after": 429,
    "unauthorized": 401,
    "redirect": 302,
}
FINAL = {"UPSTREAM_UNAUTHORIZED", "FORBIDDEN", BAD_RESPONSE}
NOT_COVERED = {"unauthorized", "forbidden", "not_found"}
DEADLINE_S = 5.0


def is_whole(subject: Subject, reply: Reply, state: str | None = None) -> bool:
    item = subject.item(reply)
    if item is None or not item["title"] or item["freshness"] is None:
        return False
    return state is None or item["freshness"]["state"] == state


def assert_failure(fault: str, subject: Subject, reply: Reply, key: str) -> None:
    code = CODES[fault]
    item = subject.item(reply)
    if code is None:
        assert item is None
        assert reply.errors == []
        return
    assert item == subject.ruin(key)
    assert {tuple(error["path"][:2]) for error in reply.errors} == {(subject.field, 0)}
    extensions = reply.errors[0]["extensions"]
    assert (extensions["code"], extensions["provider"]) == (code, subject.provider)
    if code != "FORBIDDEN":
        assert extensions["retryable"] is (code not in FINAL)
        assert extensions.get("upstreamStatus") == STATUSES.get(fault)
    assert extensions.get("retryAfterSeconds") == (1.0 if fault == "too_many_requests_retry_after" else None)


async def in_time(graph: Graph, text: str) -> Reply:
    began = time.monotonic()
    reply = await graph.query(text)
    assert time.monotonic() - began < DEADLINE_S + 0.5
    return reply
