"""One migrator at a time, and no backup meanwhile (docs/decisions.md, 29 and 31)."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gemel.state.lock import MIGRATION_LOCK, WAITING_LOCK, YIELD_LOCK, holders
from gemel_migrator.errors import MigrationError

LEAST_PAUSE, MOST_PAUSE = 0.05, 0.5
YIELD_SECONDS: Final = 60.0
"""What a backup that was asked to give way is given for it."""


@contextmanager
def exclusive(engine: Engine, wait: float, *, report: Callable[[str], None]) -> Iterator[None]:
    """Hold the migration lock of a PostgreSQL database on a connection of its own.

    It polls in autocommit and never waits inside a statement: a waiter in ``pg_advisory_lock`` holds a snapshot, for
    which ``CREATE INDEX CONCURRENTLY`` of the holder would wait in turn. While it waits no backup begins; one that is
    under way is asked to give way after ``wait`` seconds. On SQLite there is nothing to hold: each revision's
    transaction takes the write lock and looks again at what was applied.

    :param wait: seconds to try before backups have to give way.
    :raises MigrationError: another migration held the lock all that time.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with _held(connection, WAITING_LOCK):
            _acquire(connection, wait, report)
        try:
            yield
        finally:
            with suppress(DBAPIError):  # the lock ends with the connection anyhow
                connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))


@contextmanager
def _held(connection: Connection, lock: int) -> Iterator[None]:
    """Shared by whoever waits: nobody takes it for himself alone, so that it is had at once."""
    connection.exec_driver_sql("SELECT pg_advisory_lock_shared(%s)", (lock,))
    try:
        yield
    finally:
        with suppress(DBAPIError):
            connection.exec_driver_sql("SELECT pg_advisory_unlock_shared(%s)", (lock,))


def _acquire(connection: Connection, wait: float, report: Callable[[str], None]) -> None:
    if _polled(connection, wait, lambda: report(f"waiting up to {wait:g} seconds for another migration or a backup")):
        return
    modes = {str(mode) for (mode,) in connection.exec_driver_sql(holders(MIGRATION_LOCK))}
    if "ShareLock" in modes:
        report("asking a backup that is under way to give way; it will be taken after the migration")
        with _held(connection, YIELD_LOCK):
            if _polled(connection, YIELD_SECONDS, lambda: None):
                return
    raise MigrationError(
        f"another migration or a backup held the lock for all of migrate_wait = {wait:g} seconds;"
        " nothing was changed. Try again when it has ended"
    )


def _polled(connection: Connection, wait: float, tell: Callable[[], None]) -> bool:
    deadline = time.monotonic() + wait
    told = False
    while not connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (MIGRATION_LOCK,)).scalar_one():
        if time.monotonic() >= deadline:
            return False
        if not told:
            told = True
            tell()
        pause = random.uniform(LEAST_PAUSE, MOST_PAUSE)  # noqa: S311 - jitter
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
    return True
