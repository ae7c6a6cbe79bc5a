"""A provider with one thing under each key, and a client for it: what every layer can be tried on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from providers.auth import Credentials, StaticHeaders
from providers.client import Call, CallPolicy, ProviderClient, Sample
from providers.emulation.emulator import Emulator
from providers.emulation.exchange import Answer, Route, answer_json
from providers.emulation.exchange import Call as Asked
from providers.process import Process
from providers.records import Answer as Answered
from providers.records import Origin, Provider
from providers.scope import CallScope
from providers.shared import Share
from providers.transport import Reply, SessionTransport
from tests.clock import DrivenClock

THING = "GET /things/{key}"


class Thing(msgspec.Struct, frozen=True):
    name: str
    version: int = 0


class ToyEmulator(Emulator):
    """Answers each thing with its name and the version that stands in ``version``."""

    def __init__(self) -> None:
        super().__init__("toy", [Route("GET", "/things/{key}", self._thing)])
        self.version = 1

    def error(self, status: int) -> Answer:
        return answer_json({"error": status}, status)

    def _thing(self, asked: Asked) -> Answer:
        return answer_json({"name": asked.parameters["key"], "version": self.version})


class Toy:
    """The emulator, a client for it, and the clock that the client goes by."""

    def __init__(self, emulator: ToyEmulator, client: ProviderClient, clock: DrivenClock) -> None:
        self.emulator = emulator
        self.client = client
        self.clock = clock

    @property
    def calls(self) -> int:
        return self.emulator.hits.count()

    def scope(self, deadline_s: float = 30.0) -> CallScope:
        now = asyncio.get_running_loop().time()
        return CallScope("request", now, now + deadline_s)

    async def ask(self, key: str = "a", scope: CallScope | None = None) -> Answered[Thing]:
        return await self.client.get(call_for(key), read_thing, scope or self.scope(), Sample(bytes))

    async def version(self, key: str = "a") -> int | None:
        thing = (await self.ask(key)).value
        return thing.version if thing else None

    async def renewed(self) -> None:
        """Wait for every renewal in the background."""
        while self.client.in_flight:  # noqa: ASYNC110 - the client has no event for what only tests wait for
            await asyncio.sleep(0)


def call_for(key: str) -> Call:
    return Call(route=THING, path=f"/things/{key}", tags=(f"Thing:{key}",))


def read_thing(reply: Reply, origin: Origin) -> Thing:
    del origin
    return msgspec.json.decode(reply.body, type=Thing)


@asynccontextmanager
async def running_toy(
    policy: CallPolicy | None = None,
    credentials: Credentials | None = None,
    share: Share | None = None,
    url: str | None = None,
) -> AsyncIterator[Toy]:
    """Run the toy provider; by default failed calls are not repeated and no circuit opens.

    With a ``url`` the client asks that emulator instead of its own.
    """
    emulator = ToyEmulator()
    await emulator.start()
    transport = SessionTransport(64)
    clock = DrivenClock()
    chosen = policy or CallPolicy(retries=0, breaker_failures=0)
    client = ProviderClient(
        Provider.FORGE,
        url or emulator.url,
        credentials or StaticHeaders({}),
        transport,
        chosen,
        process=Process(clock),
        share=share,
    )
    try:
        yield Toy(emulator, client, clock)
    finally:
        await client.close()
        await transport.close()
        await emulator.stop()
