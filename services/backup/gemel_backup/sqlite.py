"""Connections to SQLite files, and what is asked of each of them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gemel_backup.errors import BackupError, Corrupted
from gemel_backup.job import Job

BUSY_SECONDS = 30.0
STEPS = 100_000
"""Instructions of SQLite's virtual machine between two questions whether to stop: some milliseconds."""


@contextmanager
def opened(path: Path, job: Job, *, mode: str = "rw") -> Iterator[sqlite3.Connection]:
    """A connection in autocommit, closed with the block; what runs ends when ``job.stop`` says so.

    :param mode: ``ro``, ``rw`` (the file must be there) or ``rwc``, as in https://www.sqlite.org/uri.html
    :raises BackupError: it cannot be opened, or SQLite refuses something within the block.
    :raises Yielded: stopped within the block.
    """
    try:
        with closing(
            sqlite3.connect(
                f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
        ) as connection:
            connection.set_progress_handler(lambda: 1 if job.stop() else 0, STEPS)
            yield connection
    except sqlite3.Error as error:
        job.check()
        raise BackupError(f"database {path}: {error}") from error


def check_integrity(connection: sqlite3.Connection, *, references: bool = False) -> None:
    """Let SQLite look at every page and index.

    :param references: also whether every foreign key finds its row.
    :raises Corrupted: something is not as it should be.
    """
    found = [str(text) for (text,) in connection.execute("PRAGMA integrity_check(5)")]
    if found != ["ok"]:
        raise Corrupted(f"SQLite's integrity check failed: {'; '.join(found)}")
    broken = connection.execute("PRAGMA foreign_key_check").fetchone() if references else None
    if broken is not None:
        raise Corrupted(f"row {broken[1]} of table {broken[0]!r} refers to a row of {broken[2]!r} that is not there")


def quote(name: str) -> str:
    """An identifier of SQLite."""
    return '"' + name.replace('"', '""') + '"'
