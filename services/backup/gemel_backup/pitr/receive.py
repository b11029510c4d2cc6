"""Keep receiving what the database changes, as long as the service runs."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from gemel.settings import Settings
from gemel_backup.errors import BackupError, Yielded
from gemel_backup.job import Job
from gemel_backup.pitr.barman import Barman, open_barman
from gemel_backup.pitr.configuration import SERVER, SLOT
from gemel_backup.postgresql import Address
from gemel_backup.schedule.alert import alert

ARCHIVE_SECONDS: Final = 10.0
"""Between two looks for what was received to its end (files of 16 MB), which then goes to Barman's archive."""
LEAST_PAUSE, MOST_PAUSE = 1.0, 60.0
TELL_AFTER: Final = timedelta(minutes=5)
END_SECONDS: Final = 30.0
STATUS: Final = "SELECT wal_status FROM pg_replication_slots WHERE slot_name = %s"
LOST: Final = "lost"


class Receiver:
    """A thread that runs ``barman receive-wal``, again whenever it ends, and archives what it has received."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gemel-receive", daemon=True)
        self.receiving = False
        """Whether changes come in."""
        self.gap: datetime | None = None
        """When it was found that changes are lost: only a base backup after that leads further."""
        self._told = False

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def stop(self) -> None:
        """End; the database keeps what was not received."""
        self._stop.set()
        self._thread.join(END_SECONDS)

    def check(self) -> None:
        """:raises BackupError: nothing is being received."""
        if not self.receiving:
            raise BackupError("changes are not being received from the database")

    def _run(self) -> None:
        log = structlog.get_logger("gemel.backup")
        pause, since = LEAST_PAUSE, time.monotonic()
        job = Job(self._settings, stop=self._stop.is_set)
        while not self._stop.is_set():
            try:
                self._receive(job)
            except Yielded:
                return
            except Exception as error:
                if self.receiving:
                    pause, since = LEAST_PAUSE, time.monotonic()
                self.receiving = False
                log.error("pitr.not_receiving", error=str(error), exc_info=not isinstance(error, BackupError))
                self._tell(time.monotonic() - since, str(error))
            self._stop.wait(pause)
            pause = min(2 * pause, MOST_PAUSE)

    def _receive(self, job: Job) -> None:
        barman = open_barman(job)
        if not ready_slot(job, barman):
            self.gap = datetime.now(UTC)
            text = "the database has thrown away changes before they were received: a new base backup is taken"
            structlog.get_logger("gemel.backup").error("pitr.gap", reason=text)
            alert(self._settings, "pitr.gap", text)
        with barman.start("receive-wal", SERVER) as receiving:
            while True:
                self._stop.wait(ARCHIVE_SECONDS if self.receiving else LEAST_PAUSE)
                job.check()
                receiving.check()
                if not self.receiving:
                    self.receiving, self._told = True, False
                    structlog.get_logger("gemel.backup").info("pitr.receiving")
                barman.run(job, "archive-wal", SERVER)

    def _tell(self, seconds: float, error: str) -> None:
        """Once, until it goes well again."""
        if seconds >= TELL_AFTER.total_seconds() and not self._told:
            text = f"for {seconds / 60:.0f} minutes no changes were received for recovery to a time: {error}"
            self._told = alert(self._settings, "pitr.not_receiving", text, error=error)


def ready_slot(job: Job, barman: Barman) -> bool:
    """Make the replication slot, if it is not there; make it anew, if the database has given it up
    (``max_slot_wal_keep_size``).

    :return: whether nothing was lost: without a slot nobody knows what came after the last file that was received.
    :raises BackupError: it cannot be made.
    """
    fresh = not barman.newest()
    with Address.parse(job.settings.database_direct).connect(job) as connection:
        row = connection.execute(STATUS, (SLOT,)).fetchone()
        if row is not None and row[0] != LOST:
            return True
        if row is not None:
            connection.execute("SELECT pg_drop_replication_slot(%s)", (SLOT,))
    barman.ask("receive-wal", "--create-slot", SERVER)
    if not fresh:
        barman.ask("receive-wal", "--reset", SERVER)
    return fresh
