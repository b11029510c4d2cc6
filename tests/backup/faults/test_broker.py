"""Real beats, a real worker and a real Redis, with what befalls them."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from backup.faults.ground import LIMIT, environment_of
from backup.helpers import UNSIGNED, query
from gemel.settings import Settings
from gemel_backup.keep.catalogue import entries, open_index
from gemel_backup.store import open_store

QUICK = """
import sys
from gemel_backup.schedule import embedded
embedded.TICK_SECONDS = 2.0
from celery.__main__ import main
sys.exit(main())
"""
"""Celery's own command line; a beat that sends a tick every 2 seconds, not 15."""
IMAGE = "redis:8-alpine"
SOON = 90.0
"""For what takes some seconds."""


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def free_port() -> int:
    """One that stays the same when a container is started again, and that the system gives to nobody by itself."""
    while True:
        port = random.randrange(20_000, 32_000)
        with closing(socket.socket()) as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


@contextmanager
def redis_at(port: int) -> Iterator[DockerContainer]:
    testcontainers_config.ryuk_disabled = True  # it is one more image to fetch, and we stop the container ourselves
    container = DockerContainer(IMAGE).with_bind_ports(6379, port)
    container.start()
    try:
        yield container
    finally:
        container.stop()


class Fleet:
    """Processes of one deployment."""

    def __init__(self, settings: Settings, stack: ExitStack, logs: Path) -> None:
        self.settings, self._stack, self._logs = settings, stack, logs

    def start(self, what: str) -> "subprocess.Popen[bytes]":
        """``worker`` or ``beat``; killed with the fleet."""
        command = [sys.executable, "-c", QUICK, "-A", "gemel_backup.app", what]
        log = self._stack.enter_context((self._logs / f"{what}-{time.monotonic()}.log").open("wb"))
        environment = {**os.environ, **environment_of(self.settings)}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=self._logs)
        self._stack.callback(process.wait, LIMIT)
        self._stack.callback(process.kill)
        return process

    def slots(self) -> list[tuple[str, int]]:
        return query(self.settings, "SELECT status, attempts FROM gemel.slot WHERE kind = 'backup'")

    def again(self) -> None:
        """The backup of today is due once more."""
        query(self.settings, "DELETE FROM gemel.slot WHERE kind = 'backup'")

    def proven(self) -> int:
        found = entries(open_store(self.settings), open_index(self.settings), UNSIGNED)
        return sum(entry.status == "proven" for entry in found)

    def lease_ends(self) -> None:
        """Two minutes are over."""
        query(self.settings, "UPDATE gemel.slot SET lease_until = now() - interval '1 second' WHERE status = 'claimed'")

    def logs(self) -> str:
        return "\n".join(path.read_text(errors="replace")[-3000:] for path in sorted(self._logs.glob("*.log")))


@pytest.fixture
def fleet(
    copy_chinook: Callable[[str, Path], AbstractContextManager[Settings]], tmp_path: Path
) -> Iterator[tuple[Fleet, DockerContainer]]:
    port = free_port()
    with copy_chinook("postgresql", tmp_path) as settings, ExitStack() as stack:
        container = stack.enter_context(redis_at(port))
        changed = settings.model_copy(
            update={
                "redis_uri": SecretStr(f"redis://127.0.0.1:{port}/0"),
                "backup_schedule": "0 0 * * *",
                "admin_port": free_port(),
            }
        )
        logs = tmp_path / "logs"
        logs.mkdir()
        yield Fleet(changed, stack, logs), container


@pytest.mark.skipif(shutil.which("docker") is None, reason="Redis is had as a container, and there is no docker")
def test_beats_worker_and_broker(fleet: tuple[Fleet, DockerContainer]) -> None:
    running, redis = fleet
    worker = running.start("worker")
    beats = [running.start("beat"), running.start("beat")]

    # Two beats, one backup.
    until(lambda: running.slots() == [("done", 1)], f"two beats: nothing was done\n{running.logs()}")
    assert running.proven() == 1

    # A beat is killed; the broker forgets all, and is started anew.
    beats[0].send_signal(signal.SIGKILL)
    assert redis.exec(["redis-cli", "flushall"]).exit_code == 0
    redis.get_wrapped_container().restart(timeout=1)
    running.again()
    until(lambda: running.slots() == [("done", 1)], f"the broker was restarted: nothing was done\n{running.logs()}")
    assert running.proven() == 2

    # The worker dies while it works; the broker is killed meanwhile, and comes back empty.
    with psycopg.connect(running.settings.database) as blocker:
        blocker.execute("LOCK TABLE artist IN ACCESS EXCLUSIVE MODE")
        running.again()
        until(lambda: running.slots() == [("claimed", 1)], f"nothing was begun\n{running.logs()}")
        worker.send_signal(signal.SIGKILL)
        worker.wait(LIMIT)
        redis.get_wrapped_container().kill()
    assert running.proven() == 2
    redis.get_wrapped_container().start()
    redis.exec(["redis-cli", "flushall"])
    running.lease_ends()
    running.start("worker")
    until(lambda: running.slots() == [("done", 2)], f"what a dead worker had is not done\n{running.logs()}")
    assert running.proven() == 3
    assert list(Path(running.settings.backups).glob(".partial-*")) == []
