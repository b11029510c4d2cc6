"""All that may be due: backups, proofs of backups that another worker took, and the app's own tasks."""

import functools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import structlog

from gemel.app import App
from gemel.settings import Settings
from gemel_backup.keep.age import can_open, check_keys
from gemel_backup.keep.catalogue import Index, open_index
from gemel_backup.keep.manifest import BASE
from gemel_backup.keep.retain import parse_rules
from gemel_backup.schedule.alert import of_missed, stale
from gemel_backup.schedule.slots import Claim, Slots
from gemel_backup.schedule.tick import WINDOW, Schedule, last_due

BACKUP: Final = "backup"
PROOF: Final = "proof"
TASK: Final = "task:"
PROOF_GRACE: Final = timedelta(minutes=15)
"""Whoever takes a backup and can open it proves it at once; if that does not come to an end, others do after this."""
PROOF_PAUSE: Final = timedelta(hours=1)
"""Between two proofs that could not be tried, because the server for them did not answer."""


def backup_schedule(settings: Settings) -> Schedule | None:
    """The schedule of the backups; ``None`` if there is none, or no table to claim slots in (``state = off``)."""
    cron = settings.backup_schedule.strip()
    return Schedule(BACKUP, cron) if cron not in ("", "off") and settings.state else None


def base_schedule(settings: Settings) -> Schedule | None:
    """The schedule of base backups; ``None`` where Barman is not."""
    cron = settings.pitr_schedule.strip()
    return Schedule(BASE, cron) if settings.pitr_dir and cron not in ("", "off") and settings.state else None


def schedules(settings: Settings, app: App | None) -> list[Schedule]:
    """All that is due at certain times.

    :param app: ``None`` if it cannot be imported: backups do not depend on it.
    :raises AppError: ``tasks.py`` cannot be read.
    """
    backups = [schedule for schedule in (backup_schedule(settings), base_schedule(settings)) if schedule is not None]
    tasks = app.periodic.values() if app is not None and settings.state else ()
    return [*backups, *(Schedule(f"{TASK}{task.name}", task.cron) for task in tasks)]


def check_settings(settings: Settings, app: App | None, now: datetime) -> None:
    """What would else be found out only when something is due.

    :raises SettingsError: an expression is none, or a key, or a rule of retention.
    :raises AppError: ``tasks.py`` cannot be read.
    """
    for schedule in schedules(settings, app):
        last_due(schedule, now)
    check_keys(settings)
    parse_rules(settings.backup_keep)


def claim_all(
    settings: Settings, app: App | None, slots: Slots, now: datetime, *, proofs: bool = True
) -> Iterator[Claim]:
    """Claim all that is due, but for base backups: those are claimed where Barman is.

    :param proofs: there is somebody who can open what is encrypted.
    :raises BackupError: the database cannot be reached.
    """
    for schedule in schedules(settings, app):
        if schedule.kind != BASE:
            yield from claim_of(settings, schedule, slots, now)
    index = open_index(settings)
    if index is not None:
        if proofs:
            yield from _proofs(settings, index, slots, now)
        if backup_schedule(settings) is not None:
            yield from stale(settings, index, slots, now)


def claim_of(settings: Settings, schedule: Schedule, slots: Slots, now: datetime) -> list[Claim]:
    """Claim what is due of one schedule. :raises BackupError: the database cannot be reached."""
    # A task that takes longer than its period misses times all day; of backups each is told.
    backup = schedule.kind in (BACKUP, BASE)
    return slots.claim_due(schedule, now, functools.partial(of_missed, settings, schedule.kind) if backup else None)


def _proofs(settings: Settings, index: Index, slots: Slots, now: datetime) -> Iterator[Claim]:
    grace = PROOF_GRACE if can_open(settings) else timedelta()
    for backup_id, started_at in index.unproven(since=now - WINDOW, until=now - grace).items():
        claim = slots.claim_once(PROOF, started_at, now, PROOF_PAUSE)
        if claim is not None:
            structlog.get_logger("gemel.backup").info("proof.claimed", id=backup_id)
            yield claim
