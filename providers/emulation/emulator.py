"""A real HTTP server in a provider's place, that counts what it is asked and misbehaves when told to."""

import asyncio
from collections.abc import Sequence

from aiohttp import web

from providers.emulation.control import PREFIX, control
from providers.emulation.delivery import Delivery
from providers.emulation.exchange import Answer, Call, Route
from providers.emulation.faults import Ending, Fault, Faults
from providers.emulation.hits import Hit, Hits
from providers.emulation.sabotage import break_off, misanswer

__all__ = ["Emulator", "Fault", "Faults", "Hit", "Hits"]


class Emulator:
    """One provider's twin.

    A provider's own class hands in its routes and says how it refuses a call and what its errors look like.
    `hits` and `faults` outlive `stop` and `restart`. Switches: `validators` adds `ETag` and `Last-Modified`
    and answers 304 to conditional requests, `gzip` compresses for clients that accept it, `response_headers`
    go onto every answer below 400.
    """

    def __init__(self, name: str, routes: Sequence[Route], base_path: str = "") -> None:
        self.name = name
        self.hits = Hits()
        self.faults = Faults()
        self.validators = False
        self.gzip = False
        self.response_headers: dict[str, str] = {}
        self._routes = routes
        self._base_path = base_path
        self._host = ""
        self._port = 0
        self._listener: asyncio.Server | None = None
        self._server: web.Server | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port, once started; the remote control is at `{origin}/_emulator/`."""
        return f"http://{self._host}:{self._port}"

    @property
    def url(self) -> str:
        """What an adapter takes for the provider's base URL, once started."""
        return self.origin + self._base_path

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; port 0 takes a free one. Answers the base URL."""
        if self._listener is not None:
            raise RuntimeError(f"the {self.name} emulator listens already, on {self.origin}")
        # The low-level server: the raw target is what is checked here, so no router may read it first. Left to itself
        # aiohttp lets a handler run on when its client has gone; a fault that hangs has no other end.
        self._server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        # A page's calls connect all at once; past asyncio's default of 100 a dropped one is tried again a second later.
        self._listener = await asyncio.get_running_loop().create_server(
            self._server, host, port, backlog=1024
        )
        self._host, self._port = self._listener.sockets[0].getsockname()[:2]
        return self.url

    async def stop(self) -> None:
        """Close at once, hanging requests too; afterwards connections are refused."""
        listener, server = self._listener, self._server
        self._listener = self._server = None
        if listener is None or server is None:
            return
        listener.close()
        for connection in server.connections:
            # Not close(): that waits until a client that reads no more has been sent everything.
            if connection.transport is not None:
                connection.transport.abort()
        await server.shutdown(timeout=1.0)
        # The aborted handlers still have to note their end.
        await self.hits.idle()

    async def restart(self) -> None:
        """Stop where it runs, and listen on the same port again."""
        await self.stop()
        await self.start(self._host, self._port)

    def refuse(self, call: Call) -> Answer | None:
        """Answer a call that lacks what every route demands; a provider's class overrides it."""
        del call
        return None

    def error(self, status: int) -> Answer:
        """Answer with the provider's body for a status; a provider's class overrides it."""
        raise NotImplementedError(status)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.raw_path.startswith(PREFIX):
            return await control(request, self.hits, self.faults)
        route, call = await self._read(request)
        # What no route takes counts too, under its own path: a wrong address shows in the counts.
        name = route.name if route else f"{call.method} {call.raw_path.partition('?')[0]}"
        with self.hits.recording(name, call):
            fault = self.faults.strike(name, call.raw_path)
            if fault is None:
                return self._deliver(call, self._answer(route, call))
            await self.faults.wait(fault)
            answer = misanswer(fault, lambda: self._answer(route, call), self.error)
            if fault.ending is Ending.WHOLE:
                return self._deliver(call, answer)
            return await break_off(request, answer, fault)

    def _deliver(self, call: Call, answer: Answer) -> web.Response:
        return Delivery(self.validators, self.gzip, self.response_headers).respond(call, answer)

    def _answer(self, route: Route | None, call: Call) -> Answer:
        if route is None:
            return self.error(404)
        return self.refuse(call) or route.answer(call)

    async def _read(self, request: web.BaseRequest) -> tuple[Route | None, Call]:
        found, parameters = self._find(request.method, request.raw_path.partition("?")[0])
        headers = {name.lower(): value for name, value in request.headers.items()}
        # Links to other pages are absolute (Forge, observed) and must lead back here, by the name that the client used.
        origin = f"http://{headers.get('host', '')}"
        body = await request.read() if request.can_read_body else b""
        return found, Call(request.method, request.raw_path, headers, body, origin, parameters)

    def _find(self, method: str, path: str) -> tuple[Route | None, dict[str, str]]:
        if path.startswith(self._base_path):
            for route in self._routes:
                parameters = route.match(method, path.removeprefix(self._base_path))
                if parameters is not None:
                    return route, parameters
        return None, {}
