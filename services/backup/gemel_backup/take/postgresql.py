"""PostgreSQL: ``pg_dump`` in directory format, the roles, and the evidence, of one snapshot."""

import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from gemel_backup.child import Child, child_in_turns
from gemel_backup.clients import Client, find_client
from gemel_backup.errors import BackupError, Yielded
from gemel_backup.evidence import Evidence, Range
from gemel_backup.evidence import postgresql as evidence
from gemel_backup.evidence.tables import EXCLUDED
from gemel_backup.job import Job
from gemel_backup.pace import Pace
from gemel_backup.postgresql import Address, Connection, server_major, server_version
from gemel_backup.take.lock import shared_lock
from gemel_backup.take.taken import Taken

DUMP: Final = "dump"
GLOBALS: Final = "globals.sql"
LOCALE_KEYS: Final = ("encoding", "datlocprovider", "datcollate", "datctype", "datlocale", "daticulocale")
LOCALE: Final = """
    SELECT to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding))
    FROM pg_database d WHERE d.datname = current_database()"""
NO_LOCK: Final = "could not obtain lock on relation"
"""What a worker of ``pg_dump`` says, as far as its language is English."""
ZSTD: Final = "--compress=zstd:3"


def take_postgresql(job: Job, folder: Path, address: Address) -> Taken:
    """Dump a database into ``folder``.

    :raises BackupError: it cannot be reached or dumped, or there is no ``pg_dump`` that fits.
    :raises Yielded: a migration held the lock too long or asked for it, or the work was stopped.
    """
    with address.connect(job) as lock, shared_lock(lock, job) as locked:
        share = job.settings.backup_share
        held = replace(job, stop=lambda: locked.wanted() or job.stop(), pace=Pace(share), limit=job.limit * 100 / share)
        with evidence.locked_snapshot(address, held) as connection:
            return _take(held, folder, address, connection)


def _take(job: Job, folder: Path, address: Address, connection: Connection) -> Taken:
    client = find_client("pg_dump", server_major(connection))
    exported = evidence.export(connection)
    before = evidence.sequences(connection)
    with ExitStack() as stack:
        roles, dump = (
            stack.enter_context(child_in_turns(command, address.environment, job.pace))
            for command in (_globals(client, address, folder), _dump(client, address, folder, exported, job))
        )
        found = evidence.collect(connection, address, job, exported)
        roles.wait(job)
        _wait(dump, job, connection)
    return Taken(
        kind="postgresql",
        server_version=server_version(connection),
        tool=str(client),
        evidence=_ranged(found, before, evidence.sequences(connection)),
        locale=locale_of(connection),
    )


def _wait(dump: Child, job: Job, connection: Connection) -> None:
    """:raises Yielded: somebody waits to change a table: ``pg_dump`` then gives up rather than wait behind him, for he
    waits for the snapshot's own locks."""
    try:
        dump.wait(job)
    except BackupError as error:
        if NO_LOCK in error.message or evidence.is_waited_for(connection):
            raise Yielded(f"somebody changes the schema; nothing was taken: {error.message}") from error
        raise


def _ranged(found: Evidence, before: Mapping[str, int], after: Mapping[str, int]) -> Evidence:
    """The dump has read each sequence at some time between the two."""
    return replace(found, sequences={name: Range(before[name], after[name]) for name in before})


def _dump(client: Client, address: Address, folder: Path, snapshot: str, job: Job) -> list[str]:
    return [
        str(client.path),
        "--format=directory",
        *([ZSTD] if _knows_zstd(client.path) else []),
        f"--jobs={job.jobs}",
        f"--file={folder / DUMP}",
        f"--snapshot={snapshot}",
        f"--lock-wait-timeout={evidence.LOCK_SECONDS * 1000}",  # the tables are held already
        "--no-password",
        *(f"--exclude-table-data={name}" for name in EXCLUDED),
        f"--dbname={address.conninfo}",
    ]


def _globals(client: Client, address: Address, folder: Path) -> list[str]:
    """Roles, their memberships and settings, and tablespaces; without passwords, which not everybody may read."""
    return [
        str(find_client("pg_dumpall", client.version[0], [client.path.parent]).path),
        "--globals-only",
        "--no-role-passwords",
        "--no-password",
        f"--file={folder / GLOBALS}",
        f"--dbname={address.conninfo}",
    ]


@cache
def _knows_zstd(path: Path) -> bool:
    """From version 16 on, unless it was built without. It looks at the option before it connects."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(path), ZSTD, "--format=directory", f"--file={folder}/x", "--dbname=host=/nonexistent"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a program of ours
    return "compress" not in done.stderr.partition("/nonexistent")[0]


def locale_of(connection: Connection) -> dict[str, str | None]:
    """Encoding and collation of the connection's database, as far as this version of PostgreSQL has them."""
    [(row,)] = evidence.rows(connection, LOCALE)
    return {key: None if row[key] is None else str(row[key]) for key in LOCALE_KEYS if key in row}
