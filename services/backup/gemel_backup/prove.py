"""Prove a backup: restore it from the store into a scratch database and compare (docs/decisions.md, 34)."""

import tempfile
import time
from pathlib import Path

from gemel_backup.catalogue import Proof, read_manifest, write_proof
from gemel_backup.errors import BackupError, Yielded
from gemel_backup.job import Job
from gemel_backup.load import load_postgresql, load_sqlite
from gemel_backup.manifest import Manifest
from gemel_backup.postgresql import Address
from gemel_backup.scratch import scratch_database
from gemel_backup.store import Store
from gemel_backup.verify import verify_files


def prove(job: Job, store: Store, backup_id: str) -> Proof:
    """Restore a backup into a scratch database and compare it with its manifest; the result is kept in the store.

    :raises BackupError: there is no such backup, or it could not be restored. A backup whose proof has failed counts
        as failed until a later proof succeeds.
    :raises Yielded: stopped; nothing was decided.
    """
    manifest = read_manifest(store, backup_id)
    begun = time.monotonic()
    try:
        with store.local(backup_id) as folder:
            verify_files(job, manifest, folder)
            _restore(job, folder, manifest)
    except Yielded:
        raise
    except BackupError as error:
        write_proof(store, manifest, time.monotonic() - begun, error.message)
        raise
    return write_proof(store, manifest, time.monotonic() - begun, None)


def _restore(job: Job, folder: Path, manifest: Manifest) -> None:
    if manifest.kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="gemel-proof-") as scratch:
            load_sqlite(job, folder, manifest, Path(scratch) / "scratch.sqlite3")
        return
    with scratch_database(job, _server(job), manifest.locale.get("encoding") or "UTF8") as target:
        load_postgresql(job, folder, manifest, target, whole=False, owners=False)


def _server(job: Job) -> Address:
    """The server that is set for it; else, in development, that of the database itself."""
    named = job.settings.scratch_database_uri.get_secret_value()
    if named.startswith("sqlite:") or (not named and not job.settings.is_postgresql):
        raise BackupError(
            "a backup of PostgreSQL is proven on a PostgreSQL server: set scratch_database_uri to the address of one"
        )
    return Address.parse(named or job.settings.database_direct)
