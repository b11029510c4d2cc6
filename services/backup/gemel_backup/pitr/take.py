"""Take a base backup, and mark a moment after it."""

from contextlib import suppress
from pathlib import Path

from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.keep.age import can_open
from gemel_backup.keep.manifest import BASE, Base
from gemel_backup.pitr.barman import Barman
from gemel_backup.pitr.configuration import SERVER
from gemel_backup.pitr.flush import flush
from gemel_backup.pitr.mark import mark
from gemel_backup.postgresql import Address
from gemel_backup.take.taken import Taken


def take_base(barman: Barman, job: Job, _: Path, backup_id: str, *, quick: bool) -> Taken:
    """Let Barman make a base backup of the database of the settings, under the id of the backup.

    :param barman: of which nobody else makes one at this time.
    :param quick: let the database write its checkpoint at once, which others may feel.
    :raises BackupError: Barman is not ready, or has failed.
    :raises Yielded: stopped, or no moment could be marked.
    """
    if not can_open(job.settings):
        raise BackupError("base backups are proven where they are made: set backup_identity, which opens the evidence")
    barman.check(job)
    flush(job, barman)  # that changes come in is best known from one that came
    hurry = ["--immediate-checkpoint"] if quick else []
    try:
        barman.run(job, "backup", *hurry, "--name", backup_id, SERVER)
        marked = mark(job, Address.parse(job.settings.database_direct), f"gemel-{backup_id}")
        flush(job, barman)  # and with the mark come the changes that make the base backup whole
        found = barman.details(backup_id)
    except BaseException:
        with suppress(BackupError):
            barman.delete(backup_id)
        raise
    return Taken(
        kind=BASE,
        server_version=marked.server_version,
        tool=barman.version(),
        evidence=marked.evidence,
        locale=marked.locale,
        base=Base(marked.name, marked.at, found.ended_at, found.size),
    )
