"""Work on what was claimed, and record what became of it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from gemel.app import load_app
from gemel.errors import GemelError
from gemel.periodic.run import run_periodic
from gemel_backup.beside import beside
from gemel_backup.errors import BackupError, Yielded
from gemel_backup.job import Job
from gemel_backup.keep.catalogue import open_index, unproven_base
from gemel_backup.keep.manifest import BASE
from gemel_backup.keep.notes import Proof
from gemel_backup.keep.prune import prune
from gemel_backup.keep.seal import Keys
from gemel_backup.schedule.alert import ALERT, of_slot, tell_stale
from gemel_backup.schedule.due import BACKUP, PROOF, TASK
from gemel_backup.schedule.slots import LEASE, Claim, Slots
from gemel_backup.store import open_store
from gemel_backup.work import Outcome, back_up, prove_and_record

RENEW_SECONDS = LEASE.total_seconds() / 4
END_SECONDS = 30.0
REMEMBERED = timedelta(days=400)
"""How long it is known what became of a slot."""


def run_claim(job: Job, slots: Slots, sent: Claim, app: str) -> str:
    """Do a claimed slot, renewing its lease meanwhile.

    It logs what became of the work, and raises only if that cannot be recorded.

    :param sent: as it was claimed, here or elsewhere.
    :param app: name of the app.
    :return: the status that was recorded; ``void`` if the claim does not count any more.
    :raises BackupError: the database cannot be reached to begin.
    """
    text: str | None
    log = structlog.get_logger("gemel.backup").bind(kind=sent.kind, due_at=sent.due_at.isoformat())
    claim = slots.begin(sent, datetime.now(UTC))
    if claim is None:
        log.warning("slot.claim_void")
        return "void"
    try:
        with _leased(slots, claim) as lost:
            found = _do(replace(job, stop=lambda: lost.is_set() or job.stop()), claim, app)
    except (Yielded, asyncio.CancelledError) as error:
        status, text = "yielded", str(error) or "stopped before the end, because the service ends"
        log.warning("slot.yielded", reason=text)
    except Exception as error:
        status, text = "failed", str(error) or type(error).__name__
        log.error("slot.failed", error=text, exc_info=not isinstance(error, GemelError))
    else:
        status, text = "done", None
        log.info("slot.done", **found)
    of_slot(job.settings, claim, status, text)
    if not slots.finish(claim, status, text):
        log.warning("slot.lease_lost", status=status)
    elif claim.kind in (BACKUP, BASE):
        _tidy(job, slots, log)
    return status


def work_on(job: Job, slots: Slots, sent: Claim, app: str) -> None:
    """As :func:`run_claim`, for who has nobody to tell that the database is away: the lease runs out, and the slot is
    done once more."""
    try:
        run_claim(job, slots, sent, app)
    except BackupError as error:
        structlog.get_logger("gemel.backup").error("slot.not_recorded", kind=sent.kind, error=error.message)


def _do(job: Job, claim: Claim, app: str) -> dict[str, object]:
    """Gives what the log line tells."""
    if claim.kind == BACKUP:
        return summary(back_up(job, open_store(job.settings), app))
    if claim.kind == BASE:
        return _base(job, claim, app)
    if claim.kind == PROOF:
        return _prove(job, claim)
    if claim.kind == ALERT:
        return _tell(job)
    return _run_task(job, claim.kind.removeprefix(TASK), app)


def _base(job: Job, claim: Claim, app: str) -> dict[str, object]:
    """If an earlier attempt has come as far as the proof, that alone is done again."""
    store = open_store(job.settings)
    found = unproven_base(store, Keys.of(job.settings), claim.due_at)
    if found is None:
        return summary(back_up(job, store, app, base=True))
    return _proven(prove_and_record(job, store, found))


def _proven(proof: Proof) -> dict[str, object]:
    return {"id": proof.id, "seconds": round(proof.seconds, 3)}


def _prove(job: Job, claim: Claim) -> dict[str, object]:
    index = open_index(job.settings)
    backup_id = index.begun_at(claim.due_at) if index is not None else None
    if backup_id is None:
        raise BackupError("the backup that was to be proven is not known any more")
    return _proven(prove_and_record(job, open_store(job.settings), backup_id))


def _tell(job: Job) -> dict[str, object]:
    index = open_index(job.settings)
    if index is not None and not tell_stale(job.settings, index, datetime.now(UTC)):
        raise Yielded("alert_uri did not take the message; it is sent again")
    return {}


def _run_task(job: Job, name: str, app: str) -> dict[str, object]:
    loaded = load_app(app)
    task = loaded.periodic.get(name)
    if task is None:
        raise BackupError(f"tasks.py of {app!r} has no task {name!r} any more")
    asyncio.run(run_periodic(job.settings, loaded, task, job.stop))
    return {}


def _tidy(job: Job, slots: Slots, log: structlog.stdlib.BoundLogger) -> None:
    """After a backup; that it cannot be done makes the backup no worse."""
    now = datetime.now(UTC)
    try:
        slots.forget(now - REMEMBERED)
        done = prune(job, open_store(job.settings), open_index(job.settings), now)
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
        "proven": outcome.proof is not None,
        "bytes": manifest.size,
        "tables": manifest.tables,
        "rows": manifest.rows,
        "seconds": round(outcome.seconds, 3),
    }


@contextmanager
def _leased(slots: Slots, claim: Claim) -> Iterator[threading.Event]:
    """Renew the lease while in the block; the event is set when the claim does not count any more."""
    lost = threading.Event()

    def renew(ended: threading.Event) -> None:
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

    with beside(renew, "gemel-lease", seconds=END_SECONDS):
        yield lost
