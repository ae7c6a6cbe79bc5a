"""The sandbox: a child process that ends with its parent, and its pictures under the graph's origin."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing

import aiohttp
import pytest
import uvicorn
import yarl
from aiohttp import web
from starlette.applications import Starlette

from server.sandbox import Sandbox, SandboxError, sandbox_command
from server.sandbox_pictures import sandbox_routes
from server.service import AnnouncingServer
from server.settings import foreign_environment
from server.settings_sandbox import SandboxUrls

START_S = 30.0
URLS = '{"musement":"http://h/m","clubmed":"http://h/c","forge":"http://h/f","images":"http://h"}'


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


@pytest.fixture(scope="module")
def sandbox_urls() -> Iterator[SandboxUrls]:
    with Sandbox(sandbox_command("http://localhost:8000"), foreign_environment()) as sandbox:
        yield sandbox.urls(START_S)


@asynccontextmanager
async def served(images_url: str | None) -> AsyncIterator[str]:
    """Serve the pictures' routes alone; answers their origin."""
    started = asyncio.Event()
    config = uvicorn.Config(Starlette(routes=sandbox_routes(images_url)), log_config=None, ws="none")
    server = AnnouncingServer(config, started.set)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        await started.wait()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        await serving


@asynccontextmanager
async def recording() -> AsyncIterator[tuple[str, list[web.BaseRequest]]]:
    """Serve a stand-in of the pictures that keeps what it was asked."""
    asked: list[web.BaseRequest] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(request)
        headers = {
            "ETag": '"7"',
            "Cache-Control": "max-age=9",
            "Set-Cookie": "a=b",
            "Server": "x",
            "Vary": "Accept",
        }
        return web.Response(body=b"0123456789", content_type="image/webp", headers=headers)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield "http://{}:{}".format(*runner.addresses[0][:2]), asked
    await runner.cleanup()


@asynccontextmanager
async def asked_for(
    url: str, method: str = "GET", headers: dict[str, str] | None = None
) -> AsyncIterator[aiohttp.ClientResponse]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, yarl.URL(url, encoded=True), headers=headers) as response,
    ):
        yield response


def test_the_child_tells_where_it_listens_and_ends_with_the_block() -> None:
    with Sandbox(sandbox_command("http://localhost:8000"), foreign_environment()) as sandbox:
        urls = sandbox.urls(START_S)
        images = yarl.URL(urls.images)
        socket.create_connection((str(images.host), int(images.port or 0))).close()
    assert sandbox.wait() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((str(images.host), int(images.port or 0)))


def test_a_child_that_ends_at_once_is_named_with_its_code() -> None:
    with (
        Sandbox(python("raise SystemExit(7)"), foreign_environment()) as sandbox,
        pytest.raises(SandboxError, match="ended with code 7 before it was ready"),
    ):
        sandbox.urls(START_S)


def test_a_child_that_says_something_else_is_refused() -> None:
    with (
        Sandbox(python("print('hello'); input()"), foreign_environment()) as sandbox,
        pytest.raises(SandboxError, match="did not tell its URLs but b'hello"),
    ):
        sandbox.urls(START_S)


def test_a_child_that_says_nothing_is_given_up_after_its_time() -> None:
    with (
        Sandbox(python("import sys; sys.stdin.read()"), foreign_environment()) as sandbox,
        pytest.raises(SandboxError, match=r"was not ready after 0\.01 s"),
    ):
        sandbox.urls(0.01)


def test_a_talkative_child_is_never_made_to_wait() -> None:
    script = f"print('{URLS}'); print('x' * 1_000_000); import sys; sys.stdin.read(); raise SystemExit(3)"
    with Sandbox(python(script), foreign_environment()) as sandbox:
        assert sandbox.urls(START_S).forge == "http://h/f"
    assert sandbox.wait() == 3


def test_a_child_that_ignores_its_end_is_killed() -> None:
    script = f"print('{URLS}', flush=True); import signal; signal.pause()"
    with Sandbox(python(script), foreign_environment(), stop_s=0.01) as sandbox:
        sandbox.urls(START_S)
    assert sandbox.wait() < 0


async def test_a_picture_is_answered_under_the_graphs_origin(sandbox_urls: SandboxUrls) -> None:
    path = "/sandbox/images/forge/image/private/c_fill,g_auto,w_208,h_117/f_jpg/q_auto/forge/x"
    async with served(sandbox_urls.images) as origin, asked_for(f"{origin}{path}") as response:
        assert response.status == 200
        assert response.content_type == "image/jpeg"
        assert (await response.read())[:3] == b"\xff\xd8\xff"


async def test_path_and_query_reach_the_sandbox_byte_for_byte() -> None:
    target = "/sandbox/images/a,b/c%2Cd%20e/%25f//g:h?w=750&h=500&fit=a%2Cb&x=%7B"
    async with recording() as (images, asked), served(images) as origin, asked_for(f"{origin}{target}"):
        assert [request.raw_path for request in asked] == [target]


async def test_only_what_chooses_a_representation_is_passed_on() -> None:
    sent = {
        "Accept": "image/webp",
        "Range": "bytes=0-3",
        "If-None-Match": '"7"',
        "Cookie": "session=1",
        "Authorization": "Bearer planted",
        "X-Request-Id": "1",
    }
    async with recording() as (images, asked), served(images) as origin:
        async with asked_for(f"{origin}/sandbox/images/a", headers=sent):
            pass
        names = {name.lower() for name in asked[0].headers} - {"host"}
    assert names == {"accept", "range", "if-none-match"}


async def test_type_length_and_freshness_come_back_and_nothing_else() -> None:
    async with (
        recording() as (images, _),
        served(images) as origin,
        asked_for(f"{origin}/sandbox/videos/a.mp4") as response,
    ):
        assert await response.read() == b"0123456789"
        passed = {name.lower(): value for name, value in response.headers.items()}
    assert {
        name: passed[name] for name in ("content-type", "content-length", "etag", "cache-control", "vary")
    } == {
        "content-type": "image/webp",
        "content-length": "10",
        "etag": '"7"',
        "cache-control": "max-age=9",
        "vary": "Accept",
    }
    assert passed["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in passed


async def test_a_head_request_stays_one() -> None:
    async with (
        recording() as (images, asked),
        served(images) as origin,
        asked_for(f"{origin}/sandbox/images/a", "HEAD") as response,
    ):
        assert [request.method for request in asked] == ["HEAD"]
        assert response.headers["content-length"] == "10"
        assert await response.read() == b""


async def test_a_part_of_a_video_can_be_asked_for(sandbox_urls: SandboxUrls) -> None:
    async with (
        served(sandbox_urls.images) as origin,
        asked_for(f"{origin}/sandbox/videos/clubmed/x.mp4", headers={"Range": "bytes=4-7"}) as response,
    ):
        assert response.status == 206
        assert response.headers["content-range"].startswith("bytes 4-7/")
        assert await response.read() == b"ftyp"


@pytest.mark.parametrize(
    "path",
    [
        "/sandbox/images/../../_emulator/hits",
        "/sandbox/images/%2e%2e/%2e%2e/_emulator/hits",
        "/sandbox/images/..%2f..%2f_emulator/hits",
        "/sandbox/images/..%5c..%5c_emulator/hits",
        "/sandbox/images/./a",
        "/%73andbox/images/a",
        "/sandbox/images/" + "a" * 2000,
    ],
)
async def test_nothing_but_pictures_can_be_reached(path: str) -> None:
    async with recording() as (images, asked), served(images) as origin:
        async with asked_for(f"{origin}{path}") as response:
            assert response.status == 404
        assert asked == []


async def test_a_picture_can_be_read_but_not_written() -> None:
    async with (
        recording() as (images, asked),
        served(images) as origin,
        asked_for(f"{origin}/sandbox/images/a", "POST") as response,
    ):
        assert response.status == 405
        assert asked == []


async def test_without_a_sandbox_its_pictures_are_not_found() -> None:
    async with served(None) as origin, asked_for(f"{origin}/sandbox/images/a") as response:
        assert response.status == 404
        assert (await response.json())["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_sandbox_that_is_gone_is_said_to_be_gone() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with served(gone) as origin, asked_for(f"{origin}/sandbox/images/a") as response:
        assert response.status == 502
        assert (await response.json())["errors"][0]["extensions"]["code"] == "UPSTREAM_UNAVAILABLE"
