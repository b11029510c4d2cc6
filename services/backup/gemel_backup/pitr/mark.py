"""A moment that a recovery can be led to, and evidence of exactly what the database held then.

A restore point stands in the stream of changes, and a snapshot does not. They are one moment if nobody changes a table
between them: so all tables are locked against writing, for the milliseconds that both take.
"""

import random
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from psycopg.errors import LockNotAvailable, QueryCanceled, UndefinedTable

from gemel_backup.errors import Yielded
from gemel_backup.evidence import Evidence, Range
from gemel_backup.evidence import postgresql as evidence
from gemel_backup.job import Job
from gemel_backup.postgresql import Address, Connection, server_version
from gemel_backup.take.lock import shared_lock
from gemel_backup.take.postgresql import locale_of

LOCK_MILLISECONDS: Final = 400
"""How long a writer may have to wait behind this; less than ``deadlock_timeout``, after which he might be the one who
loses."""
MOST_SECONDS: Final = 120.0
LEAST_PAUSE, MOST_PAUSE = 0.5, 3.0


@dataclass(frozen=True)
class Mark:
    """A restore point, and what the database held there."""

    name: str
    at: datetime
    evidence: Evidence
    server_version: str
    locale: Mapping[str, str | None]


def mark(job: Job, address: Address, name: str) -> Mark:
    """Set a restore point and collect evidence of it.

    :param name: of the restore point, shorter than 64 bytes.
    :raises BackupError: the database refuses something.
    :raises Yielded: for two minutes some transaction wrote at any time; a migration wants the lock; or stopped.
    """
    with ExitStack() as stack:
        lock = stack.enter_context(address.connect(job))
        locked = stack.enter_context(shared_lock(lock, job))
        held = replace(job, stop=lambda: locked.wanted() or job.stop())
        other = stack.enter_context(evidence.pinned(address, held))
        connection = stack.enter_context(evidence.pinned(address, held))
        with evidence.pinned(address, held) as still:
            _lock(connection, still, held)
            evidence.share(connection, evidence.export(still))
            before = evidence.sequences(other)
            other.execute("SELECT pg_create_restore_point(%s)", (name,))
            after = evidence.sequences(other, logged=True)
            [(at,)] = evidence.rows(connection, "SELECT clock_timestamp()")  # with it its snapshot is there
        found = evidence.collect(connection, address, held, evidence.export(connection))  # the writers go on
        sequences = {key: Range(value, after[key]) for key, value in before.items()}
        return Mark(name, at, replace(found, sequences=sequences), server_version(connection), locale_of(connection))


def _lock(connection: Connection, still: Connection, job: Job) -> None:
    """Begin a transaction that lets nobody change the form of a table and has no snapshot yet, and one with a snapshot
    that lets nobody write, either."""
    deadline = time.monotonic() + MOST_SECONDS
    while not _try_lock(connection, still):
        for each in (still, connection):
            each.execute("ROLLBACK")
        if time.monotonic() >= deadline:
            raise Yielded(f"for {MOST_SECONDS:g} seconds there was no moment in which no transaction wrote")
        time.sleep(random.uniform(LEAST_PAUSE, MOST_PAUSE))  # noqa: S311 - no secret
        job.check()


def _try_lock(connection: Connection, still: Connection) -> bool:
    names = evidence.tables(connection)
    connection.execute(evidence.BEGIN)
    still.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    still.execute(f"SET LOCAL statement_timeout = {LOCK_MILLISECONDS}")  # lock_timeout would be of each table
    try:
        evidence.hold(connection, names, LOCK_MILLISECONDS / 1000)
        if listed := ", ONLY ".join(names):
            still.execute(f"LOCK TABLE ONLY {listed} IN SHARE MODE".encode())
        return evidence.tables(still).keys() <= names.keys()
    except (QueryCanceled, LockNotAvailable, UndefinedTable):
        return False
