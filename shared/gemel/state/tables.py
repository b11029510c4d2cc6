"""Definition of Gemel's own tables.

They are built for one database at a time, because PostgreSQL has them in a schema and SQLite has no schemas.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, MetaData, Table, Text

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
    idempotency: Table
    """Answers that are kept for repeated requests (docs/decisions.md, 20)."""
    outbox: Table
    """What ``@committed`` hooks have still to be told (docs/decisions.md, 14)."""
    api_keys: Table
    """Of clients (docs/decisions.md, 19)."""
    audit: Table
    """What administrators did."""
    slots: Table
    """Work that was due at a time, claimed by inserting the row (docs/decisions.md, 32)."""


def table_name(name: str, *, postgresql: bool) -> tuple[str | None, str]:
    """Schema and name under which a table of ours is found."""
    return (SCHEMA, name) if postgresql else (None, f"{SCHEMA}_{name}")


def moment(time: datetime, *, postgresql: bool) -> str:
    """A time as a parameter of our own statements: as SQLAlchemy stores it in SQLite, or with its zone for a cast.

    :param time: with a time zone.
    """
    text = time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return f"{text}+00:00" if postgresql else text


def state_tables(*, postgresql: bool) -> StateTables:
    """The tables as the given kind of database has them. Times are UTC."""
    metadata = MetaData()

    def table(name: str, *columns: Column[object]) -> Table:
        schema, full = table_name(name, postgresql=postgresql)
        return Table(full, metadata, *columns, schema=schema)

    at = DateTime(timezone=True)
    return StateTables(
        metadata=metadata,
        revisions=table(
            "revision",
            Column("revision", Text, primary_key=True),
            Column("compatible_from", Text),
            Column("applied_at", at, nullable=False),
        ),
        backups=table(
            "backup",
            Column("id", Text, primary_key=True),  # also the name of its folder in the store
            Column("status", Text, nullable=False),  # taking, taken, proven, failed, yielded, deleted
            Column("started_at", at, nullable=False),
            Column("finished_at", at),
            Column("proven_at", at),
            Column("revision", Text),
            Column("bytes", BigInteger),
            Column("error", Text),
            Column("proof", Text),  # JSON: seconds, and what was looked at
            Column("kind", Text),  # base, of base backups
        ),
        idempotency=table(
            "idempotency",
            Column("key", Text, primary_key=True),
            Column("request", Text, nullable=False),
            Column("expires_at", at, nullable=False, index=True),
            Column("status", Integer),
            Column("headers", Text),  # JSON
            Column("body", LargeBinary),
        ),
        outbox=table(
            "outbox",
            Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
            Column("hook", Text, nullable=False),
            Column("source", Text, nullable=False),  # schema.table
            Column("row_key", Text, nullable=False),  # JSON
            Column("verb", Text, nullable=False),
            Column("old", Text),  # JSON
            Column("new", Text),
            Column("trace_id", Text),
            Column("created_at", at, nullable=False),
            Column("due_at", at, nullable=False, index=True),
            Column("attempts", Integer, nullable=False),
            Column("status", Text, nullable=False),  # waiting, dead
            Column("error", Text),
        ),
        api_keys=table(
            "api_key",
            Column("id", Text, primary_key=True),
            Column("hash", Text, nullable=False),
            Column("role", Text, nullable=False),
            Column("claims", Text),  # JSON
            Column("note", Text),
            Column("created_at", at, nullable=False),
            Column("expires_at", at),
            Column("revoked_at", at),
        ),
        audit=table(
            "audit",
            Column("id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True),
            Column("at", at, nullable=False, index=True),
            Column("who", Text, nullable=False),
            Column("action", Text, nullable=False),
            Column("subject", Text),
            Column("details", Text),  # JSON
        ),
        slots=table(
            "slot",
            Column("kind", Text, primary_key=True),
            Column("due_at", at, primary_key=True),
            Column("status", Text, nullable=False),  # claimed, done, failed, yielded, expired, missed
            Column("owner", Text, nullable=False),
            Column("lease_until", at, nullable=False),
            Column("attempts", Integer, nullable=False),
            Column("error", Text),
            Column("schedule", Text),  # the cron expression by which it was due
        ),
    )
