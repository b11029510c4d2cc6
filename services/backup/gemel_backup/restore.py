"""Restore a backup into a database that is to be used: all of it, or nothing."""

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gemel.settings import Settings
from gemel.state.lock import MIGRATION_LOCK
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.load import load_postgresql, load_sqlite
from gemel_backup.manifest import Manifest
from gemel_backup.notes import DELETION, read_manifest
from gemel_backup.postgresql import Address, Connection
from gemel_backup.scratch import create_database, drop_database, exists, rename_database
from gemel_backup.seal import Keys
from gemel_backup.sqlite import opened
from gemel_backup.store import Store
from gemel_backup.take.postgresql import locale_of
from gemel_backup.unpack import Unpacked, unpacked

SQLITE = "sqlite:///"
MAINTENANCE = ("postgres", "template1")
OCCUPIED = """
    SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')"""


@dataclass(frozen=True)
class Options:
    """How a restore is to be done."""

    force: bool = False
    """Replace what the target holds."""
    owners: bool = False
    """PostgreSQL: give objects their owners and grants, too; the roles must be there."""


def restore(job: Job, store: Store, backup_id: str, target: str, options: Options) -> Manifest:
    """Check the hashes of a backup, restore it, and compare the rows with the manifest.

    The target stays as it was unless all of this succeeds. A PostgreSQL database that is not there is made.

    :param target: ``postgresql://…`` or ``sqlite:///…``, of the kind that was backed up.
    :raises BackupError: the target is of another kind, is not empty (without ``force``), is in use by a migration or
        a backup (PostgreSQL) or open elsewhere (SQLite); or the restore failed.
    """
    manifest = read_manifest(store, backup_id, Keys.of(job.settings))
    if target.startswith(SQLITE) != (manifest.kind == "sqlite"):
        raise BackupError(f"backup {backup_id} is of {manifest.kind}: the target must be a {manifest.kind} address")
    store.remove(backup_id, DELETION)  # if it was about to go, it has another day
    with unpacked(job, store, manifest) as backup:
        if manifest.kind == "sqlite":
            _restore_sqlite(job, backup, Path(target.removeprefix(SQLITE)), options)
        else:
            _restore_postgresql(job, backup, Address.parse(target), options)
    return manifest


def is_live(settings: Settings, target: str) -> bool:
    """Whether an address is that of the database of the settings, however it is written."""
    if target.startswith(SQLITE) or not settings.is_postgresql:
        path = Path(target.removeprefix(SQLITE))
        return (
            target.startswith(SQLITE)
            and not settings.is_postgresql
            and path.resolve() == settings.sqlite_path.resolve()
        )
    places = [_place(Address.parse(uri)) for uri in (settings.database, settings.database_direct)]
    return _place(Address.parse(target)) in places


def _place(address: Address) -> tuple[str, str, str]:
    host = address.parameters.get("host", "localhost")
    return (
        "localhost" if host in {"127.0.0.1", "::1"} else host,
        address.parameters.get("port", "5432"),
        address.database,
    )


def _restore_sqlite(job: Job, backup: Unpacked, target: Path, options: Options) -> None:
    if target.exists() and target.stat().st_size:
        if not options.force:
            _refuse_tables(job, target)
        _release(job, target)
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=_folder(target))
    os.close(descriptor)
    whole = Path(name)
    try:
        load_sqlite(job, backup, whole)
        with whole.open("rb") as file:
            os.fsync(file.fileno())
        for ending in ("-wal", "-shm", "-journal"):  # they belong to the file that is replaced
            target.with_name(target.name + ending).unlink(missing_ok=True)
        whole.replace(target)
    finally:
        whole.unlink(missing_ok=True)


def _folder(target: Path) -> Path:
    if not target.parent.is_dir():
        raise BackupError(f"folder {target.parent} is not there: make it first")
    return target.parent


def _refuse_tables(job: Job, target: Path) -> None:
    with opened(target, job, mode="ro") as connection:
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,):
            raise BackupError(f"database {target} is not empty: restore into another file, or replace it with --force")


def _release(job: Job, target: Path) -> None:
    """Nobody may have the file open. Leaving write-ahead logging needs it alone, and takes the log away. A file that
    is damaged cannot be asked; it is replaced."""
    try:
        with opened(target, job) as connection:
            connection.execute("PRAGMA busy_timeout = 2000")
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except BackupError as error:
        if "locked" in error.message:
            raise BackupError(f"database {target} is in use: stop what has it open (main.py), then restore") from error


def _restore_postgresql(job: Job, backup: Unpacked, target: Address, options: Options) -> None:
    """Into a database made for it, which then takes the name; into an empty one in one transaction."""
    server = _maintenance(job, target)
    with server.connect(job) as connection:
        there = exists(connection, target.database)
    if there and not _occupied(job, target):
        load_postgresql(job, backup, target, whole=True, owners=options.owners)
        return
    if there and not options.force:
        raise BackupError(f"{target} is not empty: restore into another one, or replace it with --force")
    _replace(job, backup, server, target, there=there, owners=options.owners)


def _replace(job: Job, backup: Unpacked, server: Address, target: Address, *, there: bool, owners: bool) -> None:
    new = server.with_database(f"{target.database[:40]}_restore_{os.urandom(4).hex()}")
    with server.connect(job) as connection:
        create_database(connection, new.database, _locale(job, target) if there else backup.manifest.locale)
        try:
            load_postgresql(job, backup, new, whole=False, owners=owners)
            if there:
                _alone(job, target)
                drop_database(connection, target.database)
            rename_database(connection, new.database, target.database)
        except BaseException:
            with suppress(BackupError), server.connect(Job(job.settings)) as again:
                if exists(again, target.database) or not there:
                    drop_database(again, new.database)
            raise


def _alone(job: Job, target: Address) -> None:
    with target.connect(job) as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (MIGRATION_LOCK,)).fetchone()
        if row != (True,):
            raise BackupError(f"a migration or a backup works on {target}: try again when it has ended")


def _locale(job: Job, target: Address) -> dict[str, str | None]:
    with target.connect(job) as connection:
        return locale_of(connection)


def _occupied(job: Job, target: Address) -> bool:
    with target.connect(job) as connection:
        return connection.execute(OCCUPIED.encode()).fetchone() != (0,)


def _maintenance(job: Job, target: Address) -> Address:
    """A database of the server from which the target can be made or dropped."""
    failure: BackupError | None = None
    for name in MAINTENANCE:
        server = target.with_database(name)
        try:
            with server.connect(job) as connection:
                _ask(connection)
        except BackupError as error:
            failure = failure or error
        else:
            return server
    raise failure or BackupError(f"{target} cannot be reached")


def _ask(connection: Connection) -> None:
    connection.execute("SELECT 1")
