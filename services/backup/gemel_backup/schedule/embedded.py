"""The schedule without a queue: a thread of ``main.py`` claims what is due, and does each in a thread of its own."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog

from gemel.app import App
from gemel.settings import Settings
from gemel_backup.connect import make_engine
from gemel_backup.errors import BackupError
from gemel_backup.job import Job
from gemel_backup.keep.age import can_open
from gemel_backup.keep.manifest import BASE
from gemel_backup.pitr.receive import Receiver
from gemel_backup.schedule.claims import work_on
from gemel_backup.schedule.due import base_schedule, check_settings, claim_all, claim_of, schedules
from gemel_backup.schedule.slots import Claim, Slots

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
    with receiving(settings) as receiver:
        if not schedules(settings, app):
            log.info("backup.unscheduled", reason="backup_schedule or state is off")
            stop.wait()
            return
        slots = Slots(make_engine(settings))
        proofs = can_open(settings)

        def due(now: datetime) -> Iterator[Claim]:
            yield from claim_all(settings, app, slots, now, proofs=proofs)
            yield from claim_bases(settings, receiver, slots, now)

        follow(settings, app.name, slots, stop, due)


@contextmanager
def receiving(settings: Settings) -> Iterator[Receiver | None]:
    """Where ``pitr_dir`` is set, changes are received within the block."""
    if not settings.pitr_dir:
        yield None
        return
    receiver = Receiver(settings)
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def claim_bases(settings: Settings, receiver: Receiver | None, slots: Slots, now: datetime) -> Iterator[Claim]:
    """Claim the base backups that are due: by their schedule, or because changes were lost.

    Barman makes none while nothing is being received, so none is claimed before that.

    :raises BackupError: the database is away.
    """
    if receiver is None or not receiver.receiving:
        return
    schedule = base_schedule(settings)
    if schedule is not None:
        yield from claim_of(settings, schedule, slots, now)
    if receiver.gap is not None:
        claim = slots.claim_once(BASE, receiver.gap, now)
        if claim is not None:
            yield claim


def follow(
    settings: Settings, app: str, slots: Slots, stop: threading.Event, due: Callable[[datetime], Iterable[Claim]]
) -> None:
    """Every few seconds claim what is due, and do each in a thread of its own, until ``stop`` is set."""
    log = structlog.get_logger("gemel.backup")
    job = Job(settings, stop=stop.is_set)
    working: list[threading.Thread] = []
    while not stop.is_set():
        working = [thread for thread in working if thread.is_alive()]
        try:
            for claim in due(datetime.now(UTC)):
                thread = threading.Thread(
                    target=work_on, args=(job, slots, claim, app), name=f"gemel-{claim.kind}", daemon=True
                )
                thread.start()
                working.append(thread)
        except BackupError as error:  # the database is away: the next tick tries again
            log.error("backup.tick_failed", error=error.message)
        stop.wait(TICK_SECONDS)
    for thread in working:
        thread.join(END_SECONDS)
