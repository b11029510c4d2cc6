"""How API keys are read. No input or output."""

from collections.abc import Sequence
from datetime import UTC, datetime

from gemel.state.tables import table_name

COLUMNS = ("id", "hash", "role", "claims", "expires_at", "revoked_at")


def key_query(*, postgresql: bool) -> str:
    """SQL text that reads ``COLUMNS`` of a key; its parameter is the id."""
    schema, name = table_name("api_key", postgresql=postgresql)
    table, mark = (f"{schema}.{name}", "$1") if schema else (name, "?")
    return f"SELECT {', '.join(COLUMNS)} FROM {table} WHERE id = {mark}"  # noqa: S608 - our own names


def until(row: Sequence[object]) -> float | None:
    """Unix time from which the key of a row is refused; ``None``: it never is."""
    times = [_moment(item) for item in row[4:6] if item is not None]
    return min(times) if times else None


def _moment(value: object) -> float:
    """A time as either driver gives it; SQLite has texts in UTC."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
