"""Whether Barman still holds what was written."""

from typing import Final

from gemel_backup.errors import BackupError, Corrupted
from gemel_backup.job import Job
from gemel_backup.pitr.barman import Barman
from gemel_backup.pitr.configuration import SERVER

FAILURES: Final = ("verify backup failure", "pg_verifybackup: error")


def verify_base(job: Job, barman: Barman, backup_id: str) -> str:
    """Compare the files of a base backup with PostgreSQL's own list of them
    (https://www.postgresql.org/docs/current/app-pgverifybackup.html).

    :return: ``ok``, or that the program is not there.
    :raises Corrupted: a file is not as it was written.
    :raises BackupError: it cannot be said.
    :raises Yielded: stopped.
    """
    try:
        barman.run(job, "verify-backup", SERVER, backup_id)
    except BackupError as error:
        if "pg_verifybackup not found" in error.message:
            return "not done: pg_verifybackup is not installed"
        if not any(text in error.message for text in FAILURES):
            raise
        raise Corrupted(f"base backup {backup_id} is not as it was written: {error.message}") from error
    return "ok"
