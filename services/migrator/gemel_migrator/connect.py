"""Connections for work that is not on the hot path: migrations and seeding (psycopg, sqlite3)."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from gemel.settings import Settings
from gemel_migrator.errors import MigrationError

CONNECT_SECONDS = 10
RETRY_SECONDS = 0.5


def make_engine(settings: Settings) -> Engine:
    """An engine without a pool, on the direct address; a SQLite transaction takes the write lock when it begins.

    The folder of the data and that of a SQLite database are made if they are missing.

    :raises MigrationError: the folder cannot be made.
    """
    if settings.is_postgresql:
        url = make_url(settings.database_direct).set(drivername="postgresql+psycopg")
        engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
        event.listen(engine, "connect", _limit_locks(settings.migrate_wait))
        return engine
    _make_folder(settings.data_dir)
    _make_folder(settings.sqlite_path.parent)
    engine = create_engine(
        URL.create("sqlite", database=str(settings.sqlite_path)),
        poolclass=NullPool,
        connect_args={"timeout": settings.migrate_wait},
    )
    event.listen(engine, "connect", _no_implicit_begin)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def wait_for_database(settings: Settings, *, report: Callable[[str], None]) -> None:
    """Return as soon as the database answers; tells each new reason why it does not yet.

    :raises MigrationError: it did not within ``settings.migrate_wait`` seconds, or it is a file that cannot be opened,
        which waiting does not help.
    """
    engine = make_engine(settings)
    deadline = time.monotonic() + settings.migrate_wait
    told = ""
    while reason := _unreachable(engine):
        if not settings.is_postgresql:
            raise MigrationError(f"{describe(settings)}: {reason}")
        if time.monotonic() >= deadline:
            raise MigrationError(
                f"{describe(settings)} did not answer within migrate_wait = {settings.migrate_wait:g} seconds: {reason}"
            )
        if reason != told:
            told = reason
            report(f"waiting for {describe(settings)}: {reason}")
        time.sleep(min(RETRY_SECONDS, max(0.0, deadline - time.monotonic())))


def describe(settings: Settings) -> str:
    """The database for a person; never with its password."""
    if not settings.is_postgresql:
        return f"database {settings.sqlite_path}"
    url = make_url(settings.database_direct)
    host = url.host or url.query.get("host", "localhost")
    return f"database {url.database!r} on {host}" + (f":{url.port}" if url.port else "")


def explain(error: DBAPIError) -> str:
    """What the driver said, without SQLAlchemy's wrapping, on one line."""
    return " ".join(str(error.orig).split())


def _unreachable(engine: Engine) -> str:
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except OperationalError as error:
        return explain(error)
    return ""


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MigrationError(
            f"folder {folder} cannot be made: {error.strerror}; set data_dir or database_uri"
        ) from error


def _limit_locks(seconds: float) -> Callable[[psycopg.Connection[object], object], None]:
    """No statement waits longer for a table: behind a waiting ALTER TABLE everybody else waits, too."""
    milliseconds = max(1, round(seconds * 1000))  # 0 would be no limit

    def limit(connection: psycopg.Connection[object], _: object) -> None:
        connection.execute(sql.SQL("SET lock_timeout = {}").format(sql.Literal(milliseconds)))
        connection.commit()

    return limit


def _no_implicit_begin(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver would begin late, and not at all before a CREATE TABLE


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
