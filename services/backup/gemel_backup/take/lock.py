"""Backups share a lock that a migration takes for itself alone (docs/decisions.md, 31)."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gemel.state.lock import MIGRATION_LOCK
from gemel_backup.errors import Yielded
from gemel_backup.job import Job
from gemel_backup.postgresql import Connection

LEAST_PAUSE, MOST_PAUSE = 0.05, 0.5


@contextmanager
def shared_lock(connection: Connection, job: Job) -> Iterator[None]:
    """Hold the lock, shared, on a connection in autocommit. It polls: a waiter within a statement holds a snapshot.

    :raises Yielded: a migration held it for ``migrate_wait`` seconds, or the work was stopped.
    """
    wait = job.settings.migrate_wait
    deadline = time.monotonic() + wait
    while not _try(connection):
        job.check()
        if time.monotonic() >= deadline:
            raise Yielded(f"a migration held the lock for all of migrate_wait = {wait:g} seconds; nothing was taken")
        time.sleep(min(random.uniform(LEAST_PAUSE, MOST_PAUSE), max(0.0, deadline - time.monotonic())))  # noqa: S311
    try:
        yield
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("SELECT pg_advisory_unlock_shared(%s)", (MIGRATION_LOCK,))


def _try(connection: Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock_shared(%s)", (MIGRATION_LOCK,)).fetchone()
    return row is not None and bool(row[0])
