"""A body that only the end of its connection ends: whole where that end was a clean one, and never cut short."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from providers.pooled import PooledTransport
from providers.transport import Reply, SendFailed
from providers.wire import Wire
from tests.failures.encrypted import Certificate, make_certificate

SAID = b"HTTP/1.1 200 OK\r\n\r\none"
ASKED = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class Heard(Wire):
    """Tells when something has come."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self.heard.set()


class Tunnel:
    """Speaks TLS over a plain connection, so that it can end the one without the other."""

    def __init__(self, certificate: Certificate, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = certificate.server_context().wrap_bio(self._incoming, self._outgoing, server_side=True)

    async def run(self, reader: asyncio.StreamReader, step: Callable[[ssl.SSLObject], object]) -> None:
        """Take a step, with as much of what comes as it wants."""
        while True:
            try:
                step(self._tls)
            except ssl.SSLWantReadError:
                self._writer.write(self._outgoing.read())
                self._incoming.write(await reader.read(65536))
            else:
                self._writer.write(self._outgoing.read())
                return

    def say_goodbye(self) -> None:
        """Say that nothing comes any more."""
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            self._writer.write(self._outgoing.read())


class Server:
    """Says a body without a length, and ends the connection as it is told once that was heard."""

    def __init__(
        self, end: Callable[[asyncio.StreamWriter], object], certificate: Certificate | None
    ) -> None:
        self._end = end
        self._certificate = certificate
        self.was_heard = asyncio.Event()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tunnel = None if self._certificate is None else Tunnel(self._certificate, writer)
        if tunnel is None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(SAID)
        else:
            await tunnel.run(reader, lambda tls: tls.do_handshake())
            await tunnel.run(reader, lambda tls: tls.read(65536))
            await tunnel.run(reader, lambda tls: tls.write(SAID))
        await self.was_heard.wait()
        if tunnel is not None and self._end is closed:
            tunnel.say_goodbye()
        self._end(writer)

    async def answer(self) -> Reply:
        """Ask it; answer what came."""
        context = None
        if self._certificate is not None:
            context = ssl.create_default_context(cafile=str(self._certificate.path))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            _, wire = await loop.create_connection(Heard, "127.0.0.1", self.port, ssl=context)
            coming = wire.ask(ASKED, 99, has_body=True)
            await wire.heard.wait()
            self.was_heard.set()
            return await coming


@asynccontextmanager
async def served(
    end: Callable[[asyncio.StreamWriter], object], certificate: Certificate | None = None
) -> AsyncIterator[Server]:
    server = Server(end, certificate)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificates"), "endings")


def closed(writer: asyncio.StreamWriter) -> None:
    writer.close()


def cut(writer: asyncio.StreamWriter) -> None:
    """End the connection beneath the encryption, which did not say that it ends."""
    writer.close()


def reset(writer: asyncio.StreamWriter) -> None:
    # A linger time of zero is what makes the kernel send RST instead of FIN.
    handle: socket.socket = writer.get_extra_info("socket")
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def test_it_is_whole_where_its_connection_was_closed() -> None:
    async with served(closed) as server:
        assert (await server.answer()).body == b"one"


async def test_it_is_whole_where_its_encryption_was_ended(certificate: Certificate) -> None:
    async with served(closed, certificate) as server:
        assert (await server.answer()).body == b"one"


async def test_it_has_failed_where_its_connection_was_reset() -> None:
    async with served(reset) as server:
        with pytest.raises(SendFailed, match="cut short"):
            await server.answer()


async def test_it_has_failed_where_its_encryption_was_not_ended(certificate: Certificate) -> None:
    async with served(cut, certificate) as server:
        with pytest.raises(SendFailed, match="cut short"):
            await server.answer()


async def test_it_has_failed_where_we_have_closed_its_connection() -> None:
    transport = PooledTransport(4)
    async with served(closed) as server:
        url = f"http://127.0.0.1:{server.port}/"
        asking = asyncio.ensure_future(transport.send("GET", url, {}, None, timeout_s=5, max_bytes=99))
        heard, data_received = asyncio.Event(), Wire.data_received

        def noted(wire: Wire, data: bytes) -> None:
            data_received(wire, data)
            heard.set()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Wire, "data_received", noted)
            await asyncio.wait_for(heard.wait(), 5)
        await transport.close()
        server.was_heard.set()
        with pytest.raises(SendFailed, match="cut short"):
            await asking
