"""What the tables tell of backups, and of what was due. No input or output."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from gemel.state.tables import table_name

BACKUPS: Final = (
    "id",
    "status",
    "started_at",
    "finished_at",
    "proven_at",
    "revision",
    "bytes",
    "error",
    "proof",
    "kind",
)
SLOTS: Final = ("kind", "due_at", "status", "attempts", "error", "schedule")
MOMENTS: Final = frozenset({"started_at", "finished_at", "proven_at", "due_at"})
MOST: Final = 1000


def backups_query(*, postgresql: bool) -> str:
    """SQL text that reads ``BACKUPS`` of the newest backups, the newest first; it has no parameters."""
    return _query("backup", BACKUPS, "started_at", postgresql=postgresql)


def slots_query(*, postgresql: bool) -> str:
    """SQL text that reads ``SLOTS`` of what was due, the newest first; it has no parameters."""
    return _query("slot", SLOTS, "due_at", postgresql=postgresql)


def as_objects(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[dict[str, Any]]:
    """Rows for JSON: times as ISO 8601 in UTC."""
    return [
        {name: _moment(value) if name in MOMENTS else value for name, value in zip(columns, row, strict=True)}
        for row in rows
    ]


def _query(table: str, columns: Sequence[str], newest: str, *, postgresql: bool) -> str:
    schema, name = table_name(table, postgresql=postgresql)
    full = f"{schema}.{name}" if schema else name
    return f"SELECT {', '.join(columns)} FROM {full} ORDER BY {newest} DESC LIMIT {MOST}"  # noqa: S608 - our own names


def _moment(value: object) -> str | None:
    """A time as either driver gives it; SQLite has texts in UTC."""
    if value is None:
        return None
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
