"""SQLite: a file is written beside, compared, and gets its name at last."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.keep.unpack import Unpacked
from gemel_backup.prove.load import load_sqlite
from gemel_backup.sqlite import opened, quote

LOGS = ("-wal", "-shm", "-journal")
OTHERS = """
    SELECT type, name FROM sqlite_schema
    WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type = 'table'"""


def restore_sqlite(job: Job, backup: Unpacked, target: Path, tables: Sequence[str]) -> None:
    """:raises BackupError: the folder is not there, or the file holds something."""
    if not target.parent.is_dir():
        raise BackupError(f"folder {target.parent} is not there: make it first")
    if target.exists() and target.stat().st_size:
        raise BackupError(
            f"file {target} is not empty: restore into another one; `backup switch` then puts it in place"
        )
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    os.close(descriptor)
    whole = Path(name)
    try:
        load_sqlite(job, backup, whole)
        if tables:
            _keep(job, whole, tables)
        with whole.open("rb") as file:
            os.fsync(file.fileno())
        whole.replace(target)
    finally:
        whole.unlink(missing_ok=True)


def _keep(job: Job, path: Path, tables: Sequence[str]) -> None:
    """Drop what is not asked for, once all was compared; views could ask what is gone."""
    with opened(path, job) as connection:
        for kind, name in connection.execute(OTHERS).fetchall():
            if name not in tables:
                connection.execute(f"DROP {kind} IF EXISTS {quote(name)}")
        connection.execute("VACUUM")


def release(job: Job, path: Path) -> None:
    """Nobody may have the file open. Leaving write-ahead logging needs it alone, and takes the log away. A file that
    is damaged cannot be asked.

    :raises BackupError: it is open elsewhere.
    """
    try:
        with opened(path, job) as connection:
            connection.execute("PRAGMA busy_timeout = 2000")
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except BackupError as error:
        if "locked" in error.message:
            raise BackupError(f"database {path} is in use: stop what has it open (main.py), then try again") from error
