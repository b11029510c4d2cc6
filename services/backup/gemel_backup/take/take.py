"""Take a backup and put it into the store."""

from datetime import UTC, datetime
from pathlib import Path

from gemel_backup.job import Job
from gemel_backup.manifest import FORMAT, NAME, SUM, Manifest, checksum_line, files_of
from gemel_backup.store import Store
from gemel_backup.store.folder import write_whole
from gemel_backup.take.postgresql import take_postgresql
from gemel_backup.take.sqlite import take_sqlite


def take(job: Job, store: Store, backup_id: str, app: str) -> Manifest:
    """Take a backup of the database of the settings. What dead runs have left in the store is taken away first.

    :param backup_id: from :func:`gemel_backup.ids.new_id`.
    :param app: name of the app, for the manifest.
    :raises BackupError: it could not be taken; nothing of it stays in the store.
    :raises Yielded: a migration holds the lock, or ``job.stop`` said so.
    """
    store.clean()
    started = datetime.now(UTC)
    with store.draft(backup_id) as folder:
        taken = (take_postgresql if job.settings.is_postgresql else take_sqlite)(job, folder)
        manifest = Manifest(
            format=FORMAT,
            id=backup_id,
            kind=taken.kind,
            server_version=taken.server_version,
            tool=taken.tool,
            app=app,
            revision=taken.revision,
            started_at=started,
            finished_at=datetime.now(UTC),
            locale=taken.locale,
            files=files_of(folder, job),
            tables=taken.tables,
        )
        _seal(folder, manifest)
    return manifest


def _seal(folder: Path, manifest: Manifest) -> None:
    text = manifest.to_json()
    write_whole(folder / NAME, text)
    write_whole(folder / SUM, checksum_line(text))
