"""Secrets are planted everywhere, faults struck everywhere, and everything that comes out is searched."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from providers.emulation.faults import NAMED_FAULTS, Fault
from tests.clock import HastyClock
from tests.failures.subjects import SUBJECTS, query
from tests.graph import Graph, Reply, running_graph

MARK = "5ecret"
PLANTED = {
    "musement_application": f"application-{MARK}",
    "musement_client_id": f"client-{MARK}",
    "musement_client_secret": f"client-secret-{MARK}",
    "clubmed_api_key": f"key.{MARK}.clubmed.com",
    "metrics_token": f"metrics-token-{MARK}",
    "admin_token": f"admin-token-{MARK}",
    "router_secret": f"router-{MARK}",
    "client_keys": "",
    "image_proxy_url": "http://127.0.0.1:9",
    "image_proxy_key": MARK.encode().hex(),
    "image_proxy_salt": MARK.encode().hex(),
    "explain": "true",
}
BODY = f'{{"access_token": "token-{MARK}", "title": 7, "message": "{MARK}", "uuid": {{}}, "image": "{MARK}"}}'.encode()
HEADERS = {
    "Location": f"http://127.0.0.1:9/?key={MARK}",
    "Set-Cookie": f"session={MARK}",
    "WWW-Authenticate": f'Bearer realm="{MARK}"',
    "Link": f'<http://x/?api_key={MARK}>; rel="next"',
    "ETag": f'"{MARK}"',
    "Cache-Control": f"max-age=0, {MARK}",
    "Content-Range": f"{MARK} 0-1/2",
}
WITH_SECRETS = {
    f"status_{status}": Fault(status=status, body=BODY, content_type="application/json", headers=HEADERS)
    for status in (200, 204, 302, 400, 401, 403, 404, 418, 429, 500, 503)
} | {
    "type": Fault(status=200, body=BODY, content_type=f"text/{MARK}", headers=HEADERS),
    "retry": Fault(status=429, body=BODY, headers=HEADERS | {"Retry-After": MARK}),
    "encoding": Fault(status=200, body=BODY, headers=HEADERS | {"Content-Encoding": "gzip"}),
    "no_json": Fault(status=200, body=BODY[:-1], content_type="application/json", headers=HEADERS),
}
FAULTS = {name: make() for name, make in NAMED_FAULTS.items() if name not in {"held", "huge", "gzip_bomb"}}
EVERY_FAULT = FAULTS | WITH_SECRETS


class Heard:
    """What was logged, by whichever logger."""

    def __init__(self, records: pytest.LogCaptureFixture, printed: pytest.CaptureFixture[str]) -> None:
        self._records = records
        self._printed = printed

    def text(self) -> str:
        """All of it since the last time."""
        out, err = self._printed.readouterr()
        return self._records.text + out + err


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> Iterator[Heard]:
    with caplog.at_level(logging.DEBUG):
        structlog.reset_defaults()
        yield Heard(caplog, capsys)


@pytest.fixture
async def secretive() -> AsyncIterator[Graph]:
    settings = {name: value for name, value in PLANTED.items() if value}
    times = {f"{each.segment}_timeout_s": "0.1" for each in SUBJECTS}
    async with running_graph(HastyClock(), **settings, **times) as graph:
        graph.musement.client_id = PLANTED["musement_client_id"]
        graph.musement.client_secret = PLANTED["musement_client_secret"]
        yield graph


async def _everything(graph: Graph) -> list[Reply]:
    """Ask for whatever can be asked, and answer every reply."""
    text = query(SUBJECTS, graph)
    broken = "{ nothing photos(first: 99999) { nodes { slug } } }"
    return [
        await graph.query(text, x_mediagraph_explain="1"),
        await graph.query(text, x_mediagraph_explain="dry"),
        await graph.query(broken, accept="application/graphql-response+json"),
        await graph.query("{ activitySearch { nodes { title } } photos { nodes { image { url } } } }"),
        await graph.query("{ resortCatalog { nodes { title cover { image { url } } } } }"),
        *[
            await graph.send("GET", path)
            for path in ("/healthz", "/readyz", "/schema.graphql", "/metrics", "/nothing")
        ],
        await graph.send("GET", "/graphql", headers={"accept": "text/html"}),
    ]


@pytest.mark.parametrize("fault", EVERY_FAULT)
async def test_no_secret_comes_out(secretive: Graph, heard: Heard, fault: str) -> None:
    for subject in SUBJECTS:
        subject.emulator(secretive).faults.add(EVERY_FAULT[fault])
    replies = await _everything(secretive)
    came = [reply.body.decode() + repr(reply.headers) for reply in replies]
    sent = [hit.headers for subject in SUBJECTS for hit in subject.emulator(secretive).hits.calls]
    assert any(MARK in repr(headers) for headers in sent), "the secrets are in use"
    assert not [text for text in came if MARK in text]
    assert not [text for text in came if "Traceback" in text or ".py" in text]
    logged = heard.text()
    assert MARK not in logged
    assert "Traceback" not in logged


async def test_no_secret_comes_out_while_all_is_well(secretive: Graph, heard: Heard) -> None:
    replies = await _everything(secretive)
    assert replies[0].errors == []
    tokens = [
        hit.headers.get("authorization", "").removeprefix("Bearer ")
        for hit in secretive.musement.hits.calls
        if hit.method == "GET"
    ]
    assert all(len(token) == 48 for token in tokens)
    came = "".join(reply.body.decode() + repr(reply.headers) for reply in replies) + heard.text()
    assert MARK not in came
    assert not [token for token in tokens if token in came]
