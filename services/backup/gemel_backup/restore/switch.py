"""A restored database takes the place of the one of the settings, which stays under another name."""

import os
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from psycopg import sql

from gemel.state.lock import MIGRATION_LOCK
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.postgresql import Address, Connection
from gemel_backup.prove.scratch import exists
from gemel_backup.restore.places import SQLITE, is_live, maintenance, path_of, place
from gemel_backup.restore.sqlite import LOGS, release
from gemel_backup.sqlite import check_integrity, opened

LEAVE_SECONDS: Final = 10.0


def switch(job: Job, source: str) -> str:
    """Put a database into the place of that of the settings.

    PostgreSQL: both are on one server; sessions are ended, and both get their new names in one transaction. SQLite: the
    files get new names.

    :param source: address of a database, as ``backup restore`` has made it.
    :return: what the old one is called now; empty if there was none.
    :raises BackupError: the source is not there, or not of the same server; a migration or backup works on the old one;
        a file is open elsewhere. Nothing has changed then.
    """
    settings = job.settings
    if is_live(settings, source):
        raise BackupError("the address is that of the database of the settings itself")
    if source.startswith(SQLITE) == settings.is_postgresql:
        raise BackupError("the address must be of the same kind as that of the settings")
    if settings.is_postgresql:
        return _switch_postgresql(job, Address.parse(source), Address.parse(settings.database_direct))
    return str(_switch_sqlite(job, path_of(source), settings.sqlite_path))


def _aside(name: str) -> str:
    return f"{name}_replaced_{datetime.now(UTC):%Y%m%d_%H%M%S}"


def _switch_sqlite(job: Job, source: Path, live: Path) -> Path | str:
    if not source.is_file():
        raise BackupError(f"file {source} is not there: `backup restore` makes it")
    release(job, source)
    with opened(source, job, mode="ro") as connection:
        check_integrity(connection)
    if not live.exists():
        source.replace(live)
        return ""
    release(job, live)
    old = live.with_name(_aside(live.name))
    for ending in LOGS:  # they belong to the file that is replaced
        log = live.with_name(live.name + ending)
        if log.exists():
            log.replace(old.with_name(old.name + ending))
    shutil.copymode(live, source)
    os.link(live, old)  # there is a file of the live name at every moment
    source.replace(live)
    return old


def _switch_postgresql(job: Job, source: Address, live: Address) -> str:
    if place(source)[:2] != place(live)[:2]:
        raise BackupError(f"{source} is on another server than {live}: restore into a database beside it")
    with maintenance(job, live).connect(job) as connection:
        if not exists(connection, source.database):
            raise BackupError(f"{source} is not there: `backup restore` makes it")
        there = exists(connection, live.database)
        if there:
            _refuse_if_busy(job, live)
        old = _aside(live.database[:40]) if there else ""
        pairs = (
            [(live.database, old), (source.database, live.database)] if there else [(source.database, live.database)]
        )
        closed = [name for name, _ in pairs]
        try:
            for name in closed:
                _allow(connection, name, "false")
                _end_sessions(connection, name)
            with connection.transaction():
                for name, new in pairs:
                    connection.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(new))
                    )
            closed = [new for _, new in pairs]
        finally:
            for name in closed:
                _allow(connection, name, "true")
    return old


def _refuse_if_busy(job: Job, live: Address) -> None:
    with live.connect(job) as connection:
        if connection.execute("SELECT pg_try_advisory_lock(%s)", (MIGRATION_LOCK,)).fetchone() != (True,):
            raise BackupError(f"a migration or a backup works on {live}: try again when it has ended")


def _allow(connection: Connection, name: str, whether: str) -> None:
    connection.execute(sql.SQL(f"ALTER DATABASE {{}} ALLOW_CONNECTIONS {whether}").format(sql.Identifier(name)))


def _end_sessions(connection: Connection, name: str) -> None:
    deadline = time.monotonic() + LEAVE_SECONDS
    while connection.execute(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s", (name,)
    ).fetchone() != (0,):
        if time.monotonic() >= deadline:
            raise BackupError(
                f"sessions of database {name!r} did not end: nothing was changed. Stop the services first"
            )
        time.sleep(0.1)
