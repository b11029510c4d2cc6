"""SQLite in worker threads: several readers, one writer (docs/decisions.md, 11).

The database is in WAL mode, so that readers and the writer do not wait for each other.
"""

import asyncio
import math
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from gemel.catalog import Catalog
from gemel.errors import DatabaseError, Unsupported
from gemel.execute.database import Row, Script, bound, drive
from gemel.execute.sqlite_engine import STEPS
from gemel.execute.violations import check_violation, not_null_violation, unique_violation
from gemel.sql import Backend, Failure, SQLite, Statement, register_functions

Result = TypeVar("Result")
PREPARED = 512
"""Statements that a connection keeps prepared."""
PAUSE = 0.01
"""Seconds between two attempts to put a file into WAL mode."""
BY_NAME = {
    "SQLITE_CANTOPEN": ("08001", "Database connection error."),
    "SQLITE_READONLY": ("25006", "cannot write: the database is read-only"),
    "SQLITE_BUSY": ("55P03", "could not obtain lock on the database"),
    "SQLITE_LOCKED": ("55P03", "could not obtain lock on the database"),
    "SQLITE_FULL": ("53100", "could not extend the database: no space left"),
    "SQLITE_INTERRUPT": ("57014", "canceling statement due to statement timeout"),
    "SQLITE_TOOBIG": ("54000", "the statement or a value is too large"),
    "SQLITE_NOTADB": ("XX001", "the file is not a database"),
    "SQLITE_CORRUPT": ("XX001", "the database file is damaged"),
    "SQLITE_MISMATCH": ("22P02", "a value does not have the type of its column"),
}


class _Connection:
    """A connection, used by one thread at a time."""

    def __init__(self, path: Path, catalog: Catalog, seconds: float, *, writer: bool) -> None:
        self._catalog, self._seconds = catalog, seconds
        self._failure = Failure()
        try:
            uri = f"{path.resolve().as_uri()}?mode=rw"
            self.raw = sqlite3.connect(
                uri,
                uri=True,
                timeout=seconds,
                isolation_level=None,
                cached_statements=PREPARED,
                check_same_thread=False,
            )
            register_functions(self.raw, self._failure)
            self.raw.set_progress_handler(self._failure.is_late, STEPS)
            if writer:
                _log_ahead(self.raw, seconds)
            self.raw.execute(f"PRAGMA {'foreign_keys' if writer else 'query_only'}=ON")
        except sqlite3.Error as error:
            raise self.refused(error) from error

    def run(self, text: str, parameters: Sequence[object], seconds: float | None = None) -> Sequence[Row]:
        """Rows of a statement.

        :param seconds: that it may take, if fewer than those of all.
        :raises DatabaseError: it was refused, or took too long.
        """
        limit = self._seconds if seconds is None or seconds > self._seconds else seconds
        self._failure.deadline = time.monotonic() + limit
        try:
            return self.raw.execute(text, parameters).fetchall()
        except (sqlite3.Error, OverflowError) as error:
            raise self.refused(error) from error
        finally:
            self._failure.deadline = math.inf

    def refused(self, error: Exception) -> DatabaseError | Unsupported:
        """What SQLite refused, in PostgreSQL's words."""
        kept = self._failure.take()
        return kept if kept is not None else _refused(error, self._catalog)


def _log_ahead(raw: sqlite3.Connection, seconds: float) -> None:
    """Put the file into WAL mode, where it stays.

    SQLite itself waits for readers here, but not for another writer: it holds a lock of a reader by then, and would
    wait for one who may be waiting for it (https://sqlite.org/c3ref/busy_handler.html).
    """
    until = time.monotonic() + seconds
    while True:
        try:
            raw.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return


def _refused(error: BaseException, catalog: Catalog) -> DatabaseError | Unsupported:
    name, text = str(getattr(error, "sqlite_errorname", "")), str(error)
    if name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID"):
        return unique_violation(catalog, text)
    if name == "SQLITE_CONSTRAINT_NOTNULL":
        return not_null_violation(text)
    if name == "SQLITE_CONSTRAINT_CHECK":
        return check_violation(text)
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return DatabaseError("23503", "a foreign key constraint is violated")
    for known, (sqlstate, message) in BY_NAME.items():
        if name.startswith(known):
            return DatabaseError(sqlstate, message, details=text)
    return _by_text(error, text)


def _by_text(error: BaseException, text: str) -> DatabaseError | Unsupported:
    if "parser stack overflow" in text or "Expression tree is too large" in text:
        return Unsupported("The request is nested too deeply for SQLite before 3.46; ask for it in two requests.")
    if "at most" in text and "tables in a join" in text:
        return Unsupported("The request joins more tables than SQLite can")
    if text.startswith("too many "):
        return Unsupported(f"The request is too large for SQLite ({text}); ask for it in two requests.")
    if isinstance(error, OverflowError) or "integer overflow" in text:
        return DatabaseError("22003", "a number is out of range")
    if "no such table" in text:
        return DatabaseError("42P01", text, hint="Run the migrations: python scripts.py migrate")
    if "no such column" in text:
        return DatabaseError("42703", text)
    if "ON CONFLICT clause does not match" in text:
        message = "there is no unique or exclusion constraint matching the ON CONFLICT specification"
        return DatabaseError("42P10", message)
    if "malformed JSON" in text:
        return DatabaseError("22P02", "invalid input syntax for type json")
    if "pattern too complex" in text:
        return DatabaseError("54000", "LIKE pattern too complex")
    return DatabaseError("XX000", text)


class SQLiteDatabase:
    """One database file.

    :param readers: threads that read.
    :param seconds: a statement, or the wait for a lock, may take.
    """

    def __init__(self, path: Path, catalog: Catalog, *, readers: int, seconds: float) -> None:
        self.backend: Backend = SQLite()
        self._path, self._catalog, self._seconds = path, catalog, seconds
        self._readers = ThreadPoolExecutor(readers, "sqlite-reader")
        self._writers = ThreadPoolExecutor(1, "sqlite-writer")
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[_Connection] = []

    async def read(self, statement: Statement, values: Sequence[object], seconds: float | None = None) -> Row:
        """See ``Database``."""

        parameters = await bound(statement, values)
        rows = await self._in(self._readers, lambda: self._mine(writer=False).run(statement.text, parameters, seconds))
        return rows[0]

    async def write_one(self, statement: Statement, values: Sequence[object], seconds: float | None = None) -> Row:
        """See ``Database``."""

        def script() -> Script[Row]:
            rows = yield (statement.text, statement.bind(values))
            return rows[0]

        return await self.write(script, seconds=seconds)

    async def write(
        self, make: Callable[[], Script[Result]], *, keep: bool = True, seconds: float | None = None
    ) -> Result:
        """See ``Database``. BEGIN IMMEDIATE. Once begun it is finished, even if nobody waits for it any more."""
        return await asyncio.shield(self._in(self._writers, lambda: self._transaction(make(), seconds, keep=keep)))

    def explain(self, error: BaseException) -> DatabaseError | Unsupported | None:
        """See ``Database``."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        return _refused(cause, self._catalog) if isinstance(cause, sqlite3.Error | OverflowError) else None

    async def fetch(self, text: str, parameters: Sequence[object] = ()) -> Sequence[Row]:
        """See ``Database``."""
        return await self._in(self._readers, lambda: self._mine(writer=False).run(text, parameters))

    async def close(self) -> None:
        """See ``Database``. The last connection to close folds the WAL into the database."""
        for pool in (self._readers, self._writers):
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
        for connection in self._open:
            connection.raw.close()
        self._open.clear()

    async def _in(self, pool: ThreadPoolExecutor, work: Callable[[], Result]) -> Result:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except RuntimeError as error:
            if "shutdown" not in str(error):
                raise
            raise DatabaseError("08006", "the service is stopping") from None

    def _mine(self, *, writer: bool) -> _Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = _Connection(self._path, self._catalog, self._seconds, writer=writer)
            self._local.connection = connection
            with self._lock:
                self._open.append(connection)
        return connection

    def _transaction(self, script: Script[Result], seconds: float | None, *, keep: bool) -> Result:
        connection = self._mine(writer=True)
        connection.run("BEGIN IMMEDIATE", ())
        try:
            result = drive(partial(connection.run, seconds=seconds), script)
            connection.run("COMMIT" if keep else "ROLLBACK", ())
        except BaseException:
            if connection.raw.in_transaction:
                connection.run("ROLLBACK", ())
            raise
        return result
