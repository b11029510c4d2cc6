"""Do what :mod:`gemel_backup.keep.retain` has planned."""

from datetime import datetime

from gemel_backup.ids import id_time
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import Entry, Index, entries
from gemel_backup.keep.notes import DELETION, mark_deleted
from gemel_backup.keep.retain import MOST_DELETIONS, Candidate, Plan, parse_rules, plan
from gemel_backup.keep.seal import Keys
from gemel_backup.store import Store


def prune(
    job: Job, store: Store, index: Index | None, now: datetime, *, most: int = MOST_DELETIONS, dry: bool = False
) -> Plan:
    """Mark what is not to be kept, and take away what was marked long enough ago.

    :param index: the table, in which what is taken away is recorded; ``None`` if there is none.
    :param dry: do nothing, and tell what would be done.
    :raises SettingsError: ``backup_keep`` cannot be read.
    :raises BackupError: the store refuses something; what was done until then is done.
    """
    keys = Keys.of(job.settings)
    found = plan(
        [_candidate(entry) for entry in entries(store, None, keys)], parse_rules(job.settings.backup_keep), now, most
    )
    if dry:
        return found
    for backup_id in found.unmark:
        store.remove(backup_id, DELETION)
    for backup_id in found.mark:
        mark_deleted(store, backup_id, keys, now)
    for backup_id in found.purge:
        job.check()
        store.purge(backup_id)
        if index is not None:
            index.put(backup_id, "deleted")
    return found


def _candidate(entry: Entry) -> Candidate:
    return Candidate(
        entry.id,
        entry.manifest.started_at if entry.manifest is not None else id_time(entry.id),  # of one second two may be
        proven=entry.status == "proven",
        readable=entry.manifest is not None,
        pinned=entry.pin is not None,
        marked_at=entry.deleted_at,
    )
