"""The schedule without a queue: one thread of ``main.py`` claims what is due, and does it."""

import threading
from datetime import UTC, datetime

import structlog

from gemel.settings import Settings
from gemel_backup.connect import make_engine
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.slots import Slots
from gemel_backup.work import backup_schedule, check_settings, run_claim

TICK_SECONDS = 15.0


def run_schedule(settings: Settings, app_name: str, stop: threading.Event) -> None:
    """Do what is due until ``stop`` is set; then end within a second, work under way being given up and done again
    at the next start.

    :param app_name: name of the app, for the manifests.
    :raises SettingsError: as :func:`gemel_backup.work.check_settings`.
    """
    log = structlog.get_logger("gemel.backup")
    schedule = backup_schedule(settings)
    if schedule is None:
        log.info("backup.unscheduled", reason="backup_schedule or state is off")
        return
    check_settings(settings)
    slots, job = Slots(make_engine(settings)), Job(settings, stop=stop.is_set)
    while not stop.is_set():
        try:
            for claim in slots.claim_due(schedule, datetime.now(UTC)):
                run_claim(job, slots, claim, app_name)
        except BackupError as error:  # the database is away: the next tick tries again
            log.error("backup.tick_failed", error=error.message)
        stop.wait(TICK_SECONDS)
