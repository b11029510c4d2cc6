"""Where faults are made: a database, a store with a good backup, another process that works, and what must hold after."""

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from backup.helpers import UNSIGNED, query, until
from gemel.settings import Settings
from gemel_backup.errors import BackupError
from gemel_backup.ids import SCRATCH_PREFIX
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import entries, open_index
from gemel_backup.prove.prove import prove
from gemel_backup.prove.scratch import drop_leftovers
from gemel_backup.store import FolderStore, Store, open_store
from gemel_backup.work import back_up

LIMIT = 60.0
TRIES = 5
"""Of a fault that may have come too late."""

# Works as a worker does. At the named function it says so, and stays there for as long as it lives.
WORK = """
import importlib, sys, time
from gemel.settings import load
from gemel_backup.job import Job
from gemel_backup.store import open_store
from gemel_backup.work import back_up, prove_and_record
what, phase = sys.argv[1], sys.argv[2]
if phase:
    module, _, path = phase.partition(":")
    owner = importlib.import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    def stay(*arguments, **more):
        print("there", flush=True)
        time.sleep(600)
    setattr(owner, name, stay)
settings = load()
print("begun", flush=True)
if what == "take":
    back_up(Job(settings), open_store(settings), "chinook")
else:
    prove_and_record(Job(settings), open_store(settings), what)
"""


@dataclass
class Ground:
    """One case."""

    settings: Settings
    random: random.Random
    good: str
    """A backup that was proven before the fault."""
    spoiled: set[str] = field(default_factory=set)
    """Backups that the fault itself has damaged: they must be refused."""

    @property
    def store(self) -> Store:
        return open_store(self.settings)

    @property
    def folder(self) -> Path:
        store = self.store
        assert isinstance(store, FolderStore)
        return store.folder

    def job(self, **more: object) -> Job:
        return Job(self.settings, **more)  # type: ignore[arg-type]

    def back_up(self, **more: object) -> str:
        """Id of another proven backup."""
        return back_up(self.job(**more), self.store, "chinook").manifest.id

    def files(self, backup_id: str) -> list[Path]:
        """Files of a backup in a folder, that hold something."""
        found = (self.folder / backup_id / "files").rglob("*")
        return sorted(path for path in found if path.is_file() and path.stat().st_size)

    @contextmanager
    def worker(self, what: str = "take", phase: str = "") -> Iterator["subprocess.Popen[str]"]:
        """Another process that works.

        :param what: ``take``, or the id of a backup to prove.
        :param phase: ``module:function`` at which it stays; it is there when the block begins.
        """
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith("GEMEL_")
        } | environment_of(self.settings)
        with subprocess.Popen(
            [sys.executable, "-c", WORK, what, phase], env=environment, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                assert process.stdout is not None
                for expected in ["begun", "there"] if phase else ["begun"]:
                    assert process.stdout.readline().strip() == expected
                yield process
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait(LIMIT)

    def kill_at(self, what: str, phase: str) -> None:
        """SIGKILL to a worker that is at a phase."""
        with self.worker(what, phase) as process:
            assert process.poll() is None, "a kill counts only if work is in flight"
            process.send_signal(signal.SIGKILL)
            process.wait(LIMIT)

    def kill_somewhen(self, what: str = "take", most: float = 2.0) -> None:
        """SIGKILL to a worker after a random time."""
        with self.worker(what) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self.random.uniform(0, most))
            process.kill()
            process.wait(LIMIT)

    def kill_program(self, name: str, mark: str, what: str = "take", phase: "Phase" = lambda found, _: found) -> None:
        """SIGKILL to a program of PostgreSQL that a worker runs; the worker fails by itself.

        :param mark: an argument that only the real work has: versions and options are asked for, too.
        :param phase: which of its processes are to be killed now, the first one first; none: not yet.
        """
        for _ in range(TRIES):  # a phase may have gone by
            with self.worker(what) as process:
                while (
                    not (victims := phase(_children(process.pid, name, mark), self.folder)) and process.poll() is None
                ):
                    pass
                if victims:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(self.random.choice(victims), signal.SIGKILL)
                if process.wait(LIMIT) != 0:
                    return
        raise AssertionError("a kill counts only if work is in flight")

    def assert_sound(self) -> None:
        """Nothing that counts as a backup is none, the good one is there, and nothing is left over."""
        store, index = self.store, open_index(self.settings)
        assert index is not None
        store.clean()
        found = {entry.id: entry for entry in entries(store, None, UNSIGNED)}
        assert self.good in found, "the last good one is lost"
        for backup_id, entry in found.items():
            assert entry.stored
            if backup_id in self.spoiled:
                with pytest.raises(BackupError):
                    prove(Job(self.settings), store, backup_id)
            else:
                prove(Job(self.settings), store, backup_id)
        self._assert_nothing_left()

    def _assert_nothing_left(self) -> None:
        if isinstance(self.store, FolderStore):
            assert [path.name for path in self.folder.glob(".*") if path.name != ".lock"] == []
        left = [path.name for path in self.settings.work.rglob("*") if path.name != ".lock"]
        assert left == []
        if self.settings.is_postgresql:
            until(lambda: not _programs(str(self.settings.data_dir)))
            with psycopg.connect(self.settings.scratch_database_uri.get_secret_value(), autocommit=True) as server:
                until(lambda: drop_leftovers(server, datetime.now(UTC) + timedelta(hours=1)) or not _scratch(server))
                assert _scratch(server) == []
            assert query(
                self.settings,
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gemel-backup' AND datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()",
            ) == [(0,)]


def environment_of(settings: Settings) -> dict[str, str]:
    """The settings, as another process reads them."""
    found = {}
    for key, value in settings.model_dump().items():
        plain = getattr(settings, key)
        text = plain.get_secret_value() if hasattr(plain, "get_secret_value") else plain
        text = ",".join(map(str, text)) if isinstance(text, tuple) else str(text)
        if value is not None and text:
            found[f"GEMEL_{key.upper()}"] = text
    return found | {"PYTHONPATH": os.pathsep.join(sys.path)}


def _scratch(server: "psycopg.Connection[tuple[object, ...]]") -> list[object]:
    rows = server.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", (SCRATCH_PREFIX,))
    return [name for (name,) in rows.fetchall()]


def _programs(mark: str) -> list[int]:
    """Processes with a text among their arguments, but for Python's own."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_text()
            if mark in command and Path(command.split("\0")[0]).name.startswith("pg_"):
                found.append(int(folder.name))
    return found


def _children(pid: int, name: str, mark: str) -> list[int]:
    """Descendants of a process that run a program; those that others have started come after them."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = []
    for each in sorted(parents):
        ancestor = each
        while ancestor in parents and ancestor != pid:
            ancestor = parents[ancestor]
        if ancestor == pid and each != pid:
            with contextlib.suppress(OSError):
                command = (Path("/proc") / str(each) / "cmdline").read_text()
                if Path(command.split("\0")[0]).name == name and mark in command:
                    found.append(each)
    return found


Fault = Callable[[Ground], None]
Phase = Callable[[list[int], Path], list[int]]
"""Told the processes of a program, and the folder of the store; gives those to be killed."""
