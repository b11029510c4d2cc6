"""Run Barman, a program of its own (GPL 3), by its command line alone."""

import fcntl
import json
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from gemel_backup.child import Child, child
from gemel_backup.clients import server_programs
from gemel_backup.errors import BackupError, Unreachable, Yielded
from gemel_backup.job import POLL_SECONDS, Job
from gemel_backup.pitr.configuration import SERVER, configuration
from gemel_backup.postgresql import Address, server_major

NAME: Final = "barman.conf"
LOCK: Final = ".gemel.lock"
WHOLE: Final = frozenset({"DONE", "WAITING_FOR_WALS"})
ARCHIVE: Final = "wal_archive"
FILE: Final = 24
"""Characters of the name of a file of changes: timeline and place, in hexadecimal."""
SECONDS: Final = 120.0
"""A command that only looks."""
DELETE_SECONDS: Final = 3600.0
READY_SECONDS: Final = 60.0
"""Until changes come in, after the service has begun."""


@dataclass(frozen=True)
class Base:
    """A base backup, as Barman has it."""

    name: str
    """Id of the backup in Gemel's store; empty if it is not ours."""
    barman_id: str
    """Such as ``20261128T190854``."""
    whole: bool
    """Whether it was made to its end."""


@dataclass(frozen=True)
class Details:
    """What is known of one base backup."""

    ended_at: datetime
    """From here on it leads to any time."""
    size: int
    """Bytes on disk, with the changes that it needs to be whole."""
    tablespaces: tuple[str, ...]
    """Beside PostgreSQL's own."""


@dataclass(frozen=True)
class Barman:
    """Barman with its configuration."""

    program: str
    home: Path
    environment: Mapping[str, str]
    """The password."""

    @property
    def file(self) -> Path:
        """Its configuration."""
        return self.home / NAME

    def start(self, *words: str) -> AbstractContextManager[Child]:
        """Start what takes long; it ends with the block at the latest."""
        return child([self.program, "--config", str(self.file), "--quiet", *words], self.environment)

    def run(self, job: Job, *words: str) -> None:
        """Do what takes long. :raises BackupError: it failed. :raises Yielded: stopped."""
        with self.start(*words) as running:
            running.wait(job)

    def ask(self, *words: str, seconds: float = SECONDS) -> dict[str, Any]:
        """What a short command answers. :raises BackupError: it failed, with what it says."""
        done = self._do(*words, seconds=seconds)
        found = _object(done.stdout)
        if done.returncode or "_ERROR" in found:
            said = "; ".join(found.get("_ERROR", ())) or " ".join((done.stderr or done.stdout).split())
            raise BackupError(f"barman {' '.join(words)}: {said or f'exit status {done.returncode}'}")
        return found

    def check(self, job: Job) -> None:
        """Wait until all is as it must be, but for the archive: before the first file has come, that is empty.

        :raises BackupError: something keeps it from making a base backup; with all that it names.
        :raises Yielded: stopped.
        """
        deadline = time.monotonic() + READY_SECONDS
        while wrong := self._wrong():
            if time.monotonic() >= deadline:
                raise BackupError(f"Barman is not ready: {', '.join(wrong)}")
            time.sleep(POLL_SECONDS)
            job.check()

    def _wrong(self) -> list[str]:
        done = self._do("check", SERVER)
        found = _object(done.stdout).get(SERVER)
        if found is None:
            raise BackupError(f"barman check: {' '.join((done.stderr or done.stdout).split())}")
        return [
            f"{name} ({item['hint']})" if item.get("hint") else name
            for name, item in found.items()
            if item["status"] != "OK" and name != ARCHIVE
        ]

    def bases(self) -> list[Base]:
        """All base backups, oldest first."""
        listed = self.ask("list-backups", SERVER).get(SERVER, [])
        found = [Base(item.get("backup_name") or "", item["backup_id"], item["status"] in WHOLE) for item in listed]
        return sorted(found, key=lambda item: item.barman_id)

    def details(self, name: str) -> Details:
        """:raises BackupError: it has no such base backup."""
        item = self.ask("show-backup", SERVER, name)[SERVER]
        base = item["base_backup_information"]
        return Details(
            datetime.fromisoformat(base["end_time"]),
            int(base["backup_size_with_wals_bytes"]),
            tuple(space["name"] for space in item.get("tablespaces", ())),
        )

    def archived(self) -> str:
        """Name of the last file of changes in the archive, such as ``000000010000000000000009``; empty: none is."""
        return _last(self.home / SERVER / "wals", "*/")

    def newest(self) -> str:
        """Name of the last file of changes that there is, be it whole or not."""
        return max(self.archived(), _last(self.home / SERVER / "streaming", ""))

    def delete(self, name: str) -> None:
        """Delete a base backup, and the changes that only it needs. :raises BackupError: it has none of this name."""
        self.ask("delete", SERVER, name, seconds=DELETE_SECONDS)

    def version(self) -> str:
        """Such as ``barman 3.19.1``."""
        done = subprocess.run(  # noqa: S603 - a program of ours
            [self.program, "--version"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return f"barman {done.stdout.partition(' ')[0]}"

    @contextmanager
    def alone(self) -> Iterator["Barman"]:
        """Nobody else makes a base backup within the block. :raises Yielded: somebody does."""
        with (self.home / LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Yielded("another base backup is being made; wait for its end") from None
            yield self

    def _do(self, *words: str, seconds: float = SECONDS) -> "subprocess.CompletedProcess[str]":
        command = [self.program, "--config", str(self.file), "--format", "json", *words]
        try:
            return subprocess.run(  # noqa: S603 - program and arguments are ours
                command,
                capture_output=True,
                text=True,
                env={**os.environ, **self.environment},
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BackupError(f"barman {' '.join(words)}: no answer in {seconds:g} seconds") from error


def _last(folder: Path, below: str) -> str:
    """Name of the last file of changes; what comes after the name (``.partial``) does not count."""
    found = (path.name[:FILE] for path in folder.glob(f"{below}[0-9A-F]*"))
    return max((name for name in found if len(name) == FILE), default="")


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def open_barman(job: Job) -> Barman:
    """Barman for the database of the settings; its configuration is written anew if the database answers.

    :raises Unreachable: ``pitr_dir`` is not set or cannot be written, or Barman or PostgreSQL's programs are not
        installed: that says nothing of a base backup.
    """
    if not job.settings.pitr_dir:
        raise Unreachable("there is no point-in-time recovery here: pitr_dir is not set (docs/backups.md)")
    program = shutil.which("barman")
    if program is None:
        raise Unreachable("barman is not installed, or not on PATH: install the package barman of the system")
    home = Path(job.settings.pitr_dir).resolve()
    address = Address.parse(job.settings.database_direct)
    barman = Barman(program, home, address.environment)
    try:
        with address.connect(job) as connection:
            major = server_major(connection)
    except Unreachable:
        if not barman.file.is_file():
            raise
        return barman  # what was received can be recovered when the database is gone: that is what it is for
    _write(barman.file, configuration(home, address, server_programs(major), pwd.getpwuid(os.geteuid()).pw_name))
    return barman


def _write(path: Path, text: str) -> None:
    try:
        (path.parent / "conf.d").mkdir(0o700, parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            new = path.with_suffix(f".{os.getpid()}")
            new.write_text(text, encoding="utf-8")
            new.replace(path)
    except OSError as error:
        raise Unreachable(f"pitr_dir {path.parent} cannot be written: {error.strerror}") from error
