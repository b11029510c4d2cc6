"""Put a backup into an empty database, and look whether all is there."""

import shutil
from pathlib import Path

from gemel_backup.child import child
from gemel_backup.clients import find_client, tool_major
from gemel_backup.errors import Unproven
from gemel_backup.evidence import differences
from gemel_backup.evidence import postgresql as evidence
from gemel_backup.evidence.sqlite import collect
from gemel_backup.job import Job
from gemel_backup.manifest import Manifest
from gemel_backup.postgresql import Address, server_major
from gemel_backup.sqlite import check_integrity, opened
from gemel_backup.take.postgresql import DUMP
from gemel_backup.take.sqlite import COPY
from gemel_backup.unpack import Unpacked

MOST_LINES = 20


def load_postgresql(job: Job, backup: Unpacked, target: Address, *, whole: bool, owners: bool) -> None:
    """Restore into an empty database, and compare it with the evidence.

    :param whole: in one transaction, and so by one process; else by ``job.jobs``.
    :param owners: give objects their owners and grants; the roles must be there. Else all belongs to who restores.
    :raises BackupError: ``pg_restore`` failed, or there is none that fits.
    :raises Unproven: what is there afterwards is not what was taken.
    :raises Yielded: stopped.
    """
    with target.connect(job) as connection:
        client = find_client("pg_restore", max(tool_major(backup.manifest.tool), server_major(connection)))
    command = [
        str(client.path),
        "--exit-on-error",
        "--no-password",
        *(["--single-transaction"] if whole else [f"--jobs={job.jobs}"]),
        *([] if owners else ["--no-owner", "--no-privileges"]),
        f"--dbname={target.conninfo}",
        str(backup.folder / DUMP),
    ]
    with child(command, target.environment) as restore:
        restore.wait(job)
    with evidence.snapshot(target, job) as connection:
        found = evidence.collect(connection, target, job, evidence.export(connection))
    _compare(backup.manifest, differences(backup.evidence, found, owners=owners))


def load_sqlite(job: Job, backup: Unpacked, target: Path) -> None:
    """Copy to a new file, and let SQLite look at all of it.

    :raises Corrupted: it is damaged.
    :raises Unproven: what is there is not what was taken.
    :raises Yielded: stopped.
    """
    shutil.copyfile(backup.folder / COPY, target)
    with opened(target, job, mode="ro") as connection:
        check_integrity(connection, references=True)
        _compare(backup.manifest, differences(backup.evidence, collect(connection), owners=False))


def _compare(manifest: Manifest, lines: list[str]) -> None:
    if lines:
        more = f"; and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else ""
        raise Unproven(
            f"backup {manifest.id}: what was restored is not what was taken: {'; '.join(lines[:MOST_LINES])}{more}"
        )
