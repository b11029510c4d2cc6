"""A PostgreSQL server of our own over a recovered folder, for the length of one piece of work."""

import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gemel_backup.child import Child, child
from gemel_backup.clients import server_programs
from gemel_backup.errors import BackupError, Unreachable
from gemel_backup.job import POLL_SECONDS, Job
from gemel_backup.postgresql import Address

PORT: Final = "5432"
STOP_SECONDS: Final = 30.0
TOO_EARLY: Final = "recovery ended before configured recovery target was reached"
# What the database's own server was told does not count here: it names folders, libraries and other machines.
SETTINGS: Final = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "hot_standby": "off",  # else it would need the limits of the server whose changes it reads
    "max_connections": "50",
    "max_prepared_transactions": "100",
    "max_locks_per_transaction": "256",
    "shared_buffers": "128MB",
    "shared_preload_libraries": "",
    "session_preload_libraries": "",
    "local_preload_libraries": "",
    "autovacuum": "off",
    "fsync": "off",
    "ssl": "off",
    "archive_mode": "off",
    "recovery_end_command": "",
    "archive_cleanup_command": "",
    "primary_conninfo": "",
    "logging_collector": "off",
    "log_destination": "stderr",
}


@contextmanager
def recovering(job: Job, data: Path, restore_command: str, user: str, database: str) -> Iterator[Address]:
    """Start a server on a folder; once it has recovered, the address of it, until the end of the block.

    :param restore_command: what fetches changes (``%f``) into a file (``%p``).
    :param user: a role of it.
    :raises Unreachable: there is no server of this version, or this is root.
    :raises BackupError: it cannot be started, or cannot be led to where the folder says.
    :raises Yielded: stopped.
    """
    if os.geteuid() == 0:
        raise Unreachable("PostgreSQL does not run as root, and a recovery needs it: run this as another user")
    programs = server_programs(int((data / "PG_VERSION").read_text(encoding="utf-8").partition(".")[0]))
    with tempfile.TemporaryDirectory(prefix="gemel-") as name:  # a socket's path has 107 bytes at most
        own = Path(name)
        (own / "postgresql.conf").write_text("", encoding="utf-8")
        (own / "pg_hba.conf").write_text("local all all trust\n", encoding="utf-8")
        settings = {
            **SETTINGS,
            "unix_socket_directories": name,
            "config_file": str(own / "postgresql.conf"),
            "hba_file": str(own / "pg_hba.conf"),
            "restore_command": restore_command,
        }
        with child(_command(programs, data, settings), {}) as server:
            try:
                address = Address({"host": name, "port": PORT, "user": user, "dbname": database}, "")
                _wait(job, server, address)
                yield address
            finally:
                stop = [str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"]
                with suppress(subprocess.SubprocessError):  # killed, it would leave a piece of shared memory
                    subprocess.run(stop, capture_output=True, timeout=STOP_SECONDS, check=False)  # noqa: S603 - ours


def fetching(*command: str) -> str:
    """A ``restore_command`` of a program that writes what it is asked for to its output."""
    return f"{shlex.join(command)} %f > %p"


def reason(log: str) -> str:
    """Of all that the server and Barman wrote, why it ended."""
    if TOO_EARLY in log:
        return "the changes that are there do not reach to that time: name an earlier one, or `latest`"
    fatal = [line for line in log.splitlines() if "FATAL:" in line and "the database system is" not in line]
    missing = [line for line in log.splitlines() if "WAL file" in line and ".history" not in line]
    told = [line.partition("FATAL:")[2].strip() for line in fatal[-1:]] + [line.strip() for line in missing[:1]]
    return "; ".join(told) or log


def _command(programs: Path, data: Path, settings: Mapping[str, str]) -> list[str]:
    return [str(programs / "postgres"), "-D", str(data), *(f"--{key}={value}" for key, value in settings.items())]


def _wait(job: Job, server: Child, address: Address) -> None:
    deadline = time.monotonic() + job.limit
    while True:
        job.check()
        try:
            server.check()
        except BackupError as error:
            raise BackupError(f"the recovery failed: {reason(error.message)}") from error
        try:
            with address.connect(job):
                return
        except Unreachable as error:
            if time.monotonic() >= deadline:
                raise BackupError(f"the recovery took longer than {job.limit:g} seconds") from error
        time.sleep(POLL_SECONDS)
