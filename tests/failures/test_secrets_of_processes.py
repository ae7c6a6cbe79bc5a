"""A secret is planted in every setting that can hold one, and all that real processes put out is searched for it."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Final

import pytest
from aiohttp import web

from providers.emulation.faults import Fault
from server.settings import SettingsError, all_variables, load_settings
from tests.failures.test_secrets import BODY, HEADERS, MARK
from tests.graph import Graph
from tests.server.test_command_line import Program, ended

SECRETS: Final = {
    "MUSEMENT_APPLICATION": f"application-{MARK}",
    "MUSEMENT_TOKEN": f"token-{MARK}",
    "MUSEMENT_CLIENT_ID": f"client-{MARK}",
    "MUSEMENT_CLIENT_SECRET": f"client-secret-{MARK}",
    "CLUBMED_API_KEY": f"key.{MARK}.clubmed.com",
    "METRICS_TOKEN": f"metrics-token-{MARK}",
    "ADMIN_TOKEN": f"admin-token-{MARK}",
    "ROUTER_SECRET": f"router-{MARK}",
    "CLIENT_KEYS": f"shop=client-key-of-the-shop-{MARK}",
    "IMAGE_PROXY_KEY": MARK.encode().hex(),
    "IMAGE_PROXY_SALT": MARK.encode().hex(),
    "CACHE_URL": f"redis://cache:password-{MARK}@127.0.0.1:9/0",
}
OTHERS: Final = {
    "IMAGE_PROXY_URL": "http://127.0.0.1:9",
    "EXPLAIN": "true",
    "TRACES": "true",
    "LOG_LEVEL": "debug",
    "LOG_FORMAT": "json",
    "SANDBOX": "false",
    **{f"{provider}_RETRIES": "0" for provider in ("MUSEMENT", "CLUBMED", "FORGE")},
}
# Forms in which a secret could come out: as it is, in hex, and as a password of HTTP's or Redis' own.
FORMS: Final = (MARK, MARK.encode().hex(), MARK.encode().hex().upper())
QUERY: Final = """{
  activitySearch(first: 2) { nodes { title gallery { nodes { url } } } }
  resortCatalog(first: 2) { nodes { title cover { image { url(transform: {width: 100}) } } } }
  photos(first: 2) { nodes { title image { url } relations { type } } }
}"""


def found_in(text: str) -> list[str]:
    """List the lines that hold a secret."""
    return [line for line in text.splitlines() if any(form in line for form in FORMS)]


class Collector:
    """Takes spans as OpenTelemetry's collector does, or refuses them with what it was sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: list[str] = []
        self.status = 200
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(request.headers.get("authorization", ""))
        return web.Response(status=self.status, text="" if self.status == 200 else self.headers[-1])


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    made = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
def environ(graph: Graph, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization=Bearer%20otlp-{MARK}")
    urls = {
        "MUSEMENT_URL": graph.musement.url,
        "CLUBMED_URL": graph.clubmed.url,
        "FORGE_URL": graph.forge.url,
    }
    return SECRETS | OTHERS | urls


def asked(url: str, body: bytes | None = None, **headers: str) -> str:
    """Send a request; answer all that came, whatever its status."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, body, {"content-type": "application/json", **sent})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return f"{response.headers}{response.read().decode('utf-8', 'replace')}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.headers}{error.read().decode('utf-8', 'replace')}"


def answers(origin: str) -> Iterator[str]:
    """Ask for whatever there is to be asked, with the right secrets, with wrong ones and without."""
    key = SECRETS["CLIENT_KEYS"].partition("=")[2]
    query = json.dumps({"query": QUERY}).encode()
    right = {"x_api_key": key, "x_mediagraph_explain": "1"}
    yield asked(f"{origin}/graphql", query, **right)
    yield asked(f"{origin}/graphql", query, **right, x_mediagraph_router=SECRETS["ROUTER_SECRET"])
    yield asked(f"{origin}/graphql", query, authorization="Bearer wrong")
    yield asked(f"{origin}/graphql", b"nonsense", **right)
    yield asked(f"{origin}/graphql?query={{a}}", None, **right)
    for path in ("/readyz", "/healthz", "/schema.graphql", "/nothing", "/metrics", "/graphql"):
        yield asked(f"{origin}{path}", None, accept="text/html, */*")
    yield asked(f"{origin}/metrics", None, authorization=f"Bearer {SECRETS['METRICS_TOKEN']}")
    purge = json.dumps({"provider": "FORGE"}).encode()
    for token in ("wrong", SECRETS["ADMIN_TOKEN"]):
        yield asked(f"{origin}/admin/purge", purge, authorization=f"Bearer {token}")


def served(environ: dict[str, str], workers: int) -> tuple[str, str]:
    """Serve, ask, and end: what clients were given, and what the processes have said."""
    with Program("--port", "0", "--workers", str(workers), **environ) as program:
        origin = program.origin()
        given = "\n".join(answers(origin))
        program.process.terminate()
        out, err = program.process.communicate(timeout=60)
    assert program.process.returncode == 0
    return given, out + err


def commanded(environ: dict[str, str], folder: Path) -> str:
    """Run every command that ends by itself, and return what they say."""
    keys = folder / "keys"
    keys.write_text("ARVE_WINTER\n", encoding="utf-8")
    budget = folder / "budget.graphql"
    budget.write_text("# calls: 1\n{ photos { nodes { title } } }", encoding="utf-8")
    nowhere = "http://127.0.0.1:9/graphql"
    commands = (
        ("doctor",),
        ("drift",),
        ("drift", "--json", "--record", str(folder / "shapes.json")),
        ("warm", str(keys), "--as", "shop", "--url", nowhere),
        ("warm", str(keys), "--as", "nobody"),
        ("budget", str(budget)),
        ("settings",),
        ("schema",),
        ("no-such-command",),
    )
    said = [ended(*command, **environ) for command in commands]
    return "".join(each.stdout + each.stderr for each in said) + (folder / "shapes.json").read_text("utf-8")


@asynccontextmanager
async def used(graph: Graph, collector: Collector) -> AsyncIterator[None]:
    """Make sure that the secrets were really sent, to whom they belong."""
    yield
    for emulator in (graph.musement, graph.clubmed):
        assert any(MARK in repr(hit.headers) + str(hit.body) for hit in emulator.hits.calls)
    assert f"Bearer otlp-{MARK}" in collector.headers
    assert not any(form.encode() in body for form in FORMS for body in collector.bodies)


def test_every_setting_that_is_secret_has_one_planted() -> None:
    secret = {
        variable.name.removeprefix("MEDIAGRAPH_") for variable in all_variables() if variable.kind.is_secret
    }
    assert secret == set(SECRETS)


async def test_no_secret_comes_out_of_a_graph_that_is_well(
    graph: Graph, collector: Collector, environ: dict[str, str], tmp_path: Path
) -> None:
    async with used(graph, collector):
        given, said = await asyncio.to_thread(served, environ, 1)
        told = await asyncio.to_thread(commanded, environ, tmp_path)
    assert "mediagraph_requests_total" in given
    assert '"event":"request"' in said.replace(" ", "")
    assert found_in(given + said + told) == []


@pytest.mark.parametrize("status", [200, 400])
async def test_no_secret_of_a_login_comes_out(
    graph: Graph, collector: Collector, environ: dict[str, str], status: int
) -> None:
    graph.musement.client_id = SECRETS["MUSEMENT_CLIENT_ID"]
    graph.musement.client_secret = SECRETS["MUSEMENT_CLIENT_SECRET"]
    if status != HTTPStatus.OK:
        graph.musement.faults.add(Fault(status=status, body=BODY, headers=HEADERS), route="POST /login")
    async with used(graph, collector):
        given, said = await asyncio.to_thread(served, environ | {"MUSEMENT_TOKEN": ""}, 1)
    assert ("UPSTREAM_UNAUTHORIZED" in given) == (status != HTTPStatus.OK)
    assert found_in(given + said) == []


async def test_no_secret_comes_out_of_workers_where_all_goes_wrong(
    graph: Graph, collector: Collector, environ: dict[str, str], tmp_path: Path
) -> None:
    collector.status = 401
    graph.musement.faults.add(Fault(status=401, body=BODY, headers=HEADERS))
    graph.clubmed.faults.add(
        Fault(status=200, body=BODY[:-1], content_type="application/json", headers=HEADERS)
    )
    graph.forge.faults.add(Fault(status=500, body=BODY, content_type=f"text/{MARK}", headers=HEADERS))
    async with used(graph, collector):
        given, said = await asyncio.to_thread(served, environ, 2)
        told = await asyncio.to_thread(commanded, environ, tmp_path)
    assert "UPSTREAM_UNAUTHORIZED" in given
    assert found_in(given + said + told) == []


WRONG: Final = {
    **{name: f"{text}\t wrong" for name, text in SECRETS.items()},
    "CACHE_URL": f"rediss:/user:{MARK}@host:6379/0",
    "CLIENT_KEYS": f"too-short={MARK}",
    **dict.fromkeys(
        ("MUSEMENT_URL", "CLUBMED_URL", "FORGE_URL", "PUBLIC_URL", "IMAGE_PROXY_URL", "CORS_ORIGINS"),
        f"https://user:{MARK}@host.example/path?key={MARK}",
    ),
    "GRAPHIQL_IMG_SRC": f"https://user:{MARK}@host.example",
    "IMAGE_HOSTS": f"user:{MARK}@host.example",
    "SANDBOX_URLS": f'{{"musement": "http://user:{MARK}@host.example"}}',
}


@pytest.mark.parametrize("name", WRONG)
def test_a_start_that_a_wrong_value_ends_says_so_without_it(name: str) -> None:
    result = ended("--port", "0", **{name: WRONG[name]})
    assert result.returncode == 2
    assert result.stderr.startswith(f"mediagraph: MEDIAGRAPH_{name}: wanted ")
    assert result.stderr.count("\n") == 1
    assert found_in(result.stdout + result.stderr) == []


def refusals(name: str) -> Iterator[SettingsError]:
    """Try values that hold a secret where nobody wants one; give what refuses them."""
    for text in (f"https://user:{MARK}@host.example", f"redis//:{MARK}@host", f"https://host/?token={MARK}"):
        try:
            load_settings({name: text})
        except SettingsError as error:
            yield error


@pytest.mark.parametrize("name", [variable.name for variable in all_variables()])
def test_a_url_with_a_password_is_shown_by_no_setting_that_refuses_it(name: str) -> None:
    for error in refusals(name):
        assert MARK not in str(error)
        assert MARK not in repr(error.__cause__) + repr(error.__context__)
