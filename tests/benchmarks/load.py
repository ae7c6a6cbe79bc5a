"""Load: connections that ask again as soon as they are answered."""

import asyncio
import time
from collections.abc import Iterator
from typing import cast

from tests.benchmarks.workloads import Workload

_END = b"\r\n\r\n"
_LAST_CHUNK = b"\r\n0\r\n\r\n"


class Client(asyncio.Protocol):
    """One connection; counts good answers and how long each took."""

    def __init__(self, requests: Iterator[bytes], until: float) -> None:
        self._requests, self._until = requests, until
        self._got = bytearray()
        self.took: list[float] = []
        self.failures: list[bytes] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        # uvloop's transports are asyncio's in all but their class.
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def _ask(self) -> None:
        self._started = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Ask again once the answer is whole."""
        self._got += data
        head_end = self._got.find(_END)
        if head_end < 0:
            return
        head = bytes(self._got[:head_end]).lower()
        if not self._is_whole(head, head_end + len(_END)):
            return
        now = time.perf_counter()
        self.took.append(now - self._started)
        if b" 200 " not in head[:20] or b'"errors"' in self._got:
            self.failures.append(bytes(self._got[:2000]))
        self._got.clear()
        if now < self._until:
            self._ask()
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def _is_whole(self, head: bytes, start: int) -> bool:
        _, is_counted, rest = head.partition(b"content-length:")
        if is_counted:
            return len(self._got) >= start + int(rest.split(b"\r\n", 1)[0])
        return self._got.endswith(_LAST_CHUNK)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; the server has hung up where it was not ended before."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server hung up"))


class Load:
    """What a stretch of load came to."""

    def __init__(self, took: list[float], seconds: float, failures: list[bytes]) -> None:
        self.count = len(took)
        self.per_second = len(took) / seconds
        self.median_ms = sorted(took)[len(took) // 2] * 1000
        self.failures = failures


async def load(port: int, path: str, workload: Workload, connections: int, seconds: float) -> Load:
    """Ask a server for a while."""
    requests = _requests(port, path, workload)
    started = time.perf_counter()
    loop = asyncio.get_running_loop()
    clients = []
    for _ in range(connections):
        _, client = await loop.create_connection(
            lambda: Client(requests, started + seconds), "127.0.0.1", port
        )
        clients.append(client)
    await asyncio.gather(*[client.done for client in clients])
    took = [each for client in clients for each in client.took]
    failures = [each for client in clients for each in client.failures]
    return Load(took, time.perf_counter() - started, failures)


_turn = iter(range(10**12))


def _requests(port: int, path: str, workload: Workload) -> Iterator[bytes]:
    once = None if workload.fresh else _request(port, path, workload.body(0))
    while True:
        yield once or _request(port, path, workload.body(next(_turn)))


def _request(port: int, path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"accept: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
