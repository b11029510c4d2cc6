"""Take a backup and prove it, and keep the table of backups."""

import functools
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from gemel_backup.errors import BackupError, Unreachable, Yielded
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.keep.age import can_open
from gemel_backup.keep.catalogue import Index, entries, open_index
from gemel_backup.keep.manifest import BASE, Manifest
from gemel_backup.keep.notes import Proof, read_manifest
from gemel_backup.keep.seal import Keys
from gemel_backup.pitr.barman import open_barman
from gemel_backup.pitr.leftovers import take_away_leftovers
from gemel_backup.pitr.take import take_base
from gemel_backup.prove.prove import prove
from gemel_backup.store import Store
from gemel_backup.take import take
from gemel_backup.take.take import Dump


@dataclass(frozen=True)
class Outcome:
    """A backup that was taken, and proven if that could be done here."""

    manifest: Manifest
    proof: Proof | None
    """``None``: it is encrypted, and there is no key here to open it; a worker that has it proves it."""
    seconds: float
    """Of both together."""


def back_up(job: Job, store: Store, app: str, *, base: bool = False, quick: bool = False) -> Outcome:
    """Take a backup of the database of the settings, prove it if it can be opened here, and keep the table.

    What dead runs have left in the store is taken away first.

    :param app: name of the app, for the manifest.
    :param base: a base backup, for recovery to a time.
    :param quick: of a base backup: as :func:`gemel_backup.pitr.take.take_base`.
    :raises BackupError: it could not be taken, or not be proven.
    :raises Yielded: it gave way to a migration, or was stopped.
    """
    if base:
        with open_barman(job).alone() as barman:
            take_away_leftovers(barman, entries(store, None, Keys.of(job.settings)))
            return _back_up(job, store, app, BASE, functools.partial(take_base, barman, quick=quick))
    return _back_up(job, store, app, None, None)


def _back_up(job: Job, store: Store, app: str, kind: str | None, dump: Dump | None) -> Outcome:
    begun = time.monotonic()
    backup_id = new_id(datetime.now(UTC))
    index = open_index(job.settings)
    left = store.clean()
    if index is not None:
        for dead in left:
            index.put(dead, "failed", error="the process that took it died")
        index.put(backup_id, "taking", started_at=datetime.now(UTC), kind=kind)
    try:
        manifest = take(job, store, backup_id, app, dump)
    except BaseException as error:
        _record_failure(index, backup_id, error)
        raise
    if index is not None:
        index.put_entry(manifest, None)
    proof = None
    if can_open(job.settings):
        with suppress(Yielded):  # it is taken; another worker, or this one after its next start, proves it
            proof = prove_and_record(job, store, manifest.id)
    return Outcome(manifest, proof, time.monotonic() - begun)


def prove_and_record(job: Job, store: Store, backup_id: str) -> Proof:
    """Prove a backup of the store, and write the result into the table.

    :raises BackupError: as :func:`gemel_backup.prove.prove.prove`.
    """
    manifest = read_manifest(store, backup_id, Keys.of(job.settings))
    index = open_index(job.settings)
    try:
        proof = prove(job, store, backup_id)
    except (Yielded, Unreachable):
        raise
    except BaseException as error:
        _record_failure(index, backup_id, error)
        raise
    if index is not None:
        index.put_entry(manifest, proof)
    return proof


def _record_failure(index: Index | None, backup_id: str, error: BaseException) -> None:
    if index is None:
        return
    status = "yielded" if isinstance(error, Yielded) else "failed"
    with suppress(BackupError):  # that the database is away may be the very reason; the first error is the one to tell
        index.put(backup_id, status, finished_at=datetime.now(UTC), error=str(error) or type(error).__name__)
