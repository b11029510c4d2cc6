"""Whether the store still holds what was written."""

from pathlib import Path

from gemel_backup.errors import Corrupted
from gemel_backup.job import Job
from gemel_backup.keep.manifest import File, Manifest, file_hash
from gemel_backup.keep.notes import read_manifest
from gemel_backup.keep.seal import Keys
from gemel_backup.pitr.barman import open_barman
from gemel_backup.pitr.verify import verify_base
from gemel_backup.store import Store


def verify(job: Job, store: Store, backup_id: str) -> Manifest:
    """Hash every file and compare it with the manifest; of a base backup, Barman's files, too.

    :raises BackupError: there is no such backup, or it is a base backup, and Barman is not here.
    :raises Corrupted: a file is missing, was changed, or was added.
    :raises Yielded: stopped.
    """
    manifest = read_manifest(store, backup_id, Keys.of(job.settings))
    with store.local(backup_id, job) as folder:
        verify_files(job, manifest, folder)
    if manifest.base is not None:
        verify_base(job, open_barman(job), backup_id)
    return manifest


def verify_files(job: Job, manifest: Manifest, folder: Path) -> None:
    """As :func:`verify`, of a backup whose manifest was read and whose files are in ``folder``."""
    done = 0
    for file in manifest.files:
        _verify(job, manifest.id, folder / file.path, file)
        done += file.size
        job.report("check the hashes", done, manifest.size)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    added = sorted(found - {file.path for file in manifest.files})
    if added:
        raise Corrupted(f"backup {manifest.id}: {added[0]} was added after it was taken. Use another backup")


def _verify(job: Job, backup_id: str, path: Path, file: File) -> None:
    if not path.is_file():
        raise Corrupted(f"backup {backup_id}: {file.path} is missing. Use another backup")
    found = path.stat().st_size
    if found != file.size:
        raise Corrupted(f"backup {backup_id}: {file.path} has {found} bytes instead of {file.size}. Use another backup")
    if file_hash(path, job) != file.sha256:
        raise Corrupted(f"backup {backup_id}: {file.path} was changed: its SHA-256 is another. Use another backup")
