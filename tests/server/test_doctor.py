"""The doctor: what it finds in real providers and a real cache, what it advises, and that it keeps secrets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from providers.emulation.faults import unauthorized
from server.doctor import Finding, examine, table
from server.settings import load_settings
from tests.graph import Graph
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


def test_the_command_prints_the_table_and_says_by_its_code_whether_all_is_well() -> None:
    well = ended("doctor", SANDBOX="false", MUSEMENT_TOKEN="planted-token")
    assert "set MEDIAGRAPH_CLUBMED_API_KEY" in well.stdout
    assert well.returncode == 1
    assert "the credentials of Musement have no effect" in well.stdout
    ill = ended("doctor", SANDBOX="false", FORGE_URL="http://127.0.0.1:9", CLUBMED_API_KEY="planted-key")
    assert ill.returncode == 1
    assert ended("doctor", SANDBOX="false").returncode == 0
    assert "planted" not in well.stdout + well.stderr + ill.stdout + ill.stderr
