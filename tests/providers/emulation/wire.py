"""Bytes on a socket: what a test of a wire contract sends and reads, with no HTTP client in between."""

import asyncio
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import msgspec


class Reply(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> object:
        return msgspec.json.decode(self.body)


class Wire:
    """One connection to a server; header names of replies are lower-case."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._host, self._port, self._base = address.hostname, address.port, address.path

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()

    async def send(
        self, target: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes = b""
    ) -> None:
        length = {"Content-Length": str(len(body))} if body else {}
        fields = {"Host": f"{self._host}:{self._port}", **length, **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        self.writer.write(f"{method} {self._base}{target} HTTP/1.1\r\n{head}\r\n".encode() + body)
        await self.writer.drain()

    async def read(self) -> Reply:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        status = int(head[0].split()[1])
        has_body = status not in {204, 304}
        body = await self.reader.readexactly(int(headers.get("content-length", 0))) if has_body else b""
        return Reply(status, headers, body)

    async def ask(
        self, target: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes = b""
    ) -> Reply:
        await self.send(target, headers, method, body)
        return await self.read()


async def ask(
    url: str, target: str, headers: dict[str, str] | None = None, method: str = "GET", body: bytes = b""
) -> Reply:
    """Ask once, on a connection of its own."""
    async with Wire(url) as wire:
        return await wire.ask(target, headers, method, body)
