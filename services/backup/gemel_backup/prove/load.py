"""Put a backup into an empty database, and look whether all is there."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from gemel_backup.child import child
from gemel_backup.clients import find_client, tool_major
from gemel_backup.errors import Unproven
from gemel_backup.evidence import Evidence, differences, of_tables
from gemel_backup.evidence import postgresql as evidence
from gemel_backup.evidence.sqlite import collect
from gemel_backup.job import Job
from gemel_backup.keep.unpack import Unpacked
from gemel_backup.postgresql import Address, server_major
from gemel_backup.prove.toc import Progress, write_list
from gemel_backup.sqlite import check_integrity, opened
from gemel_backup.take.postgresql import DUMP
from gemel_backup.take.sqlite import COPY

MOST_LINES = 20


def load_postgresql(
    job: Job, backup: Unpacked, target: Address, *, whole: bool, owners: bool, tables: Sequence[str] = ()
) -> None:
    """Restore into an empty database, and compare it with the evidence.

    The parameters are those of :func:`fill_postgresql`.

    :raises BackupError: ``pg_restore`` failed, or there is none that fits.
    :raises Unproven: what is there afterwards is not what was taken.
    :raises Yielded: stopped.
    """
    fill_postgresql(job, backup, target, whole=whole, owners=owners, tables=tables)
    compare(backup, evidence_of(job, target), owners=owners, tables=tables)


def fill_postgresql(
    job: Job, backup: Unpacked, target: Address, *, whole: bool, owners: bool, tables: Sequence[str] = ()
) -> None:
    """Restore into an empty database.

    :param whole: in one transaction, and so by one process; else by ``job.jobs``.
    :param owners: give objects their owners and grants; the roles must be there. Else all belongs to who restores.
    :param tables: fill these alone, by their names in the evidence; the schema is there as a whole but for its foreign
        keys, which could not hold. Empty: all.
    :raises BackupError: ``pg_restore`` failed, or there is none that fits.
    :raises Yielded: stopped.
    """
    with target.connect(job) as connection:
        client = find_client("pg_restore", max(tool_major(backup.manifest.tool), server_major(connection)))
    with tempfile.TemporaryDirectory(prefix="gemel-list-") as folder:
        listed = Path(folder) / "list"
        items = write_list(client, backup.folder / DUMP, tables, listed)
        command = [
            str(client.path),
            "--exit-on-error",
            "--verbose",
            "--no-password",
            f"--use-list={listed}",
            *(["--single-transaction"] if whole else [f"--jobs={job.jobs}"]),
            *([] if owners else ["--no-owner", "--no-privileges"]),
            f"--dbname={target.conninfo}",
            str(backup.folder / DUMP),
        ]
        with child(command, target.environment) as restore:
            progress = Progress(job, items)
            restore.wait(job, progress)
            progress.end()


def load_sqlite(job: Job, backup: Unpacked, target: Path) -> None:
    """Copy to a new file, and let SQLite look at all of it.

    :raises Corrupted: it is damaged.
    :raises Unproven: what is there is not what was taken.
    :raises Yielded: stopped.
    """
    shutil.copyfile(backup.folder / COPY, target)
    with opened(target, job, mode="ro") as connection:
        check_integrity(connection, references=True)
        compare(backup, collect(connection), owners=False)


def evidence_of(job: Job, target: Address) -> Evidence:
    """What a restored database holds."""
    with evidence.snapshot(target, job) as connection:
        return evidence.collect(connection, target, job, evidence.export(connection))


def compare(backup: Unpacked, found: Evidence, *, owners: bool, tables: Sequence[str] = ()) -> None:
    """Compare what was restored with what was taken.

    :param owners: with owners and grants, if all was restored.
    :param tables: those that were restored; empty: all.
    :raises Unproven: there are differences.
    """
    taken = backup.evidence
    if tables:
        taken, found = of_tables(taken, tables), of_tables(found, tables)
    lines = differences(taken, found, owners=owners and not tables)
    if lines:
        more = f"; and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else ""
        told = "; ".join(lines[:MOST_LINES])
        raise Unproven(f"backup {backup.manifest.id}: what was restored is not what was taken: {told}{more}")
