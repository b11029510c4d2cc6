"""The tables of a database and their rows: what a backup is compared by."""

import sqlite3
from typing import Final

from gemel.state.tables import SCHEMA, table_name
from gemel_backup.job import Job
from gemel_backup.postgresql import Connection

OWN: Final = ("backup", "slot")
"""Tables of Gemel that change while a backup is taken: their rows are neither dumped nor counted."""
EXCLUDED: Final = tuple(f"{SCHEMA}.{name}" for name in OWN)
OWN_SQLITE: Final = tuple(table_name(name, postgresql=False)[1] for name in OWN)

# What an extension owns is made by the extension, and pg_dump leaves it out, too.
TABLES = """
    SELECT format('%I.%I', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't'
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY n.nspname, c.relname"""

# The shadow tables of a virtual table are tables, and are counted; the virtual one may need a module we do not have.
TABLES_SQLITE = """
    SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'
    ORDER BY name"""


def count_postgresql(connection: Connection, job: Job) -> dict[str, int]:
    """Rows of every table, by its name as SQL writes it; a table's children are counted for themselves."""
    names = [str(name) for (name,) in connection.execute(TABLES.encode()).fetchall()]
    return {name: _count_postgresql(connection, name, job) for name in names if name not in EXCLUDED}


def _count_postgresql(connection: Connection, name: str, job: Job) -> int:
    job.check()
    row = connection.execute(f"SELECT count(*) FROM ONLY {name}".encode()).fetchone()  # noqa: S608 - %I quoted it
    return int(row[0]) if row is not None else 0


def count_sqlite(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of every table, by its name."""
    names = [str(name) for (name,) in connection.execute(TABLES_SQLITE)]
    return {name: _count_sqlite(connection, name) for name in names if name not in OWN_SQLITE}


def _count_sqlite(connection: sqlite3.Connection, name: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM {quote(name)}").fetchone()  # noqa: S608 - it is quoted
    return int(count)


def quote(name: str) -> str:
    """An identifier of SQLite."""
    return '"' + name.replace('"', '""') + '"'


def differences(expected: dict[str, int], found: dict[str, int]) -> list[str]:
    """What is not as it was taken, a line for each table; empty if all is."""
    lines = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            lines.append(f"table {name} is missing")
        elif name not in expected:
            lines.append(f"table {name} was not taken")
        elif expected[name] != found[name]:
            lines.append(f"table {name} has {found[name]} rows instead of {expected[name]}")
    return lines
