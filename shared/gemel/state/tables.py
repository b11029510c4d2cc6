"""Definition of Gemel's own tables.

They are built for one database at a time, because PostgreSQL has them in a schema and SQLite has no schemas.
"""

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, Table, Text

SCHEMA = "gemel"
VERSION_TABLE = "migration"


@dataclass(frozen=True)
class StateTables:
    """The tables, and the metadata that holds exactly them."""

    metadata: MetaData
    revisions: Table
    """Revisions of the app that were applied (docs/decisions.md, 30)."""
    backups: Table
    """Catalogue of backups."""
    slots: Table
    """Work that was due at a time, claimed by inserting the row (docs/decisions.md, 32)."""


def table_name(name: str, *, postgresql: bool) -> tuple[str | None, str]:
    """Schema and name under which a table of ours is found."""
    return (SCHEMA, name) if postgresql else (None, f"{SCHEMA}_{name}")


def state_tables(*, postgresql: bool) -> StateTables:
    """The tables as the given kind of database has them. Times are UTC."""
    metadata = MetaData()

    def table(name: str, *columns: Column[object]) -> Table:
        schema, full = table_name(name, postgresql=postgresql)
        return Table(full, metadata, *columns, schema=schema)

    moment = DateTime(timezone=True)
    return StateTables(
        metadata=metadata,
        revisions=table(
            "revision",
            Column("revision", Text, primary_key=True),
            Column("compatible_from", Text),
            Column("applied_at", moment, nullable=False),
        ),
        backups=table(
            "backup",
            Column("id", Text, primary_key=True),  # also the name of its folder in the store
            Column("status", Text, nullable=False),  # taking, taken, proven, failed, yielded
            Column("started_at", moment, nullable=False),
            Column("finished_at", moment),
            Column("proven_at", moment),
            Column("revision", Text),
            Column("bytes", BigInteger),
            Column("error", Text),
        ),
        slots=table(
            "slot",
            Column("kind", Text, primary_key=True),
            Column("due_at", moment, primary_key=True),
            Column("status", Text, nullable=False),  # claimed, done, failed, yielded, expired
            Column("owner", Text, nullable=False),
            Column("lease_until", moment, nullable=False),
            Column("attempts", Integer, nullable=False),
            Column("error", Text),
        ),
    )
