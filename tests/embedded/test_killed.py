"""Clients that go away and programs that are killed in the middle of writes: all of a change, or nothing of it."""

import asyncio
import json
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count as counting
from pathlib import Path
from typing import Any

import httpx
import pytest

from conftest import KINDS, CopyChinook
from figures import count, write_figures
from gemel.settings import Settings
from processes import PATIENCE, ROOT, Program, free_port, program, wait_until_closed, wait_until_ready

MAIN = str(ROOT / "main.py")
CLIENTS, QUICK, LONG = 8, 3, 50
NESTED = (
    "mutation ($id: Int!, $name: String!) { insert_artist_one(object: {id: $id, name: $name, albums: {data: ["
    "{id: $id, title: $name}]}}) { id } }"
)


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, copy_chinook: CopyChinook, tmp_path: Path) -> Iterator[Settings]:
    with copy_chinook(request.param, tmp_path) as made:
        yield made


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[tuple[Program, str]]:
    own = {
        "GEMEL_PORT": str(port),
        "GEMEL_DATABASE_URI": settings.database,
        "GEMEL_DATA_DIR": str(settings.data_dir),
        "GEMEL_BACKUP_SCHEDULE": "off",
    }
    with program([MAIN], settings.data_dir, **own) as running:
        address = f"http://127.0.0.1:{port}"
        running.wait_for(r"GraphQL +http")
        wait_until_ready(address)
        yield running, address


@dataclass
class Ledger:
    """Numbers of changes that were sent, and of those whose answer came. Each writes an artist and an album."""

    numbers: Iterator[int] = field(default_factory=lambda: counting(10_000))
    sent: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)

    def change(self) -> tuple[int, str, Any]:
        """The next one: its number, path and body; GraphQL and REST take turns."""
        number = next(self.numbers)
        self.sent.append(number)
        if number % 2:
            return number, "/v1/graphql", {"query": NESTED, "variables": {"id": number, "name": f"n{number}"}}
        artist = {"method": "POST", "path": "/artist", "body": {"id": number, "name": f"n{number}"}}
        body = {"id": number, "artist_id": number, "title": f"n{number}"}
        return number, "/rest/v1/", [artist, {"method": "POST", "path": "/album", "body": body}]


def check(ledger: Ledger, address: str) -> None:
    """What was acknowledged is there, and nothing is there by half."""
    artists, albums = (
        {row["id"] for row in httpx.get(f"{address}/rest/v1/{table}?id=gte.10000&select=id").json()}
        for table in ("artist", "album")
    )
    assert artists == albums
    assert set(ledger.done) <= artists <= set(ledger.sent)


async def write_until_it_is_gone(ledger: Ledger, address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        with suppress(httpx.TransportError):
            while True:
                number, path, body = ledger.change()
                answer = await client.post(path, json=body)
                assert answer.status_code == 200, answer.text
                assert "errors" not in answer.json(), answer.text
                ledger.done.append(number)


def kill_often(settings: Settings, times: int) -> Ledger:
    """Start the program, let clients write, kill it, look what is there; so many times."""
    ledger, port = Ledger(), free_port()

    async def clients(running: Program, address: str) -> None:
        before = len(ledger.done)
        tasks = [asyncio.create_task(write_until_it_is_gone(ledger, address)) for _ in range(CLIENTS)]
        async with asyncio.timeout(PATIENCE):
            while len(ledger.done) < before + CLIENTS:
                await asyncio.sleep(0.01)
        await asyncio.sleep(random.uniform(0, 0.3))
        running.send(signal.SIGKILL)
        await asyncio.gather(*tasks)

    for _ in range(times):
        with serving(settings, port) as (running, address):
            check(ledger, address)
            acknowledged = len(ledger.done)
            asyncio.run(clients(running, address))
            assert len(ledger.done) > acknowledged
            assert running.end() == -signal.SIGKILL
        wait_until_closed(port)
    with serving(settings, port) as (_, address):
        check(ledger, address)
    return ledger


def test_killed_while_it_writes(settings: Settings) -> None:
    kill_often(settings, QUICK)


@pytest.mark.soak
def test_killed_very_often(settings: Settings) -> None:
    ledger = kill_often(settings, count("KILLS", LONG))
    kind = "postgresql" if settings.is_postgresql else "sqlite"
    figures = {"kills": count("KILLS", LONG), "sent": len(ledger.sent), "acknowledged": len(ledger.done)}
    write_figures(f"killed_{kind}", figures)


def test_clients_that_go_away(settings: Settings) -> None:
    """Whenever that is: before the body is there, while it is worked on, before the answer is."""
    ledger, port = Ledger(), free_port()
    with serving(settings, port) as (running, address):
        for number in range(60):
            _, path, body = ledger.change()
            raw = json.dumps(body).encode()
            head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            whole = f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # closed by a reset
                client.sendall(whole[: len(whole) // 2] if number % 10 == 0 else whole)
                client.settimeout(random.uniform(0.0005, 0.008))
                with suppress(TimeoutError):
                    client.recv(1)
        with httpx.Client(base_url=address) as client:
            for _ in range(10):
                number, path, body = ledger.change()
                assert client.post(path, json=body).status_code == 200
                ledger.done.append(number)
        check(ledger, address)
        assert running.stop(signal.SIGINT) == 0
        assert "Traceback" not in running.err
