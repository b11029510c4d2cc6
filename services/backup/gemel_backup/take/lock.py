"""Backups share a lock that a migration takes for itself alone (docs/decisions.md, 31)."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

import psycopg

from gemel.state.lock import MIGRATION_LOCK, WAITING_LOCK, YIELD_LOCK, holders
from gemel_backup.beside import beside
from gemel_backup.errors import Yielded
from gemel_backup.job import Job
from gemel_backup.postgresql import Connection

LEAST_PAUSE, MOST_PAUSE = 0.05, 0.5
LOOK_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Locked:
    """The lock is held."""

    wanted: Callable[[], bool]
    """Whether a migration has waited long enough, and the backup is to give way."""


@contextmanager
def shared_lock(connection: Connection, job: Job) -> Iterator[Locked]:
    """Hold the lock, shared, on a connection in autocommit. It polls: a waiter within a statement holds a snapshot.

    :raises Yielded: migrations held it or waited for it for ``migrate_wait`` seconds; one asked for it within the
        block; or the work was stopped.
    """
    wait = job.settings.migrate_wait
    deadline = time.monotonic() + wait
    while not _try(connection):
        job.check()
        if time.monotonic() >= deadline:
            raise Yielded(f"a migration held the lock for all of migrate_wait = {wait:g} seconds; nothing was taken")
        time.sleep(min(random.uniform(LEAST_PAUSE, MOST_PAUSE), max(0.0, deadline - time.monotonic())))  # noqa: S311
    wanted = threading.Event()
    try:
        with beside(partial(_watch, connection, wanted), "gemel-yield"):
            try:
                yield Locked(wanted.is_set)
            except Yielded as error:
                if wanted.is_set():
                    raise Yielded(
                        "a migration has waited for migrate_wait and asked for the lock; nothing was taken"
                    ) from error
                raise
    finally:
        if not connection.closed and not connection.broken:
            connection.execute("SELECT pg_advisory_unlock_shared(%s)", (MIGRATION_LOCK,))


def _watch(connection: Connection, wanted: threading.Event, ended: threading.Event) -> None:
    while not ended.wait(LOOK_SECONDS):
        try:
            if connection.execute(holders(YIELD_LOCK).encode()).fetchone() is not None:
                wanted.set()
                return
        except psycopg.Error:  # the connection is gone, and the lock with it
            wanted.set()
            return


def _try(connection: Connection) -> bool:
    if connection.execute(holders(WAITING_LOCK).encode()).fetchone() is not None:
        return False
    row = connection.execute("SELECT pg_try_advisory_lock_shared(%s)", (MIGRATION_LOCK,)).fetchone()
    return row is not None and bool(row[0])
