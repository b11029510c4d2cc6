"""SQLAlchemy's own connections to SQLite: with our functions, and as strict about time as those of the engine."""

import math
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

import aiosqlite
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from gemel.sql import Failure, register_functions

STEPS: Final = 20_000
"""Virtual machine instructions between two looks at the clock; about a millisecond."""
PREPARED: Final = 64
SECONDS: Final = "gemel_seconds"
"""Execution option of a connection: that a statement may take."""


def sqlite_engine(path: Path, schemas: Iterable[str], *, seconds: float, readers: int, writes: bool) -> AsyncEngine:
    """An engine of SQLAlchemy on a SQLite file.

    :param schemas: that models name; SQLite has one.
    :param seconds: a statement, or the wait for a connection, may take.
    :param readers: connections that are kept.
    :param writes: the only one that writes: it waits for its turn before it reads.
    """
    failures = WeakKeyDictionary[aiosqlite.Connection, Failure]()

    async def connection() -> aiosqlite.Connection:
        failure = Failure()
        made = await aiosqlite.Connection(lambda: _connect(path, seconds, failure, writes=writes), PREPARED)
        failures[made] = failure
        return made

    engine = create_async_engine(
        "sqlite+aiosqlite://",
        async_creator=connection,
        poolclass=sa.pool.AsyncAdaptedQueuePool,
        pool_size=1 if writes else readers,
        max_overflow=0 if writes else 10,
        pool_timeout=seconds,
        hide_parameters=True,
        execution_options={"schema_translate_map": dict.fromkeys(schemas)},
    )

    def failure_of(connection: sa.Connection) -> Failure:
        driver: Any = connection.connection.driver_connection
        return failures[driver]

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def begin_statement(connection: sa.Connection, *_: object) -> None:
        limit: float = connection.get_execution_options().get(SECONDS, seconds)
        failure_of(connection).deadline = time.monotonic() + limit

    @event.listens_for(engine.sync_engine, "after_cursor_execute")
    def end_statement(connection: sa.Connection, *_: object) -> None:
        failure_of(connection).deadline = math.inf

    @event.listens_for(engine.sync_engine, "handle_error")
    def refuse(context: ExceptionContext) -> None:
        """SQLite tells of an exception in a function only that there was one."""
        if context.connection is None or context.connection.invalidated:
            return
        failure = failure_of(context.connection)
        failure.deadline = math.inf
        refused = failure.take()
        if refused is not None:
            raise refused

    if writes:  # "Serializable isolation" in https://docs.sqlalchemy.org/en/20/dialects/sqlite.html

        @event.listens_for(engine.sync_engine, "begin")
        def begin(connection: sa.Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _connect(path: Path, seconds: float, failure: Failure, *, writes: bool) -> sqlite3.Connection:
    # The driver's own way is to begin late, as a reader, who may not become a writer.
    begins: Literal["DEFERRED"] | None = None if writes else "DEFERRED"
    raw = sqlite3.connect(path, timeout=seconds, isolation_level=begins, check_same_thread=False)
    register_functions(raw, failure)
    raw.set_progress_handler(failure.is_late, STEPS)
    raw.execute("PRAGMA foreign_keys=ON")
    return raw
