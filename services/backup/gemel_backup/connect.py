"""Connections to Gemel's own tables (psycopg, sqlite3)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from gemel.settings import Settings
from gemel_backup.errors import BackupError

CONNECT_SECONDS = 10
BUSY_SECONDS = 10


def make_engine(settings: Settings) -> Engine:
    """An engine without a pool; a SQLite transaction takes the write lock when it begins, and makes no file."""
    if settings.is_postgresql:
        url = make_url(settings.database_direct).set(drivername="postgresql+psycopg")
        return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})
    address = URL.create(
        "sqlite", database=settings.sqlite_path.resolve().as_uri(), query={"mode": "rw", "uri": "true"}
    )
    engine = create_engine(address, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _no_implicit_begin)
    event.listen(engine, "begin", _begin_immediate)
    return engine


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction. :raises BackupError: the database cannot be reached, or refuses what the block asks."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise BackupError(f"Gemel's own tables: {' '.join(str(error.orig).split())}") from error


def check_database(settings: Settings) -> None:
    """:raises BackupError: the database cannot be reached."""
    with transaction(make_engine(settings)) as connection:
        connection.exec_driver_sql("SELECT 1")


def _no_implicit_begin(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver would begin late, as a reader, and then fail to become a writer


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
