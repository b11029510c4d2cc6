"""Restore a backup into a database that is not there yet, or is empty: all of it, or nothing."""

import difflib
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Final

from gemel_backup.errors import BackupError
from gemel_backup.evidence import Evidence
from gemel_backup.job import Job
from gemel_backup.keep.manifest import Manifest
from gemel_backup.keep.notes import DELETION, read_manifest
from gemel_backup.keep.seal import Keys
from gemel_backup.keep.unpack import Unpacked, unpacked
from gemel_backup.pitr.dump import dumped
from gemel_backup.pitr.recover import Goal
from gemel_backup.postgresql import Address
from gemel_backup.restore.places import SQLITE, path_of
from gemel_backup.restore.postgresql import restore_postgresql
from gemel_backup.restore.sqlite import restore_sqlite
from gemel_backup.store import Store

MOST_NAMES: Final = 10


@dataclass(frozen=True)
class Options:
    """How a restore is to be done."""

    owners: bool = False
    """PostgreSQL: give objects their owners and grants, too; the roles must be there."""
    tables: tuple[str, ...] = ()
    """Rows of these tables alone, by name, with or without the schema; empty: all."""
    goal: Goal | None = None
    """Of a base backup: where the recovery ends, if not at the moment of its evidence."""


def restore(job: Job, store: Store, backup_id: str, target: str, options: Options) -> Manifest:
    """Check the hashes of a backup, restore it, and compare the result with the evidence.

    The target stays as it was unless all of this succeeds. A PostgreSQL database that is not there is made.

    :param target: ``postgresql://…`` or ``sqlite:///…``, of the kind that was backed up.
    :return: the manifest, with the numbers of what was restored.
    :raises BackupError: the target is of another kind, or is not empty; a table is not in the backup; the restore
        failed.
    """
    manifest = read_manifest(store, backup_id, Keys.of(job.settings))
    kind = "sqlite" if manifest.kind == "sqlite" else "postgresql"
    if target.startswith(SQLITE) != (kind == "sqlite"):
        raise BackupError(f"backup {backup_id} is of {kind}: the target must be a {kind} address")
    store.remove(backup_id, DELETION)  # if it was about to go, it has another day
    with _opened(job, store, manifest, options) as backup:
        tables = [_named(backup.evidence, name, backup_id) for name in options.tables]
        if manifest.kind == "sqlite":
            restore_sqlite(job, backup, path_of(target), tables)
        else:
            restore_postgresql(job, backup, Address.parse(target), tables, owners=options.owners)
        return replace(manifest, tables=len(backup.evidence.tables), rows=backup.evidence.rows)


def _opened(job: Job, store: Store, manifest: Manifest, options: Options) -> AbstractContextManager[Unpacked]:
    if manifest.base is not None:
        return dumped(job, manifest, options.goal or Goal(restore_point=manifest.base.restore_point))
    if options.goal is not None:
        raise BackupError(f"backup {manifest.id} is of one time only: a base backup leads to others")
    return unpacked(job, store, manifest)


def _named(evidence: Evidence, name: str, backup_id: str) -> str:
    found = [each for each in evidence.tables if name in _names(each)]
    if len(found) != 1:
        there = found or difflib.get_close_matches(name, evidence.tables, MOST_NAMES, 0.0)
        what = "several tables" if found else "no table"
        raise BackupError(f"backup {backup_id} has {what} {name!r}; there are {', '.join(there)}")
    return found[0]


def _names(table: str) -> Iterable[str]:
    """What a table may be called: as it is, and without its schema."""
    return table, table.rpartition(".")[2]
