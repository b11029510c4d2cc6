"""Take a backup and put it into the store."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gemel_backup.held import work_folder
from gemel_backup.job import Job
from gemel_backup.keep.age import check_keys, encrypt_folder
from gemel_backup.keep.manifest import FORMAT, Manifest, files_of
from gemel_backup.keep.seal import Keys, seal
from gemel_backup.postgresql import Address
from gemel_backup.store import Store
from gemel_backup.take.postgresql import take_postgresql
from gemel_backup.take.sqlite import take_sqlite
from gemel_backup.take.taken import EVIDENCE, Taken

PREFIX = "take-"


Dump = Callable[[Job, Path, str], Taken]
"""Writes the database of the settings into a folder; told the id of the backup."""


def take(job: Job, store: Store, backup_id: str, app: str, dump: Dump | None = None) -> Manifest:
    """Take a backup of the database of the settings.

    :param backup_id: from :func:`gemel_backup.ids.new_id`.
    :param app: name of the app, for the manifest.
    :param dump: what writes the files (default: all of the database, as SQL or as a copy of SQLite's file).
    :raises SettingsError: a recipient is none.
    :raises BackupError: it could not be taken; nothing of it stays in the store.
    :raises Yielded: a migration holds the lock, or ``job.stop`` said so.
    """
    check_keys(job.settings)
    started = datetime.now(UTC)
    keys = Keys.of(job.settings)
    with store.draft(backup_id, job) as draft:
        with _plain(job, draft.files) as folder:
            taken = (dump or _dump)(job, folder, backup_id)
            (folder / EVIDENCE).write_bytes(taken.evidence.to_json())
            if folder != draft.files:
                encrypt_folder(job, folder, draft.files)
        manifest = Manifest(
            format=FORMAT,
            id=backup_id,
            kind=taken.kind,
            server_version=taken.server_version,
            tool=taken.tool,
            app=app,
            heads=taken.evidence.heads,
            started_at=started,
            finished_at=datetime.now(UTC),
            locale=taken.locale,
            recipients=job.settings.backup_recipients,
            files=files_of(draft.files, job),
            tables=len(taken.evidence.tables),
            rows=taken.evidence.rows,
            base=taken.base,
        )
        draft.manifest = seal(manifest.to_json(), keys)
    return manifest


def _dump(job: Job, folder: Path, _: str) -> Taken:
    if not job.settings.is_postgresql:
        return take_sqlite(job, folder)
    return take_postgresql(job, folder, Address.parse(job.settings.database_direct))


@contextmanager
def _plain(job: Job, target: Path) -> Iterator[Path]:
    """Where the files are written: a store that is to hold encrypted ones is never given others."""
    if not job.settings.backup_recipients:
        yield target
        return
    with work_folder(job.settings.work, PREFIX) as folder:
        yield folder
