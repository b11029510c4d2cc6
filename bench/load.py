"""A closed loop of HTTP/1.1 requests over several connections, in a process of its own."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True)
class Load:
    """What came of it."""

    per_second: float
    latencies: tuple[float, ...]
    """Seconds of each request, sorted."""
    errors: int
    """Answers with another status than 200, 201 or 206."""

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the requests was answered."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)]


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Sequence[bytes], ends: float) -> None:
        self._requests, self._ends = cycle(requests), ends
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.errors = 0
        self._head, self._missing = b"", -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._began = time.perf_counter()
        if self._began >= self._ends:
            self._transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self._transport.write(next(self._requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        if self._missing < 0:
            self._head += data
            head, found, rest = self._head.partition(b"\r\n\r\n")
            if not found:
                return
            lower = head.lower()
            at = lower.find(b"content-length: ")
            if at < 0:
                raise RuntimeError(f"an answer without Content-Length: {head!r}")
            self._missing = int(lower[at + 16 :].split(b"\r\n", 1)[0])
            self.errors += head[9:12] not in (b"200", b"201", b"206") or rest.startswith(b'{"errors"')
            self._head, data = b"", rest
        self._missing -= len(data)
        if self._missing == 0:
            self._missing = -1
            self.latencies.append(time.perf_counter() - self._began)
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server closed the connection"))


async def run(host: str, port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    """Send requests for so long; each connection sends its next one when the last is answered."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    made = []
    for number in range(connections):
        turned = [*requests[number:], *requests[:number]]
        _, protocol = await loop.create_connection(lambda mine=turned: _Connection(mine, began + seconds), host, port)
        made.append(protocol)
    await asyncio.gather(*(item.done for item in made))
    took = time.perf_counter() - began
    latencies = sorted(value for item in made for value in item.latencies)
    return Load(len(latencies) / took, tuple(latencies), sum(item.errors for item in made))
