"""The database as it was at a time, as files that can be restored: recovered beside the real one, and dumped."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import structlog

from gemel_backup.errors import BackupError, Yielded
from gemel_backup.held import work_folder
from gemel_backup.job import Job
from gemel_backup.keep.manifest import Manifest
from gemel_backup.keep.unpack import PREFIX, Unpacked
from gemel_backup.pitr.barman import Barman, open_barman
from gemel_backup.pitr.flush import flush
from gemel_backup.pitr.recover import Goal, recovered
from gemel_backup.take.postgresql import take_postgresql


@contextmanager
def dumped(job: Job, manifest: Manifest, goal: Goal) -> Iterator[Unpacked]:
    """A dump of the database at the goal, with evidence of it, until the end of the block.

    :param manifest: of a base backup that ended before.
    :raises BackupError: it cannot be recovered.
    :raises Yielded: stopped.
    """
    barman = open_barman(job)
    if goal.restore_point is None:
        _flush(job, barman)
    with work_folder(job.settings.work, PREFIX) as folder:
        with recovered(job, barman, manifest.id, goal) as source:
            taken = take_postgresql(job, folder, source)
        yield Unpacked(replace(manifest, tool=taken.tool, locale=taken.locale), taken.evidence, folder)


def _flush(job: Job, barman: Barman) -> None:
    try:
        flush(job, barman)
    except Yielded:
        raise
    except BackupError as error:  # the database is gone: then this is what a recovery is for
        structlog.get_logger("gemel.backup").warning("pitr.not_flushed", reason=error.message)
