"""A provider behind TLS: with a certificate that the graph trusts, until it shows another."""

import asyncio
import os
import shutil
import ssl
import subprocess
from pathlib import Path

import msgspec
import pytest


class Certificate(msgspec.Struct, frozen=True):
    """A certificate of 127.0.0.1, signed by itself, and its key."""

    path: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path, self.key)
        return context


def make_certificate(folder: Path, name: str) -> Certificate:
    """Make one with openssl; a test that needs it skips without it, except in CI."""
    openssl = shutil.which("openssl")
    if openssl is None:
        if os.environ.get("CI"):
            pytest.fail("CI has openssl")
        pytest.skip("no openssl here to make a certificate with")
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(made.key), "-out", str(made.path)),
        ],
        check=True,
        capture_output=True,
    )
    return made


class Front:
    """Takes TLS connections on one port, and hands their bytes on to where ``behind`` says."""

    def __init__(self) -> None:
        self.behind = 0
        self.url = ""
        self._port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def present(self, certificate: Certificate) -> None:
        """Show this certificate from now on; whoever is connected has to come again."""
        await self.close()
        self._server = await asyncio.start_server(
            self._take, "127.0.0.1", self._port, ssl=certificate.server_context()
        )
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"https://127.0.0.1:{self._port}"

    async def close(self) -> None:
        if self._server is None:
            return
        # Begun before the end: after it nobody is told any more when the last connection is gone.
        gone = asyncio.create_task(self._server.wait_closed())
        await asyncio.sleep(0)
        self._server.close()
        for task in self._tasks:
            task.cancel()
        for writer in self._open:
            writer.transport.abort()
        await gone
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        self._open.add(inner_writer)
        for source, target in ((reader, inner_writer), (inner_reader, writer)):
            task = asyncio.create_task(_hand_on(source, target))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _hand_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    try:
        while part := await source.read(65536):
            target.write(part)
            await target.drain()
    except ConnectionError:
        pass
    finally:
        target.close()
