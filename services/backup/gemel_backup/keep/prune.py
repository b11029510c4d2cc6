"""Do what :mod:`gemel_backup.keep.retain` has planned."""

from datetime import datetime, timedelta

from gemel_backup.ids import id_time
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import Entry, Index, entries
from gemel_backup.keep.notes import DELETION, mark_deleted
from gemel_backup.keep.retain import MOST_DELETIONS, Candidate, Plan, parse_rules, plan, plan_bases
from gemel_backup.keep.seal import Keys
from gemel_backup.pitr.barman import open_barman
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
    there = entries(store, None, keys)
    dumps = [_candidate(entry) for entry in there if not entry.is_base]
    bases = {entry.id: _candidate(entry) for entry in there if entry.is_base}
    found = plan(dumps, parse_rules(job.settings.backup_keep), now, most)
    if bases and job.settings.pitr_dir:  # only where they are can they be taken away
        found = found.and_of(plan_bases([*bases.values()], timedelta(days=job.settings.pitr_days), now, most))
    if dry:
        return found
    for backup_id in found.unmark:
        store.remove(backup_id, DELETION)
    for backup_id in found.mark:
        mark_deleted(store, backup_id, keys, now)
    for backup_id in found.purge:
        job.check()
        if backup_id in bases:
            _delete_base(job, backup_id)
        store.purge(backup_id)
        if index is not None:
            index.put(backup_id, "deleted")
    return found


def _delete_base(job: Job, backup_id: str) -> None:
    """First with Barman: while the store tells of it, it is tried again."""
    barman = open_barman(job)
    if any(base.name == backup_id for base in barman.bases()):
        barman.delete(backup_id)


def _candidate(entry: Entry) -> Candidate:
    manifest = entry.manifest
    if manifest is None:
        at = id_time(entry.id)
    else:  # the name alone tells no more than the second
        at = manifest.base.ended_at if manifest.base is not None else manifest.started_at
    return Candidate(
        entry.id,
        at,
        proven=entry.status == "proven",
        readable=manifest is not None,
        pinned=entry.pin is not None,
        marked_at=entry.deleted_at,
    )
