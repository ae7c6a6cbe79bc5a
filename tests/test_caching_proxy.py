"""nginx in front of the graph, with the configuration that is shipped: what it keeps, renews and never keeps."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import aiohttp
import msgspec
import pytest

from tests.graph import Graph, running_graph
from tests.live import serving

CONFIGURATION = Path(__file__).parents[1] / "deploy" / "nginx" / "mediagraph.conf"
PATIENCE_S = 30.0
TITLES = "query Titles($first: Int = 3) { photos(first: $first) { nodes { slug title tags { title } } } }"


def asking(query: str) -> str:
    return f"/graphql?query={quote(query)}"


FIRST = asking(TITLES)

pytestmark = pytest.mark.skipif(
    "CI" not in os.environ and not shutil.which("nginx"), reason="wants Debian's nginx-light"
)


class Seen(msgspec.Struct, frozen=True):
    """What a client behind the proxy sees: ``cache`` is the proxy's word for where it came from."""

    status: int
    cache: str
    headers: Mapping[str, str]
    body: bytes


class Proxied:
    """A graph behind the proxy."""

    def __init__(self, graph: Graph, origin: str, session: aiohttp.ClientSession) -> None:
        self.graph = graph
        self._origin = origin
        self._session = session

    async def get(self, path: str, **headers: str) -> Seen:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.get(self._origin + path, headers=sent) as response:
            body = await response.read()
            found = {name.lower(): value for name, value in response.headers.items()}
            return Seen(response.status, found.get("x-cache", ""), found, body)


def written(folder: Path, graph: str, listener: socket.socket) -> Path:
    """Write the shipped configuration for a graph, a listener and a folder of this test."""
    address = "{}:{}".format(*listener.getsockname()[:2])
    shipped = CONFIGURATION.read_text(encoding="utf-8")
    for there, here in {
        "server 127.0.0.1:8000;": f"server {graph.removeprefix('http://')};",
        "listen 8080;": f"listen {address};",
        "/var/cache/nginx/mediagraph": str(folder / "cache"),
    }.items():
        assert shipped.count(there) == 1
        shipped = shipped.replace(there, here)
    paths = " ".join(
        f"{name}_temp_path {folder / name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # As root its worker would be somebody who may not write here.
    user = "user root; worker_processes 1; " if os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(
        f"{user}daemon off; pid {folder / 'pid'}; error_log {folder / 'errors'} warn;\n"
        f"events {{}}\nhttp {{ access_log off; {paths}\n{shipped}}}\n"
    )
    return path


@asynccontextmanager
async def nginx(folder: Path, graph: str) -> AsyncIterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        path = written(folder, graph, listener)
        # It takes over a socket that listens already, so that nobody has to ask whether it is up.
        process = await asyncio.create_subprocess_exec(
            "nginx",
            *("-p", str(folder), "-e", str(folder / "errors"), "-c", str(path)),
            env={**os.environ, "NGINX": f"{listener.fileno()};"},
            pass_fds=[listener.fileno()],
        )
        try:
            yield "http://{}:{}".format(*listener.getsockname()[:2])
        finally:
            process.terminate()
            await process.wait()


@asynccontextmanager
async def proxied(folder: Path, **settings: str) -> AsyncIterator[Proxied]:
    async with (
        running_graph(**settings) as graph,
        serving(graph.app) as origin,
        nginx(folder, origin) as proxy,
        # Compressed as a browser would have it, and left so: other bytes have another tag.
        aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(PATIENCE_S),
            headers={"accept-encoding": "gzip"},
        ) as session,
    ):
        yield Proxied(graph, proxy, session)
    said = (folder / "errors").read_text().splitlines()
    assert [line for line in said if "[notice]" not in line] == []


async def test_a_query_by_get_reaches_the_graph_once(tmp_path: Path) -> None:
    async with proxied(tmp_path) as proxy:
        seen = [await proxy.get(FIRST) for _ in range(3)]
        fresh = await proxy.get(FIRST, if_none_match=seen[0].headers["etag"])

    assert [each.cache for each in seen] == ["MISS", "HIT", "HIT"]
    assert len({each.body for each in seen}) == 1
    assert len({each.headers["x-request-id"] for each in seen}) == 3
    assert (fresh.status, fresh.cache, fresh.body) == (304, "HIT", b"")
    assert sum(proxy.graph.calls.values()) == 1


async def test_a_trusted_document_is_kept_by_its_hash_and_variables(tmp_path: Path) -> None:
    documents = tmp_path / "titles.graphql"
    documents.write_text(TITLES)
    path = f"/graphql/{sha256(TITLES.encode()).hexdigest()}"
    async with proxied(tmp_path, trusted_documents=str(documents), trusted_mode="enforce") as proxy:
        seen = [await proxy.get(path + query) for query in ("", "", '?variables={"first":2}')]
        refused = [await proxy.get(FIRST + "%20") for _ in range(2)]

    assert [(each.status, each.cache) for each in seen] == [(200, "MISS"), (200, "HIT"), (200, "MISS")]
    assert seen[0].body != seen[2].body
    assert [each.cache for each in refused] == ["MISS", "MISS"]


async def test_an_answer_that_has_run_out_is_renewed_by_its_tag(tmp_path: Path) -> None:
    async with proxied(tmp_path, forge_fresh_s="2") as proxy:
        first = await proxy.get(FIRST)
        async with asyncio.timeout(PATIENCE_S):
            while (renewed := await proxy.get(FIRST)).cache != "REVALIDATED":
                assert renewed.status == 200

    assert first.cache == "MISS"
    assert renewed.body == first.body
    assert sum(proxy.graph.calls.values()) > 1


async def test_languages_and_codings_are_kept_apart(tmp_path: Path) -> None:
    path = asking('{ activity(uuid: "f8588839-c993-491d-97cc-a96f03dfb144") { title description } }')
    async with proxied(tmp_path, musement_locales="en-US fr-FR") as proxy:
        seen = [await proxy.get(path, accept_language=each) for each in ("en-US", "fr-FR", "en-US", "fr-FR")]
        plain = await proxy.get(path, accept_language="en-US", accept_encoding="identity")

    assert [each.cache for each in seen] == ["MISS", "MISS", "HIT", "HIT"]
    assert seen[0].body != seen[1].body
    assert (seen[0].body, seen[1].body) == (seen[2].body, seen[3].body)
    assert plain.cache == "MISS"


async def test_what_failed_is_not_kept(tmp_path: Path) -> None:
    path = asking('{ photos(first: 1) { nodes { slug } } node(id: "x") { id } }')
    async with proxied(tmp_path) as proxy:
        seen = [await proxy.get(path) for _ in range(2)]

    assert [each.cache for each in seen] == ["MISS", "MISS"]
    assert seen[0].headers["cache-control"] == "no-store"


async def test_what_needs_a_key_is_not_kept(tmp_path: Path) -> None:
    async with proxied(tmp_path, client_keys="shop=planted-key-of-the-shop") as proxy:
        seen = [await proxy.get(FIRST, x_api_key="planted-key-of-the-shop") for _ in range(2)]
        stranger = await proxy.get(FIRST)

    assert [(each.status, each.cache) for each in seen] == [(200, "BYPASS"), (200, "BYPASS")]
    assert stranger.status == 401


async def test_while_the_graph_is_away_an_old_answer_is_better_than_none(tmp_path: Path) -> None:
    async with (
        running_graph(forge_fresh_s="2") as graph,
        aiohttp.ClientSession() as session,
        AsyncExitStack() as served,
        nginx(tmp_path, await served.enter_async_context(serving(graph.app))) as origin,
    ):
        proxy = Proxied(graph, origin, session)
        first = await proxy.get(FIRST)
        await served.aclose()
        async with asyncio.timeout(PATIENCE_S):
            while (old := await proxy.get(FIRST)).cache != "STALE":
                assert old.status == 200

    assert old.body == first.body
