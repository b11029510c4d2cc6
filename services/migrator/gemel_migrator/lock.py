"""One migrator at a time (docs/decisions.md, 29)."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from gemel.state.lock import MIGRATION_LOCK
from gemel_migrator.errors import MigrationError

LEAST_PAUSE, MOST_PAUSE = 0.05, 0.5


@contextmanager
def exclusive(engine: Engine, wait: float, *, report: Callable[[str], None]) -> Iterator[None]:
    """Hold the migration lock of a PostgreSQL database on a connection of its own.

    It polls in autocommit and never waits inside a statement: a waiter in ``pg_advisory_lock`` holds a snapshot, for
    which ``CREATE INDEX CONCURRENTLY`` of the holder would wait in turn. On SQLite there is nothing to hold: each
    revision's transaction takes the write lock and looks again at what was applied.

    :param wait: seconds to try at most.
    :raises MigrationError: somebody else held the lock all that time.
    """
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        _acquire(connection, wait, report)
        try:
            yield
        finally:
            with suppress(DBAPIError):  # the lock ends with the connection anyhow
                connection.exec_driver_sql("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))


def _acquire(connection: Connection, wait: float, report: Callable[[str], None]) -> None:
    deadline = time.monotonic() + wait
    told = False
    while not connection.exec_driver_sql("SELECT pg_try_advisory_lock(%s)", (MIGRATION_LOCK,)).scalar_one():
        if time.monotonic() >= deadline:
            raise MigrationError(
                f"another migration or a backup held the lock for all of migrate_wait = {wait:g} seconds;"
                " nothing was changed. Try again when it has ended"
            )
        if not told:
            told = True
            report(f"waiting up to {wait:g} seconds for another migration or a backup to end")
        pause = random.uniform(LEAST_PAUSE, MOST_PAUSE)  # noqa: S311 - jitter
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
