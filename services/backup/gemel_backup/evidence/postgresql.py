"""Evidence of a PostgreSQL database, read by several connections of one snapshot."""

import queue
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final

from psycopg.errors import LockNotAvailable, UndefinedTable
from psycopg.rows import tuple_row

from gemel_backup.errors import Yielded
from gemel_backup.evidence import schema
from gemel_backup.evidence.fingerprint import fingerprint
from gemel_backup.evidence.model import Evidence, Range, Rows
from gemel_backup.evidence.row_hash import ALIAS, row_hash
from gemel_backup.evidence.tables import EXCLUDED
from gemel_backup.job import Job
from gemel_backup.pace import TURN
from gemel_backup.postgresql import Address, Connection, server_major

PINNED: Final = {
    "search_path": "pg_catalog",  # so that every name is written with its schema
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "xmloption": "content",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "max_parallel_workers_per_gather": "0",  # backup_jobs says how many work at a time
    "row_security": "off",  # fail rather than count a part
    "statement_timeout": "0",  # the snapshot is needed until pg_dump has ended
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "0",
}
"""What a row and a definition look like as text depends on these, and how the reading goes on."""
PIN: Final = "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS s (name, value)"

# Ordinary tables and the partitions of others, the largest first; their columns by name, for an inherited one may be at
# another place in what was restored; and the types, as far as they are PostgreSQL's and equal values have equal bytes.
TABLES: Final = f"""
    SELECT format('%I.%I', n.nspname, c.relname), coalesce(a.names, '{{}}'), coalesce(a.types, '{{}}')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, LATERAL (
      SELECT array_agg(quote_ident(a.attname) ORDER BY a.attname) AS names,
             array_agg(CASE WHEN y.typnamespace = 'pg_catalog'::regnamespace AND coalesce(l.collisdeterministic, true)
                            THEN y.typname::text ELSE '' END ORDER BY a.attname) AS types
      FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_collation l ON l.oid = a.attcollation
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) a
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname {schema.SYSTEM}
      AND {schema.free("pg_class", "c.oid")}
    ORDER BY c.relpages DESC, 1"""
SEQUENCES: Final = f"""
    SELECT format('%I.%I', n.nspname, c.relname), s.seqincrement
    FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relpersistence <> 't' AND n.nspname {schema.SYSTEM} ORDER BY 1"""
# In public, or wherever the role that migrates makes its tables.
VERSIONS: Final = f"""
    SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'alembic_version' AND c.relkind = 'r' AND n.nspname {schema.SYSTEM}
    ORDER BY n.nspname <> 'public', n.nspname LIMIT 1"""
COUNT: Final = f"SELECT count(*), coalesce(sum({{}}), 0) FROM ONLY {{}} AS {ALIAS}"
"""By the hash of a row, and the table."""
LARGE_OBJECTS: Final = """
    SELECT count(*), coalesce(sum(hashtextextended(
             m.oid || ' ' || i || encode(lo_get(m.oid, i * 1048576, 1048576), 'hex'), 0)), 0)
    FROM pg_largeobject_metadata m,
         LATERAL (SELECT lo_lseek64(lo_open(m.oid, 262144), 0, 2) AS size OFFSET 0) s,
         LATERAL generate_series(0, s.size / 1048576) AS i"""
WAITERS: Final = "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)) LIMIT 1"
# Ranges of rows are found by their pages from version 14 on, and in PostgreSQL's own form of tables.
PAGES: Final = """
    SELECT CASE WHEN a.amname = 'heap' AND current_setting('server_version_num')::int >= 140000
                THEN pg_relation_size(c.oid) / current_setting('block_size')::int END
    FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.oid = {}::regclass"""
FIRST_PAGES: Final = 16
SEQUENCES_AT_ONCE: Final = 100
BEGIN: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
ATTEMPTS: Final = 5
LOCK_SECONDS: Final = 5
"""Whoever waits to change a table waits for the snapshot's own lock, and this for him: one of the three gives way."""


@contextmanager
def pinned(address: Address, job: Job) -> Iterator[Connection]:
    """A connection in autocommit, with the settings that texts depend on."""
    with ExitStack() as stack:
        with job.pace.turn():
            connection = stack.enter_context(address.connect(job))
            connection.execute(PIN, (list(PINNED), list(PINNED.values())))
        yield connection


@contextmanager
def snapshot(address: Address, job: Job, exported: str | None = None) -> Iterator[Connection]:
    """A connection whose statements all see one state of the database.

    :param exported: the snapshot of another connection (``pg_export_snapshot``).
    """
    with pinned(address, job) as connection:
        connection.execute(BEGIN)
        if exported is not None:
            share(connection, exported)
        yield connection


@contextmanager
def locked_snapshot(address: Address, job: Job) -> Iterator[Connection]:
    """The same of a database whose tables stay as they are until the block ends.

    What rewrites or empties a table is seen as an empty one by a snapshot that is older
    (https://www.postgresql.org/docs/current/mvcc-caveats.html): so the tables are locked before there is one.

    :raises BackupError: somebody else holds a table for ``job.limit`` seconds.
    :raises Yielded: tables were made and dropped at each of ``ATTEMPTS`` attempts.
    """
    with pinned(address, job) as connection:
        for _ in range(ATTEMPTS):
            job.check()
            names = tables(connection)
            connection.execute(BEGIN)
            if _is_held(connection, names, job.limit):
                break
            connection.execute("ROLLBACK")
        else:
            raise Yielded(f"somebody changes the schema: {ATTEMPTS} times there were other tables; nothing was taken")
        yield connection


def _is_held(connection: Connection, names: Mapping[str, str], seconds: float) -> bool:
    """Whether these tables could be locked, and there are no others in the snapshot that is then taken."""
    try:
        hold(connection, names, seconds)
    except UndefinedTable:
        return False
    return tables(connection).keys() <= names.keys()


def share(connection: Connection, exported: str) -> None:
    """Take part in the snapshot of another connection; the first in a transaction but locks."""
    connection.execute(f"SET TRANSACTION SNAPSHOT '{exported}'".encode())


def hold(connection: Connection, names: Iterable[str], seconds: float) -> None:
    """Nobody changes the form of these tables until the transaction ends. It makes no snapshot (``LOCK``, manual).

    :param seconds: to wait for each.
    """
    if listed := ", ONLY ".join(names):
        connection.execute(f"SET LOCAL lock_timeout = '{seconds:g}s'".encode())
        connection.execute(f"LOCK TABLE ONLY {listed} IN ACCESS SHARE MODE".encode())
        connection.execute("SET LOCAL lock_timeout = 0")


def export(connection: Connection) -> str:
    """Name of the connection's snapshot, for others; it ends with the transaction."""
    return str(rows(connection, "SELECT pg_export_snapshot()")[0][0])


def is_waited_for(connection: Connection) -> bool:
    """Whether somebody waits for a lock that this connection holds."""
    return bool(rows(connection, WAITERS))


def collect(connection: Connection, address: Address, job: Job, exported: str) -> Evidence:
    """All evidence of the snapshot of a connection.

    :param connection: of :func:`snapshot`.
    :param exported: its snapshot, which others take part in; ``job.jobs`` connections count tables.
    :raises BackupError: the database refuses something.
    :raises Yielded: stopped.
    """
    names: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    for item in tables(connection).items():
        names.put(item)
    total = names.qsize()
    with ThreadPoolExecutor(job.jobs, thread_name_prefix="gemel-evidence") as pool:
        counting = [pool.submit(_count, names, total, address, job, exported) for _ in range(min(job.jobs, total))]
        with job.pace.turn():
            values = sequences(connection)
        evidence = Evidence(
            major=server_major(connection),
            tables={},
            sequences={name: Range(value, value) for name, value in values.items()},
            objects=_objects(connection, job),
            extensions=_texts(connection, job, schema.EXTENSIONS),
            owners={name: text for query in schema.OWNERS for name, text in _texts(connection, job, query).items()},
            roles=tuple(str(name) for (name,) in rows(connection, schema.ROLES)),
            large_objects=_rows(connection, job, LARGE_OBJECTS),
            heads=heads(connection),
        )
        counted = [item for future in counting for item in future.result().items()]
    return replace(evidence, tables=dict(sorted(counted)))


def _count(
    names: "queue.SimpleQueue[tuple[str, str]]", total: int, address: Address, job: Job, exported: str
) -> Mapping[str, Rows]:
    """Tables of a queue that others take from, too."""
    counted: dict[str, Rows] = {}
    with snapshot(address, job, exported) as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{LOCK_SECONDS}s",))
        while True:
            try:
                name, row = names.get_nowait()
            except queue.Empty:
                return counted
            job.check()
            try:
                counted[name] = _count_table(connection, job, name, row)
            except LockNotAvailable as error:
                raise Yielded(f"somebody changes the schema; nothing was taken: {name}: {error}") from error
            job.report("compare the tables", total - names.qsize(), total)


def _count_table(connection: Connection, job: Job, name: str, row: str) -> Rows:
    """Rows of one table; where work is done in turns some of its pages at a time, as many as can be read in a turn."""
    counting = COUNT.format(row, name)
    [(pages,)] = rows(connection, PAGES.format(_literal(name))) if job.pace.rests else [(None,)]
    if pages is None:
        return _rows(connection, job, counting)
    count, checksum, begin, step = 0, 0, 0, FIRST_PAGES
    while begin < pages:
        job.check()
        with job.pace.turn():
            begun = time.monotonic()
            [part] = rows(connection, f"{counting} WHERE ctid >= '({begin},0)' AND ctid < '({begin + step},0)'")
            took = time.monotonic() - begun
        count, checksum, begin = count + int(part[0]), checksum + int(part[1]), begin + step
        step = max(1, int(step * min(2.0, TURN / took)))
    return Rows(count, str(checksum))


def tables(connection: Connection) -> Mapping[str, str]:
    """The tables whose rows are counted, by their names as SQL writes them, and the expression that hashes a row."""
    return {
        str(name): row_hash(columns, types) for name, columns, types in rows(connection, TABLES) if name not in EXCLUDED
    }


def sequences(connection: Connection, *, logged: bool = False) -> Mapping[str, int]:
    """The next value of each sequence, at this moment: a sequence is in no snapshot.

    :param logged: the one that it goes on with after a crash or a recovery: values are logged some time ahead.
    """
    found = rows(connection, SEQUENCES)
    values: dict[str, int] = {}
    ahead = "log_cnt + " if logged else ""
    for begin in range(0, len(found), SEQUENCES_AT_ONCE):
        parts = (
            f"SELECT {_literal(name)}, last_value + {int(step)}::numeric * ({ahead}is_called::int) FROM {name}"
            for name, step in found[begin : begin + SEQUENCES_AT_ONCE]
        )
        values |= {name: int(value) for name, value in rows(connection, " UNION ALL ".join(parts))}
    return values


def heads(connection: Connection) -> tuple[str, ...]:
    """Alembic's heads; none where there is no table of them."""
    found = rows(connection, VERSIONS)
    if not found:
        return ()
    return tuple(str(head) for (head,) in rows(connection, f"SELECT version_num FROM {found[0][0]} ORDER BY 1"))


def _objects(connection: Connection, job: Job) -> Mapping[str, str]:
    return {
        name: fingerprint(definition, expression=query in schema.EXPRESSIONS)
        for query in schema.OBJECTS
        for name, definition in _texts(connection, job, query).items()
    }


def _texts(connection: Connection, job: Job, query: str) -> dict[str, str]:
    with job.pace.turn():
        return {str(name): str(text) for name, text in rows(connection, query)}


def _rows(connection: Connection, job: Job, query: str) -> Rows:
    with job.pace.turn():
        [(count, checksum)] = rows(connection, query)
    return Rows(int(count), str(checksum))


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """Rows of a statement of our own."""
    return connection.cursor(row_factory=tuple_row).execute(query.encode()).fetchall()


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
