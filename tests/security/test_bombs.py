"""Requests that are made to hurt, sent to a service that others use at the same time (docs/limits.md)."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from bombs import Bomb, bombs

from figures import count, write_figures
from gemel.settings import Settings
from processes import ROOT, Program, free_port, program, wait_until_ready

CEILING = 400
"""Megabytes of the process, whatever is sent (SECURITY.md)."""
SOON = 3.0
"""Seconds in which others are answered on a busy machine with two cores."""
ANSWERS = frozenset({200, 400, 404, 413, 429, 431, 504})
ATTACKER = {"x-hasura-role": "anonymous"}
ONE = {"query": "{ artist_by_pk(id: 1) { name } }"}


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[tuple[Program, str]]:
    """Both services in a process of their own."""
    port = free_port()
    environ = {"GEMEL_DATABASE_URI": settings.database, "GEMEL_PORT": str(port), "GEMEL_BACKUP_SCHEDULE": "off"}
    with program([str(ROOT / "main.py")], folder, **environ) as running:
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address)
        yield running, address


def megabytes(running: Program) -> float:
    """What the process has in memory."""
    pages = int(Path(f"/proc/{running.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


def send(client: httpx.Client, bomb: Bomb) -> httpx.Response | None:
    """The answer; ``None`` if the client itself refuses to send it."""
    try:
        if bomb.name == "deep JSON":
            return client.post(bomb.path, content=b"[" * 900_000, headers={"content-type": "application/json"})
        return client.request(bomb.method, bomb.path, json=bomb.body)
    except httpx.InvalidURL:
        return None


def check(bomb: Bomb, answer: httpx.Response) -> None:
    """It was answered or refused, and nothing broke."""
    assert answer.status_code in ANSWERS, (bomb.name, answer.status_code, answer.text[:300])
    if answer.status_code == 200 and bomb.method == "POST":
        found = json.loads(answer.content)
        codes = {error["extensions"]["code"] for error in found.get("errors", [])}
        assert "unexpected" not in codes, (bomb.name, answer.text[:300])


@dataclass
class Other:
    """Another client, who asks for one row again and again."""

    address: str
    stop: threading.Event = field(default_factory=threading.Event)
    seconds: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def run(self) -> None:
        with httpx.Client(base_url=self.address, timeout=60) as client:
            while not self.stop.is_set():
                began = time.monotonic()
                answer = client.post("/v1/graphql", json=ONE)
                self.seconds.append(time.monotonic() - began)
                if answer.text != '{"data":{"artist_by_pk":{"name":"AC/DC"}}}':
                    self.wrong.append(answer.text)
                time.sleep(0.01)

    @contextmanager
    def asking(self) -> Iterator[None]:
        thread = threading.Thread(target=self.run)
        thread.start()
        try:
            yield
        finally:
            self.stop.set()
            thread.join()

    def percentile(self, share: float) -> float:
        """Seconds that so many of its requests took at most."""
        return sorted(self.seconds)[int(len(self.seconds) * share)]


@pytest.mark.parametrize("role", ["anonymous", "admin"])
def test_each_is_answered_or_refused_and_others_are_served(chinook_read: Settings, tmp_path: Path, role: str) -> None:
    with served(chinook_read, tmp_path) as (running, address):
        other = Other(address)
        with other.asking(), httpx.Client(base_url=address, timeout=60, headers={"x-hasura-role": role}) as client:
            for bomb in bombs():
                if role == "admin" and bomb.name in ("aliases of lists", "all with all"):
                    continue  # who may ask for everything is given it
                answer = send(client, bomb)
                if answer is not None:
                    check(bomb, answer)
                if role != "admin":
                    assert megabytes(running) < CEILING, bomb.name
        assert other.wrong == []
        assert len(other.seconds) > 20
        if role != "admin":
            assert max(other.seconds) < SOON
        assert "crash" not in running.err


@pytest.mark.soak
def test_others_while_bombs_come(chinook_read: Settings, tmp_path: Path) -> None:
    """``docs/soak/bombs-*.json``: how long others wait while one caller sends bombs, one after the other."""
    rounds = count("BOMB_ROUNDS", 5)
    with served(chinook_read, tmp_path) as (running, address):
        quiet = Other(address)
        with quiet.asking():
            time.sleep(20)
        busy, sent, peak = Other(address), 0, 0.0
        with busy.asking(), httpx.Client(base_url=address, timeout=60, headers=ATTACKER) as client:
            for _ in range(rounds):
                for bomb in bombs():
                    answer = send(client, bomb)
                    if answer is not None:
                        check(bomb, answer)
                        sent += 1
                    peak = max(peak, megabytes(running))
        figures = {
            "bombs": sent,
            "others_quiet_p50_seconds": round(quiet.percentile(0.5), 5),
            "others_quiet_p99_seconds": round(quiet.percentile(0.99), 5),
            "others_p50_seconds": round(busy.percentile(0.5), 5),
            "others_p99_seconds": round(busy.percentile(0.99), 5),
            "peak_megabytes": round(peak),
        }
        write_figures(f"bombs-{'postgresql' if chinook_read.is_postgresql else 'sqlite'}", figures)
        assert busy.wrong == quiet.wrong == []
        assert peak < CEILING
