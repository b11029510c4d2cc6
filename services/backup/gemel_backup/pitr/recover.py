"""Lead a copy of the database to a time, with a base backup and the changes after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gemel_backup.errors import BackupError
from gemel_backup.evidence.postgresql import rows
from gemel_backup.held import work_folder
from gemel_backup.job import Job
from gemel_backup.pitr.barman import Barman
from gemel_backup.pitr.cluster import fetching, recovering
from gemel_backup.pitr.configuration import SERVER
from gemel_backup.postgresql import Address, Connection

PREFIX = "recover-"
TIMELINE: Final = 8
"""Characters of a file's name that tell of the timeline, which a recovery changes."""
FIRST_ROLE: Final = "SELECT rolname FROM pg_roles WHERE oid = 10"


@dataclass(frozen=True)
class Goal:
    """Where a recovery ends: at one of the two, or where the changes end."""

    restore_point: str | None = None
    time: datetime | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """As Barman's command line has it."""
        if self.restore_point is not None:
            return ("--target-name", self.restore_point, "--target-action", "promote")
        if self.time is not None:
            return ("--target-time", self.time.astimezone(UTC).isoformat(sep=" "), "--target-action", "promote")
        return ()


def goal_of(text: str, now: datetime) -> Goal:
    """Read what a person says: a time (ISO 8601, in UTC if it says nothing else), or ``latest``.

    :raises BackupError: it is neither, or lies ahead.
    """
    if text == "latest":
        return Goal()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BackupError(f"{text!r} is no time: write one as in 2026-01-31T12:00:00Z, or latest") from None
    moment = found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)
    if moment > now:
        raise BackupError(f"{text} lies ahead: it is {now:%Y-%m-%d %H:%M:%S} UTC")
    return Goal(time=moment)


def check_end(connection: Connection, barman: Barman) -> None:
    """PostgreSQL takes the first file that is missing for the end of all.

    :raises BackupError: there are changes after it.
    """
    [(end,)] = rows(connection, "SELECT pg_walfile_name(redo_lsn) FROM pg_control_checkpoint()")
    newest = barman.newest()
    if end[TIMELINE:] < newest[TIMELINE:]:
        raise BackupError(
            f"changes are missing: {end[TIMELINE:]} cannot be read, and there are changes up to {newest[TIMELINE:]}."
            " Restore to a time before, or from a newer base backup"
        )


@contextmanager
def recovered(job: Job, barman: Barman, backup_id: str, goal: Goal) -> Iterator[Address]:
    """The database of the settings as it was, on a server that is there until the end of the block; as a superuser.

    :param backup_id: of a base backup that ended before.
    :raises BackupError: it cannot be recovered, or the changes do not reach to the goal.
    :raises Yielded: stopped.
    """
    with work_folder(job.settings.work, PREFIX) as folder:
        data = folder / "data"
        spaces = barman.details(backup_id).tablespaces
        moved = [word for name in spaces for word in ("--tablespace", f"{name}:{folder / f'space-{name}'}")]
        barman.run(job, "restore", "--get-wal", *goal.words, *moved, SERVER, backup_id, str(data))
        data.chmod(0o700)
        fetch = fetching(barman.program, "--config", str(barman.file), "get-wal", "--partial", SERVER)
        live = Address.parse(job.settings.database_direct)
        with recovering(job, data, fetch, live.parameters.get("user", ""), live.database) as address:
            with address.connect(job) as connection:
                [(superuser,)] = rows(connection, FIRST_ROLE)
                if goal == Goal():
                    check_end(connection, barman)
            yield Address({**address.parameters, "user": superuser}, "")
