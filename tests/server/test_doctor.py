"""The doctor: what it finds in real providers and a real cache, what it advises, and that it keeps secrets."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path

import pytest

from providers.emulation.faults import (
    Fault,
    forbidden,
    hang,
    server_error,
    too_many_requests,
    truncated,
    unauthorized,
)
from server.doctor import Finding, examine, table
from server.settings import load_settings
from tests.graph import Graph
from tests.providers.redis_server import RedisServer, redis_program
from tests.server.test_command_line import ended


async def examined(graph: Graph, **changes: str) -> dict[str, Finding]:
    environ = {
        "MUSEMENT_URL": graph.musement.url,
        "MUSEMENT_APPLICATION": "planted-application",
        "CLUBMED_URL": graph.clubmed.url,
        "CLUBMED_API_KEY": "planted-key",
        "FORGE_URL": graph.forge.url,
        "SANDBOX": "false",
        **changes,
    }
    settings = load_settings({f"MEDIAGRAPH_{name}": text for name, text in environ.items()})
    return {finding.subject: finding for finding in await examine(settings)}


@asynccontextmanager
async def cache(password: str) -> AsyncIterator[str]:
    """Speak as much of Redis' protocol as greeting it takes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while words := await reader.readline():
            told = [
                await reader.readexactly(int((await reader.readline())[1:]) + 2)
                for _ in range(int(words[1:]))
            ]
            known = told[0] == b"PING\r\n" or told[-1] == f"{password}\r\n".encode()
            answer = b"+PONG" if told[0] == b"PING\r\n" else b"+OK"
            writer.write((answer if known else b"-WRONGPASS") + b"\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_all_is_well_where_every_provider_answers(graph: Graph) -> None:
    found = await examined(graph)
    assert {subject: finding.state for subject, finding in found.items()} == {
        "settings": "ok",
        "MUSEMENT": "ok",
        "CLUB_MED": "ok",
        "FORGE": "ok",
        "clock by MUSEMENT": "ok",
        "clock by CLUB_MED": "ok",
        "clock by FORGE": "ok",
        "cache": "off",
    }


async def test_a_refused_credential_is_said_with_what_to_do(graph: Graph) -> None:
    graph.clubmed.faults.add(unauthorized())
    found = await examined(graph)
    assert found["CLUB_MED"].state == "fail"
    assert "replace the credential" in found["CLUB_MED"].advice
    assert found["FORGE"].state == "ok"


async def test_a_provider_that_cannot_be_reached_fails_alone(graph: Graph) -> None:
    found = await examined(graph, FORGE_URL="http://127.0.0.1:9")
    assert found["FORGE"].state == "fail"
    assert "check the URL" in found["FORGE"].advice
    assert found["MUSEMENT"].state == "ok"


async def test_the_cache_answers_refuses_or_is_not_there(graph: Graph) -> None:
    async with cache("right") as address:
        right = await examined(graph, CACHE_URL=f"redis://:right@{address}/0")
        named = await examined(graph, CACHE_URL=f"redis://user:right@{address}/0")
        wrong = await examined(graph, CACHE_URL=f"redis://:planted-wrong@{address}/0")
    gone = await examined(graph, CACHE_URL="redis://:planted-password@127.0.0.1:9/0")
    assert [each["cache"].state for each in (right, named, wrong, gone)] == ["ok", "ok", "fail", "fail"]
    assert "planted" not in table([*wrong.values(), *gone.values()])


BROKEN = {
    "forbidden": (forbidden(), "ask the provider for access"),
    "rate_limited": (too_many_requests(), "wait, or ask the provider for a larger quota"),
    "unavailable": (server_error(), "check the URL, DNS, firewall and the provider's own state"),
    "no_json": (truncated(), "something answers there that is not this provider"),
    "rejected": (Fault(status=418), "check the URL and the provider's version"),
    "silent": (hang(), "check DNS, firewall and proxy, or raise the provider's _TIMEOUT_S"),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_each_thing_that_is_broken_has_its_own_advice(graph: Graph, broken: str) -> None:
    fault, advice = BROKEN[broken]
    graph.musement.faults.add(fault, route="GET /activities")
    timeout_s = "0.3" if broken == "silent" else "30"
    found = await examined(graph, MUSEMENT_RETRIES="0", MUSEMENT_TIMEOUT_S=timeout_s)
    assert found["MUSEMENT"].state == "fail"
    assert advice in found["MUSEMENT"].advice
    assert [found[name].state for name in ("CLUB_MED", "FORGE", "settings")] == ["ok", "ok", "ok"]


async def test_client_credentials_are_tried_by_a_login(graph: Graph) -> None:
    right = {"MUSEMENT_CLIENT_ID": "sandbox-client", "MUSEMENT_CLIENT_SECRET": "sandbox-secret"}
    assert (await examined(graph, **right))["MUSEMENT"].state == "ok"
    wrong = await examined(graph, **right | {"MUSEMENT_CLIENT_SECRET": "planted-secret"})
    assert "replace the credential" in wrong["MUSEMENT"].advice
    assert graph.calls["POST /login"] == 2
    assert "planted" not in table(wrong.values())


@pytest.mark.parametrize(("ahead_s", "state"), [(-3600, "fail"), (-20, "ok"), (3600, "fail")])
async def test_a_clock_that_differs_is_told_with_what_to_do(graph: Graph, ahead_s: int, state: str) -> None:
    told = formatdate(time.time() + ahead_s, usegmt=True)
    graph.forge.faults.add(Fault(status=200, body=b"", headers={"Date": told}), route="HEAD /")
    found = await examined(graph)
    clock = found["clock by FORGE"]
    assert clock.state == state
    assert ("set this machine's clock" in clock.advice) == (state == "fail")
    assert found["clock by MUSEMENT"].state == "ok"


async def test_a_clock_that_a_provider_does_not_tell_is_no_failure(graph: Graph) -> None:
    graph.forge.faults.add(Fault(status=200, body=b"", headers={"Date": "yesterday"}), route="HEAD /")
    assert (await examined(graph))["clock by FORGE"].state == "off"


async def test_a_real_redis_is_greeted_by_its_port_and_by_its_socket(graph: Graph, tmp_path: Path) -> None:
    server, path = RedisServer(redis_program(), tmp_path), tmp_path / "redis.sock"
    await server.start("--requirepass", "right", "--unixsocket", str(path))
    try:
        found = [
            (await examined(graph, CACHE_URL=url))["cache"]
            for url in (
                f"redis://:right@127.0.0.1:{server.port}/0",
                f"unix://:right@{path}",
                f"redis://127.0.0.1:{server.port}/0",
                f"redis://:wrong@127.0.0.1:{server.port}/0",
            )
        ]
    finally:
        await server.kill()
    assert [each.state for each in found] == ["ok", "ok", "fail", "fail"]
    assert {each.advice for each in found[2:]} == {"check user and password of MEDIAGRAPH_CACHE_URL"}
    gone = (await examined(graph, CACHE_URL=f"unix://{tmp_path}/nothing"))["cache"]
    assert gone.advice == "check host, port and firewall of MEDIAGRAPH_CACHE_URL"


def test_the_command_prints_the_table_and_says_by_its_code_whether_all_is_well() -> None:
    well = ended("doctor", SANDBOX="false", MUSEMENT_TOKEN="planted-token")
    assert "set MEDIAGRAPH_CLUBMED_API_KEY" in well.stdout
    assert well.returncode == 1
    assert "the credentials of Musement have no effect" in well.stdout
    ill = ended("doctor", SANDBOX="false", FORGE_URL="http://127.0.0.1:9", CLUBMED_API_KEY="planted-key")
    assert ill.returncode == 1
    assert ended("doctor", SANDBOX="false").returncode == 0
    assert "planted" not in well.stdout + well.stderr + ill.stdout + ill.stderr
