"""Evidence of a SQLite file."""

import hashlib
import sqlite3
from typing import Final

from gemel_backup.evidence.fingerprint import fingerprint
from gemel_backup.evidence.model import Evidence, Range, Rows
from gemel_backup.evidence.tables import OWN_SQLITE
from gemel_backup.sqlite import quote

# The shadow tables of a virtual table are tables, and are counted; the virtual one may need a module we do not have.
TABLES: Final = """
    SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'
    ORDER BY name"""
OBJECTS: Final = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1"
HASH_BYTES: Final = 16


def collect(connection: sqlite3.Connection) -> Evidence:
    """All evidence of a database; the connection reads texts as :class:`bytes` within the call."""
    objects = {str(name): fingerprint(str(sql)) for name, sql in connection.execute(OBJECTS)}
    for name in ("user_version", "application_id"):
        objects[f"pragma {name}"] = str(connection.execute(f"PRAGMA {name}").fetchone()[0])
    names = [str(name) for (name,) in connection.execute(TABLES)]
    return Evidence(
        major=sqlite3.sqlite_version_info[0],
        tables={name: _count(connection, name) for name in names if name not in OWN_SQLITE},
        sequences=_sequences(connection),
        objects=objects,
        heads=heads(connection),
    )


def heads(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Alembic's heads; none where there is no table of them."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'").fetchone():
        return ()
    found = connection.execute("SELECT version_num FROM alembic_version ORDER BY 1")
    return tuple(str(head) for (head,) in found)


def _count(connection: sqlite3.Connection, name: str) -> Rows:
    count, total = 0, 0
    factory, connection.text_factory = connection.text_factory, _text
    try:
        for row in connection.execute(f"SELECT * FROM {quote(name)}"):
            digest = hashlib.blake2b(repr(row).encode(), digest_size=HASH_BYTES).digest()
            count, total = count + 1, total + int.from_bytes(digest)
    finally:
        connection.text_factory = factory
    return Rows(count, str(total % (1 << 8 * HASH_BYTES)))


def _text(value: bytes) -> tuple[bytes]:
    """A text that need not be UTF-8, and is no blob."""
    return (value,)


def _sequences(connection: sqlite3.Connection) -> dict[str, Range]:
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").fetchone():
        return {}
    found = connection.execute("SELECT name, coalesce(seq, 0) + 1 FROM sqlite_sequence")
    return {str(name): Range(int(value), int(value)) for name, value in found if name not in OWN_SQLITE}
