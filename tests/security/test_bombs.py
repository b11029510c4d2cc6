"""Requests that are made to hurt, sent to a service that others use at the same time (docs/limits.md)."""

import asyncio
import http.client
import json
import os
import re
import resource
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from bombs import Bomb, bombs, largest
from websockets.exceptions import ConnectionClosed

from figures import count, write_figures
from gemel.settings import Settings
from live_client import MODERN, connected
from processes import ROOT, Program, free_port, program, wait_until_ready

CEILING = 400
"""Megabytes of the process, whatever is sent (SECURITY.md)."""
SOON = 3.0
"""Seconds in which others are answered on a busy machine with two cores."""
QUIET = 6.0
"""Seconds of each round in which nobody but others asks."""
ANSWERS = frozenset({200, 400, 404, 413, 414, 429, 431, 504})


ANONYMOUS = b"host: localhost\r\nx-hasura-role: anonymous\r\n"
BEGUN = (
    b"",
    b"GET /?" + b"a" * 60_000,
    b"POST /v1/graphql HTTP/1.1\r\n" + ANONYMOUS + b"content-length: 1000000\r\n\r\n" + b" " * 100_000,
    b"POST /rest/v1/genre HTTP/1.1\r\n" + ANONYMOUS + b"content-length: 1000000\r\n\r\n" + b" " * 100_000,
    b"GET /v1/graphql HTTP/1.1\r\n" + ANONYMOUS + b"upgrade: websocket\r\nconnection: upgrade\r\n"
    b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
    b"\x81\xfe\x80\x00" + bytes(4) + b" " * 30_000,
)
"""What clients send who then send no more."""


@contextmanager
def served(settings: Settings, folder: Path, **more: str) -> Iterator[tuple[Program, int]]:
    """Both services in a process of their own, and its port."""
    port = free_port()
    environ = {"GEMEL_DATABASE_URI": settings.database, "GEMEL_PORT": str(port), "GEMEL_BACKUP_SCHEDULE": "off", **more}
    with program([str(ROOT / "main.py")], folder, **environ) as running:
        wait_until_ready(f"http://127.0.0.1:{port}")
        yield running, port


def megabytes(running: Program) -> float:
    """What the process has in memory."""
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def send(port: int, bomb: Bomb, role: str) -> tuple[int, bytes]:
    """Status and body of the answer that a caller of the role is given."""
    headers = {"x-hasura-role": role, "content-type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(bomb.method, bomb.path, bomb.text, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def check(bomb: Bomb, status: int, content: bytes) -> None:
    """It was answered or refused, and nothing broke."""
    assert status in ANSWERS, (bomb.name, status, content[:300])
    if status == 200 and bomb.method == "POST":
        codes = {error["extensions"]["code"] for error in json.loads(content).get("errors", [])}
        assert "unexpected" not in codes, (bomb.name, content[:300])


@dataclass
class Waited:
    """How long others waited, in seconds."""

    seconds: list[float] = field(default_factory=list)

    @contextmanager
    def asking(self, port: int, folder: Path) -> Iterator[None]:
        """Others ask, in a process of their own, during the block."""
        with program([str(Path(__file__).with_name("other.py")), str(port)], folder) as other:
            other.wait_for("asking")
            yield
            assert other.stop() == 0, other.err
            seen = json.loads(other.out.removeprefix("asking"))
        assert seen["wrong"] == []
        self.seconds += seen["seconds"]

    def percentile(self, share: float) -> float:
        """Seconds that so many of their requests took at most."""
        return sorted(self.seconds)[int(len(self.seconds) * share)]


@pytest.mark.parametrize("role", ["anonymous", "admin"])
def test_each_is_answered_or_refused_and_others_are_served(chinook_read: Settings, tmp_path: Path, role: str) -> None:
    others = Waited()
    with served(chinook_read, tmp_path) as (running, port):
        with others.asking(port, tmp_path):
            for bomb in (*bombs(), *largest(0)):
                if role == "admin" and bomb.name in ("aliases of lists", "all with all"):
                    continue  # who may ask for everything is given it
                check(bomb, *send(port, bomb, role))
                if role != "admin":
                    assert megabytes(running) < CEILING, bomb.name
        assert len(others.seconds) > 20
        if role != "admin":
            assert max(others.seconds) < SOON
        assert "crash" not in running.err


@contextmanager
def crowd(port: int, size: int) -> Iterator[None]:
    """So many clients who begin something and then say nothing more."""
    with ExitStack() as stack:
        for number in range(size):
            client = stack.enter_context(socket.socket())
            client.settimeout(1)
            with suppress(OSError):  # it was let go of, or refused
                client.connect(("127.0.0.1", port))
                client.sendall(BEGUN[number % len(BEGUN)])
        yield


def crowded(settings: Settings, folder: Path, size: int, **more: str) -> tuple[Waited, Waited, float]:
    """How long others waited, who were there before, and who came then, and the most megabytes of the process."""
    others, new, peak = Waited(), Waited(), 0.0
    with served(settings, folder, **more) as (running, port), others.asking(port, folder):
        for _ in range(3):
            with crowd(port, size):
                for _ in range(10):
                    began = time.monotonic()
                    assert send(port, Bomb("one", "GET", "/rest/v1/artist?id=eq.1"), "admin")[0] == 200
                    new.seconds.append(time.monotonic() - began)
                peak = max(peak, megabytes(running))
        metrics = send(port, Bomb("metrics", "GET", "/metrics"), "admin")[1].decode()
        closed = re.search(
            r'^gemel_connections_closed_total{reason="full",service="embedded"} (\S+)$', metrics, re.MULTILINE
        )
        assert closed is not None
        assert float(closed[1]) > size, "it was more than there is room for"
    assert "crash" not in running.err
    return others, new, peak


def test_others_are_served_beside_a_crowd_that_says_nothing(chinook_read: Settings, tmp_path: Path) -> None:
    others, new, peak = crowded(chinook_read, tmp_path, 400, GEMEL_MAX_CONNECTIONS="150")
    assert max(*others.seconds, *new.seconds) < SOON
    assert peak < CEILING


def large_operation(kind: str, values: list[Any]) -> dict[str, Any]:
    """What a request or a message holds: a list that takes many times as much once it is read."""
    chosen = f"{kind} ($i: [Int!]) {{ track(limit: 1, where: {{id: {{_in: $i}}}}) {{ id }} }}"
    return {"query": chosen, "variables": {"i": values}}


def check_others_beside(settings: Settings, folder: Path, flood: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Others are served until the end of a flood, and the process stays small."""
    others, peak = Waited(), 0.0
    with served(settings, folder) as (running, port), ThreadPoolExecutor(1) as thread:
        with others.asking(port, folder):
            flooding = thread.submit(asyncio.run, asyncio.wait_for(flood(port), 120))
            while not flooding.done():
                peak = max(peak, megabytes(running))
                time.sleep(0.02)
            flooding.result()
        assert "crash" not in running.err
    assert peak < CEILING
    assert max(others.seconds) < SOON


async def messages(port: int, kind: str) -> None:
    """On many WebSockets, as fast as they are taken; whoever sends them hears what comes of it."""
    payload = large_operation(kind, list(range(100_000)))

    async def one() -> None:
        async with connected(port, MODERN, compression=None) as client:
            await client.init(**{"x-hasura-role": "anonymous"})
            with suppress(ConnectionClosed):
                for number in range(10):
                    await client.tell(id=str(number), type="subscribe", payload=payload)
                for _ in range(10):
                    await client.hear()

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(one())


@pytest.mark.parametrize("kind", ["query", "subscription"])
def test_others_are_served_beside_a_flood_of_large_messages(chinook_read: Settings, tmp_path: Path, kind: str) -> None:
    """OWASP API4: 200 messages of 800 KB, of which each that is kept takes several times as much."""
    check_others_beside(chinook_read, tmp_path, lambda port: messages(port, kind))


async def bodies(port: int, values: list[Any]) -> None:
    """At a time, from several addresses."""
    content = json.dumps(large_operation("query", values), separators=(",", ":"))
    headers = {"x-hasura-role": "anonymous", "content-type": "application/json"}
    statuses: set[int] = set()

    async def some(address: str) -> None:
        transport = httpx.AsyncHTTPTransport(local_address=address)
        async with httpx.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            asked = [client.post("/v1/graphql", content=content, headers=headers) for _ in range(30)]
            statuses.update(answer.status_code for answer in await asyncio.gather(*asked))

    async with asyncio.TaskGroup() as group:
        for number in range(1, 4):
            group.create_task(some(f"127.0.0.{number}"))
    assert 200 in statuses
    assert statuses <= {200, 429}


@pytest.mark.parametrize(
    "values",
    [pytest.param(list(range(110_000)), id="numbers"), pytest.param([[[]]] * 120_000, id="lists")],
)
def test_others_are_served_beside_a_flood_of_large_bodies(
    chinook_read: Settings, tmp_path: Path, values: list[Any]
) -> None:
    """OWASP API4: 90 bodies of 700 KB, which take up to thirty times as much once they are read."""
    check_others_beside(chinook_read, tmp_path, lambda port: bodies(port, values))


@pytest.mark.soak
@pytest.mark.parametrize("chinook_read", ["postgresql"], indirect=True)
def test_a_large_crowd(chinook_read: Settings, tmp_path: Path) -> None:
    """``docs/soak/crowd.json``"""
    size = count("CROWD", 2_500)
    wanted, allowed = size + 200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert allowed == resource.RLIM_INFINITY or allowed >= wanted, f"{wanted} files have to be open: ulimit -Hn"
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, allowed))
    others, new, peak = crowded(chinook_read, tmp_path, size)
    figures = {
        "clients": 3 * size,
        "others_p50_seconds": round(others.percentile(0.5), 5),
        "others_p99_seconds": round(others.percentile(0.99), 5),
        "new_p50_seconds": round(new.percentile(0.5), 5),
        "new_slowest_seconds": round(max(new.seconds), 5),
        "peak_megabytes": round(peak),
    }
    write_figures("crowd", figures)
    assert peak < CEILING


@pytest.mark.soak
def test_others_while_bombs_come(chinook_read: Settings, tmp_path: Path) -> None:
    """``docs/soak/bombs-*.json``: how long others wait while one caller sends bombs, one after the other."""
    quiet, busy, sent, peak = Waited(), Waited(), 0, 0.0
    with served(chinook_read, tmp_path) as (running, port):
        for number in range(count("BOMB_ROUNDS", 24)):
            with quiet.asking(port, tmp_path):
                time.sleep(QUIET)
            prepared, answers = [*bombs(), *largest(number)], list[tuple[int, bytes]]()
            with busy.asking(port, tmp_path):
                for item in prepared:
                    answers.append(send(port, item, "anonymous"))
                    peak = max(peak, megabytes(running))
            for bomb, answer in zip(prepared, answers, strict=True):
                check(bomb, *answer)
            sent += len(prepared)
        figures = {
            "bombs": sent,
            "others_quiet_p50_seconds": round(quiet.percentile(0.5), 5),
            "others_quiet_p99_seconds": round(quiet.percentile(0.99), 5),
            "others_p50_seconds": round(busy.percentile(0.5), 5),
            "others_p99_seconds": round(busy.percentile(0.99), 5),
            "p99_ratio": round(busy.percentile(0.99) / quiet.percentile(0.99), 2),
            "peak_megabytes": round(peak),
        }
        write_figures(f"bombs-{'postgresql' if chinook_read.is_postgresql else 'sqlite'}", figures)
        assert peak < CEILING
