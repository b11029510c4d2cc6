"""Databases on a PostgreSQL server that live for the length of one piece of work."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from psycopg import sql

from gemel.state.lock import MIGRATION_LOCK
from gemel_backup.errors import BackupError
from gemel_backup.ids import SCRATCH_PREFIX, scratch_name, scratch_time
from gemel_backup.job import Job
from gemel_backup.postgresql import Address, Connection

LEFTOVER = timedelta(minutes=5)
"""A database is used soon after it was made, or never."""
UNUSED = """
    SELECT d.datname FROM pg_database d WHERE starts_with(d.datname, %s)
      AND NOT EXISTS (
        SELECT FROM pg_stat_activity a
        WHERE a.datname = d.datname AND a.backend_type IS DISTINCT FROM 'autovacuum worker')"""
SETTINGS: Final = (
    "synchronous_commit = off",  # no statement waits for the disk: what a crash takes of it is not missed
    "max_parallel_maintenance_workers = 0",  # backup_jobs says how many work at a time
)
"""Of a scratch database."""
ROLES_LOCK = MIGRATION_LOCK + 3
ROLE_MARK = "made by Gemel for a proof"
MARKED = "SELECT rolname FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = %s"
C_LOCALE: Mapping[str, str | None] = {"datlocprovider": "c", "datcollate": "C", "datctype": "C"}
PROVIDERS = {"i": ("icu", "ICU_LOCALE"), "b": ("builtin", "BUILTIN_LOCALE")}


@contextmanager
def scratch_database(job: Job, server: Address, encoding: str) -> Iterator[Address]:
    """A new database, dropped at the end whatever happens; first those that dead work has left are dropped.

    It sorts by code point, so that it can be made on any server: a proof compares rows, not their order.

    :param server: any database of the server; its role may create databases.
    :raises BackupError: it cannot be made.
    """
    name = scratch_name(datetime.now(UTC))
    with server.connect(job) as connection:
        drop_leftovers(connection, datetime.now(UTC))
        create_database(connection, name, {**C_LOCALE, "encoding": encoding})
        for setting in SETTINGS:
            connection.execute(sql.SQL("ALTER DATABASE {} SET {}").format(sql.Identifier(name), sql.SQL(setting)))
    target = server.with_database(name)
    try:
        with target.connect(job):  # a sign that the work lives
            yield target
    finally:
        # Not with the job's own limits: it is dropped even when the work was stopped.
        with server.connect(Job(job.settings)) as connection:
            drop_database(connection, name)


@contextmanager
def scratch_roles(job: Job, server: Address, names: Sequence[str]) -> Iterator[None]:
    """Roles of these names, so that what they own can be restored; those that were not there are dropped at the end.

    As long as any proof is under way on the server, none of them is dropped.
    """
    if not names:
        yield
        return
    try:
        with server.connect(job) as connection:
            connection.execute("SELECT pg_advisory_lock_shared(%s)", (ROLES_LOCK,))
            for name in names:
                _create_role(connection, name)
            yield
    finally:
        with server.connect(Job(job.settings)) as connection:
            if connection.execute("SELECT pg_try_advisory_lock(%s)", (ROLES_LOCK,)).fetchone() == (True,):
                for (name,) in connection.execute(MARKED, (ROLE_MARK,)).fetchall():
                    with suppress(psycopg.Error):  # something on the server came to depend on it
                        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def _create_role(connection: Connection, name: str) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is not None:
        return
    role = sql.Identifier(name)
    with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation), connection.transaction():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        connection.execute(sql.SQL("COMMENT ON ROLE {} IS {}").format(role, sql.Literal(ROLE_MARK)))


def drop_leftovers(connection: Connection, now: datetime) -> list[str]:
    """Drop scratch databases to which nobody has been connected since they were made; gives their names."""
    rows = connection.execute(UNUSED, (SCRATCH_PREFIX,))
    names = [str(name) for (name,) in rows.fetchall()]
    old = [name for name in names if (made := scratch_time(name)) is not None and now - made > LEFTOVER]
    for name in old:
        with suppress(psycopg.Error):  # another proof may drop the same one at this moment
            drop_database(connection, name)
    return old


def create_database(connection: Connection, name: str, locale: Mapping[str, str | None]) -> None:
    """:param locale: keys and values as in ``pg_database``, the encoding by its name."""
    provider = locale.get("datlocprovider") or "c"
    parts: list[sql.Composable] = [sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))]
    named = {"ENCODING": locale.get("encoding"), "LC_COLLATE": locale.get("datcollate")}
    named["LC_CTYPE"] = locale.get("datctype")
    if provider in PROVIDERS:
        word, option = PROVIDERS[provider]
        parts.append(sql.SQL(f"LOCALE_PROVIDER {word}"))
        named[option] = locale.get("datlocale") or locale.get("daticulocale")
    parts += [sql.SQL(f"{key} {{}}").format(sql.Literal(value)) for key, value in named.items() if value]
    connection.execute(sql.SQL(" ").join(parts))


def drop_database(connection: Connection, name: str) -> None:
    """Drop a database, whoever is connected to it, if it is there."""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def exists(connection: Connection, name: str) -> bool:
    """Whether the server has a database of this name."""
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def rename_database(connection: Connection, old: str, new: str) -> None:
    """:raises BackupError: there is one of the new name."""
    if exists(connection, new):
        raise BackupError(f"there is a database {new!r} already")
    connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))
