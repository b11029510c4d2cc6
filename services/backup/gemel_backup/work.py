"""Take a backup and prove it; do a claimed slot."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog

from gemel.errors import GemelError
from gemel.settings import Settings
from gemel_backup.age import check_keys
from gemel_backup.catalogue import Index, open_index
from gemel_backup.errors import BackupError, Yielded
from gemel_backup.ids import new_id
from gemel_backup.job import Job
from gemel_backup.manifest import Manifest
from gemel_backup.notes import Proof, read_manifest
from gemel_backup.prove import prove
from gemel_backup.prune import prune
from gemel_backup.retain import parse_rules
from gemel_backup.seal import Keys
from gemel_backup.slots import LEASE, Claim, Slots
from gemel_backup.store import Store, open_store
from gemel_backup.take import take
from gemel_backup.tick import Schedule, newest_due

KIND = "backup"
RENEW_SECONDS = LEASE.total_seconds() / 4


@dataclass(frozen=True)
class Outcome:
    """A backup that was taken and proven."""

    manifest: Manifest
    proof: Proof
    seconds: float
    """Of both together."""


def backup_schedule(settings: Settings) -> Schedule | None:
    """The schedule of the backups; ``None`` if there is none, or no table to claim slots in (``state = off``)."""
    cron = settings.backup_schedule.strip()
    return Schedule(KIND, cron) if cron not in ("", "off") and settings.state else None


def check_settings(settings: Settings) -> None:
    """What would else be found out only when a backup is due.

    :raises SettingsError: a schedule is no cron expression, or a key is none.
    """
    schedule = backup_schedule(settings)
    if schedule is not None:
        newest_due(schedule, datetime.now(UTC))
    check_keys(settings)
    parse_rules(settings.backup_keep)


def back_up(job: Job, store: Store, app: str) -> Outcome:
    """Take a backup of the database of the settings, prove it, and write what became of it into the table.

    :param app: name of the app, for the manifest.
    :raises BackupError: it could not be taken, or not be proven.
    :raises Yielded: it gave way to a migration, or was stopped.
    """
    begun = time.monotonic()
    backup_id = new_id(datetime.now(UTC))
    index = open_index(job.settings)
    if index is not None:
        for dead in store.clean():
            index.put(dead, "failed", error="the process that took it died")
        index.put(backup_id, "taking", started_at=datetime.now(UTC))
    try:
        manifest = take(job, store, backup_id, app)
    except BaseException as error:
        _record_failure(index, backup_id, error)
        raise
    if index is not None:
        index.put_entry(manifest, "taken", None, None)
    proof = prove_and_record(job, store, manifest.id)
    return Outcome(manifest, proof, time.monotonic() - begun)


def prove_and_record(job: Job, store: Store, backup_id: str) -> Proof:
    """Prove a backup of the store, and write the result into the table.

    :raises BackupError: as :func:`gemel_backup.prove.prove`.
    """
    manifest = read_manifest(store, backup_id, Keys.of(job.settings))
    index = open_index(job.settings)
    try:
        proof = prove(job, store, backup_id)
    except BaseException as error:
        _record_failure(index, backup_id, error)
        raise
    if index is not None:
        index.put_entry(manifest, "proven", proof.at, None)
    return proof


def run_claim(job: Job, slots: Slots, claim: Claim, app: str) -> str:
    """Do a claimed slot, renewing its lease meanwhile; gives the status that was recorded.

    It logs what became of the work, and raises only if that cannot be recorded.
    """
    text: str | None
    log = structlog.get_logger("gemel.backup").bind(due_at=claim.due_at.isoformat())
    try:
        with _leased(slots, claim) as lost:
            leased = replace(job, stop=lambda: lost.is_set() or job.stop())
            outcome = back_up(leased, open_store(job.settings), app)
    except Yielded as error:
        status, text = "yielded", error.message
        log.warning("backup.yielded", reason=text)
    except Exception as error:
        status, text = "failed", str(error) or type(error).__name__
        log.error("backup.failed", error=text, exc_info=not isinstance(error, BackupError))
    else:
        status, text = "done", None
        log.info("backup.proven", **summary(outcome))
        _prune(job, log)
    if not slots.finish(claim, status, text):
        log.warning("backup.lease_lost", status=status)
    return status


def _prune(job: Job, log: structlog.stdlib.BoundLogger) -> None:
    """After a backup was proven; that it cannot be done makes the backup no worse."""
    try:
        done = prune(job, open_store(job.settings), open_index(job.settings), datetime.now(UTC))
    except GemelError as error:
        log.error("backup.not_pruned", error=error.message)
    else:
        if done.mark or done.unmark or done.purge:
            log.info("backup.pruned", marked=done.mark, unmarked=done.unmark, taken_away=done.purge, later=done.later)


def summary(outcome: Outcome) -> dict[str, object]:
    """What a log line tells of a backup."""
    manifest = outcome.manifest
    return {
        "id": manifest.id,
        "bytes": manifest.size,
        "tables": manifest.tables,
        "rows": manifest.rows,
        "seconds": round(outcome.seconds, 3),
    }


@contextmanager
def _leased(slots: Slots, claim: Claim) -> Iterator[threading.Event]:
    """Renew the lease while in the block; the event is set when the claim does not count any more."""
    lost, ended = threading.Event(), threading.Event()

    def renew() -> None:
        good_until = datetime.now(UTC) + LEASE
        while not ended.wait(RENEW_SECONDS):
            try:
                held = slots.renew(claim, datetime.now(UTC))
            except BackupError:  # the database is away; others cannot see the lease, either, until it has run out
                held = datetime.now(UTC) < good_until
            else:
                good_until = datetime.now(UTC) + LEASE
            if not held:
                lost.set()
                return

    keeper = threading.Thread(target=renew, name="gemel-lease", daemon=True)
    keeper.start()
    try:
        yield lost
    finally:
        ended.set()
        keeper.join(timedelta(seconds=30).total_seconds())


def _record_failure(index: Index | None, backup_id: str, error: BaseException) -> None:
    if index is None:
        return
    status = "yielded" if isinstance(error, Yielded) else "failed"
    with suppress(BackupError):  # that the database is away may be the very reason; the first error is the one to tell
        index.put(backup_id, status, finished_at=datetime.now(UTC), error=str(error) or type(error).__name__)
