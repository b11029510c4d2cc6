"""SQLite: the online backup API (https://www.sqlite.org/backup.html)."""

import sqlite3
from pathlib import Path

from gemel_backup.errors import BackupError
from gemel_backup.evidence.sqlite import collect
from gemel_backup.evidence.tables import OWN_SQLITE
from gemel_backup.job import Job
from gemel_backup.sqlite import check_integrity, opened, quote
from gemel_backup.take.taken import Taken

COPY = "database.sqlite3"
PAGES = 2048


def take_sqlite(job: Job, folder: Path) -> Taken:
    """Copy the database of the settings into ``folder``, checked by SQLite itself.

    :raises BackupError: there is no such file, or it cannot be read.
    :raises Corrupted: the copy, and so the database, is damaged.
    :raises Yielded: the work was stopped.
    """
    source, copy = job.settings.sqlite_path, folder / COPY
    if not source.is_file():
        raise BackupError(f"database {source} is not there, so there is nothing to back up")
    with opened(source, job, mode="ro") as connection, opened(copy, job, mode="rwc") as target:
        # One snapshot from the first page to the last: without it, the copy begins anew at each write of another.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        connection.backup(target, pages=PAGES, progress=lambda *_: job.check())
    with opened(copy, job) as connection:
        _detach(connection)
        check_integrity(connection)
        return Taken(
            kind="sqlite",
            server_version=sqlite3.sqlite_version,
            tool=f"sqlite3 {sqlite3.sqlite_version}",
            evidence=collect(connection),
        )


def _detach(connection: sqlite3.Connection) -> None:
    """One file, without a write-ahead log beside it, and without what belongs to the running system."""
    connection.execute("PRAGMA journal_mode = DELETE")
    for name in OWN_SQLITE:
        if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (name,)).fetchone():
            connection.execute(f"DELETE FROM {quote(name)}")  # noqa: S608 - a name of ours
