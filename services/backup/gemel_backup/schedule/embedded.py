"""The schedule without a queue: a thread of ``main.py`` claims what is due, and does each in a thread of its own."""

import threading
from datetime import UTC, datetime

import structlog

from gemel.app import App
from gemel.settings import Settings
from gemel_backup.connect import make_engine
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.keep.age import can_open
from gemel_backup.schedule.claims import work_on
from gemel_backup.schedule.due import check_settings, claim_all, schedules
from gemel_backup.schedule.slots import Slots

TICK_SECONDS = 15.0
END_SECONDS = 5.0


def run_schedule(settings: Settings, app: App, stop: threading.Event) -> None:
    """Do what is due until ``stop`` is set; then end soon, work under way being given up and done again at the next
    start.

    :raises SettingsError: as :func:`gemel_backup.schedule.due.check_settings`.
    """
    log = structlog.get_logger("gemel.backup")
    now = datetime.now(UTC)
    check_settings(settings, app, now)
    if not schedules(settings, app):
        log.info("backup.unscheduled", reason="backup_schedule or state is off")
        return
    slots, job = Slots(make_engine(settings)), Job(settings, stop=stop.is_set)
    working: list[threading.Thread] = []
    while not stop.is_set():
        working = [thread for thread in working if thread.is_alive()]
        try:
            for claim in claim_all(settings, app, slots, datetime.now(UTC), proofs=can_open(settings)):
                thread = threading.Thread(
                    target=work_on, args=(job, slots, claim, app.name), name=f"gemel-{claim.kind}", daemon=True
                )
                thread.start()
                working.append(thread)
        except BackupError as error:  # the database is away: the next tick tries again
            log.error("backup.tick_failed", error=error.message)
        stop.wait(TICK_SECONDS)
    for thread in working:
        thread.join(END_SECONDS)
