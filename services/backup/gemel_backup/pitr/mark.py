"""A moment that a recovery can be led to, and evidence of exactly what the database held then.

A restore point stands in the stream of changes, and a snapshot does not. They are one moment if nobody changes a table
between them: so all tables are locked against writing, for the milliseconds that both take.
"""

import random
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import psycopg

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
        other = stack.enter_context(address.connect(held))
        with address.connect(held) as still:
            _lock(still, evidence.tables(other), held)
            exported = evidence.export(still)
            before = evidence.sequences(other)
            other.execute("SELECT pg_create_restore_point(%s)", (name,))
            after = evidence.sequences(other, logged=True)
            [(at,)] = evidence.rows(other, "SELECT clock_timestamp()")
            connection = stack.enter_context(evidence.snapshot(address, held, exported))
        evidence.lock_tables(connection, held)  # the writers go on
        found = evidence.collect(connection, address, held, evidence.export(connection))
        sequences = {key: Range(value, after[key]) for key, value in before.items()}
        return Mark(name, at, replace(found, sequences=sequences), server_version(connection), locale_of(connection))


def _lock(connection: Connection, names: Iterable[str], job: Job) -> None:
    """Begin a transaction that holds all tables, and has no snapshot yet."""
    if not (listed := ", ONLY ".join(names)):
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        return
    deadline = time.monotonic() + MOST_SECONDS
    while True:
        job.check()
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        connection.execute(f"SET LOCAL statement_timeout = {LOCK_MILLISECONDS}")  # lock_timeout would be of each table
        try:
            connection.execute(f"LOCK TABLE ONLY {listed} IN SHARE MODE".encode())
        except psycopg.errors.QueryCanceled as error:
            connection.execute("ROLLBACK")
            if time.monotonic() >= deadline:
                raise Yielded(
                    f"for {MOST_SECONDS:g} seconds there was no moment in which no transaction wrote"
                ) from error
            time.sleep(random.uniform(LEAST_PAUSE, MOST_PAUSE))  # noqa: S311 - no secret
        else:
            return
