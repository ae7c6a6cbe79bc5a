"""The graph with its three emulators, for tests: real sockets below, ASGI above."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.types import Message, Scope

from providers.clock import Clock
from providers.clubmed.emulator import ClubMedEmulator
from providers.clubmed.emulator import create_emulator as create_clubmed
from providers.forge.emulator import ForgeEmulator
from providers.forge.emulator import create_emulator as create_forge
from providers.musement.emulator import MusementEmulator
from providers.musement.emulator import create_emulator as create_musement
from providers.records import Provider
from server.app import create_app
from server.settings import load_settings
from server.traced_requests import Traces

# Every test holds in both: compiled from the first use on, and with REFERENCE_EXECUTION=1 never compiled.
EXECUTION = {"COMPILE": "false"} if os.environ.get("REFERENCE_EXECUTION") else {"COMPILE_AFTER": "1"}
# Likewise: as by default, and with SESSION_TRANSPORT=1 through aiohttp's session.
SENDING = {"TRANSPORT": "session"} if os.environ.get("SESSION_TRANSPORT") else {}
# Nobody serves them there: a test that looks at pictures says where it has them served.
IMAGES_ORIGIN = "http://localhost:8000"


class Reply(msgspec.Struct, frozen=True):
    """What the graph answered over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body, decoded."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded

    @property
    def data(self) -> dict[str, Any]:
        """The data of an answer that has some."""
        data: dict[str, Any] = self.json["data"]
        return data

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors of an answer; none where it has no such key."""
        errors: list[dict[str, Any]] = self.json.get("errors", [])
        return errors

    @property
    def codes(self) -> list[tuple[str, tuple[str | int, ...]]]:
        """Code and path of every error, sorted."""
        return sorted(
            ((error["extensions"]["code"], tuple(error.get("path", ()))) for error in self.errors), key=repr
        )


class Emulators:
    """The three providers' twins."""

    def __init__(self, musement: MusementEmulator, clubmed: ClubMedEmulator, forge: ForgeEmulator) -> None:
        self.musement = musement
        self.clubmed = clubmed
        self.forge = forge

    @property
    def settings(self) -> dict[str, str]:
        """The settings by which a graph finds them."""
        return {
            "MUSEMENT_URL": self.musement.url,
            "MUSEMENT_APPLICATION": "tests",
            "CLUBMED_URL": self.clubmed.url,
            "CLUBMED_API_KEY": "tests",
            "FORGE_URL": self.forge.url,
            "FORGE_CULTURES": "en-us fr-fr it-it",
            "SANDBOX": "false",
        }

    @property
    def calls(self) -> dict[str, int]:
        """How many calls each route of each provider has had; routes without one are left out."""
        counts: dict[str, int] = {}
        for emulator in (self.musement, self.clubmed, self.forge):
            for hit in emulator.hits.calls:
                counts[hit.route] = counts.get(hit.route, 0) + 1
        return counts

    def forget_calls(self) -> None:
        """Count from nought again."""
        for emulator in (self.musement, self.clubmed, self.forge):
            emulator.hits.clear()


class Graph(Emulators):
    """A running graph; ``musement``, ``clubmed`` and ``forge`` are its emulators."""

    def __init__(self, app: Starlette, emulators: Emulators) -> None:
        super().__init__(emulators.musement, emulators.clubmed, emulators.forge)
        self.app = app

    async def query(
        self,
        text: str,
        variables: Mapping[str, Any] | None = None,
        *,
        leaves: asyncio.Event | None = None,
        **headers: str,
    ) -> Reply:
        """Run an operation by POST; header names are given with underscores."""
        body = json.dumps({"query": text, "variables": variables}).encode()
        sent = {"content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.send("POST", "/graphql", body, sent, leaves)

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        leaves: asyncio.Event | None = None,
    ) -> Reply:
        """Send one HTTP request to the application; the client goes away when ``leaves`` is set."""
        raw_path, _, query = path.partition("?")
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw_path,
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers or {}).items()],
            "client": ("127.0.0.1", 12345),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        messages: list[Message] = []
        inbox: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        gone = leaves or asyncio.Event()

        async def receive() -> Message:
            if inbox:
                return inbox.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, send)
        start = next(message for message in messages if message["type"] == "http.response.start")
        return Reply(
            status=start["status"],
            headers={name.decode(): value.decode("latin-1") for name, value in start["headers"]},
            body=b"".join(message.get("body", b"") for message in messages),
        )

    async def landed(self) -> None:
        """Wait until no call is in flight, renewals among them, which end without a word."""
        async with asyncio.timeout(10):
            while await self._has_calls_in_flight():  # noqa: ASYNC110 - there is no event of this
                await asyncio.sleep(0)

    async def _has_calls_in_flight(self) -> bool:
        page = (await self.send("GET", "/metrics")).body.decode()
        numbers = re.findall(r"^mediagraph_provider_calls_in_flight{.*} (.*)$", page, re.MULTILINE)
        assert len(numbers) == len(Provider)
        return any(map(float, numbers))


@asynccontextmanager
async def running_emulators(images_origin: str = IMAGES_ORIGIN) -> AsyncIterator[Emulators]:
    """Run fresh emulators; ``images_origin`` is where they say that their pictures are."""
    emulators = Emulators(
        create_musement(images_origin), create_clubmed(images_origin), create_forge(images_origin)
    )
    each = (emulators.musement, emulators.clubmed, emulators.forge)
    for emulator in each:
        await emulator.start()
    try:
        yield emulators
    finally:
        for emulator in each:
            await emulator.stop()


@asynccontextmanager
async def running_graph(
    clock: Clock | None = None,
    traces: Traces | None = None,
    /,
    *,
    images_origin: str = IMAGES_ORIGIN,
    **settings: str,
) -> AsyncIterator[Graph]:
    """Run a graph over fresh emulators; settings by their names without the prefix, in any case."""
    async with running_emulators(images_origin) as emulators:
        environ = {**emulators.settings, **EXECUTION, **SENDING}
        environ |= {name.upper(): value for name, value in settings.items()}
        loaded = load_settings({f"MEDIAGRAPH_{name}": value for name, value in environ.items()})
        app = create_app(loaded, clock, traces)
        async with app.router.lifespan_context(app):
            yield Graph(app, emulators)
